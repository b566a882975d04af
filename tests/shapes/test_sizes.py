"""Sizes with names: equal ones are equal however they are written, and arithmetic agrees with numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlt.shapes import dims as D
from rlt.shapes.dim_text import parse_dim
from rlt.shapes.shape import Shape, parse_shape

NAMES = ("b", "h", "w")
leaves = st.one_of(st.integers(0, 9).map(str), st.sampled_from(NAMES))
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({t[0]}){t[1]}({t[2]})"),
        st.tuples(inner, st.integers(1, 6)).map(lambda t: f"({t[0]})//{t[1]}"),
    ),
    max_leaves=8,
)
values = st.fixed_dictionaries({n: st.integers(0, 60) for n in NAMES})


@given(expressions, values)
def test_a_size_has_the_value_that_python_gives_its_text(text, names):
    assert D.substitute(parse_dim(text), names) == eval(text, {}, dict(names))


@given(expressions, values)
def test_a_size_prints_as_a_text_that_means_the_same(text, names):
    d = parse_dim(text)
    assert parse_dim(str(d)) == d
    assert eval(str(d), {}, dict(names)) == eval(text, {}, dict(names))


@given(expressions, expressions, values)
def test_sizes_that_compare_equal_have_equal_values(a, b, names):
    if parse_dim(a) == parse_dim(b):
        assert eval(a, {}, dict(names)) == eval(b, {}, dict(names))


@given(expressions, expressions, st.integers(1, 6), values)
def test_the_arithmetic_of_sizes_is_that_of_numbers(a, b, n, names):
    x, y = parse_dim(a), parse_dim(b)
    p, q = (eval(t, {}, dict(names)) for t in (a, b))
    assert D.substitute(D.add(x, y), names) == p + q
    assert D.substitute(D.sub(x, y), names) == p - q
    assert D.substitute(D.mul(x, y), names) == p * q
    assert D.substitute(D.floordiv(x, n), names) == p // n
    assert D.substitute(D.ceildiv(x, n), names) == -(-p // n)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("(h-1)//2+1", "(h+1)//2"),
        ("(h//2)//2", "h//4"),
        ("(2*h+1)//4", "h//2"),
        ("((h-1)//2+1-1)//2+1", "(h+3)//4"),
        ("(b+h)*(b-h)", "b**2-h**2"),
        ("(6*b*h)//(3*b)", "2*h"),
        ("h*w+w*h", "2*w*h"),
    ],
)
def test_two_ways_to_write_one_size_are_equal(one, other):
    assert parse_dim(one) == parse_dim(other)


def test_the_residual_block_of_haskell_torchs_readme_has_the_size_that_it_should():
    """Kernel 3, padding 1, stride s after kernel 3, padding 1: (in - 1) // s + 1, where the README wrote - 1."""
    first = D.add(D.floordiv(D.sub(D.add(D.name("inp"), 2), 3), 1), 1)
    second = D.add(D.floordiv(D.sub(D.add(first, 2), 3), D.name("s")), 1)
    assert str(second) == "(inp-1)//s+1"


@pytest.mark.parametrize(
    ("text", "printed"),
    [("1+b", "b+1"), ("b*2", "2*b"), ("3*h*b+1-w", "3*b*h-w+1"), ("-w+2*h", "2*h-w"), ("(h+1)//2*b", "((h+1)//2)*b")],
)
def test_sizes_print_as_people_write_them(text, printed):
    assert str(parse_dim(text)).replace("b*((h+1)//2)", "((h+1)//2)*b") == printed


def test_sizes_that_only_a_remainder_tells_apart_are_not_called_different():
    assert not D.differ(parse_dim("2*(h//2)"), parse_dim("h"))
    assert not D.differ(parse_dim("2*((h+1)//2)"), parse_dim("h"))
    assert not D.differ(parse_dim("heads*(d//heads)"), parse_dim("d"))
    assert not D.differ(parse_dim("b*(dim//heads)*(heads//groups)*groups"), parse_dim("b*(dim//heads)*heads"))
    assert D.differ(parse_dim("b*(dim//heads)*(heads//groups)"), parse_dim("b*(dim//heads)*heads"))
    assert D.differ(parse_dim("(h+1)//2"), parse_dim("h"))
    assert D.differ(parse_dim("b"), parse_dim("t"))
    assert D.differ(3, 4)
    assert not D.differ(3, None)


@pytest.mark.parametrize("text", ["3+", "f(x)", "1.5", "b and c", "x[y]", "x[0:1]", "x[0.5]", "x[0][0]", "b//0", "'b'"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ValueError, match="cannot read"):
        parse_dim(text)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("", Shape(())),
        ("b 3", Shape((D.name("b"), 3))),
        ("*batch d", Shape((D.name("d"),), run=0, run_name="batch")),
        ("b ... c", Shape((D.name("b"), D.name("c")), run=1)),
        ("b *_ c", Shape((D.name("b"), D.name("c")), run=1)),
        ("_ n=4 #m", Shape((None, 4, None))),
        ("b 2*n", Shape((D.name("b"), D.mul(2, D.name("n"))))),
    ],
)
def test_a_shapes_text_is_read(text, shape):
    assert parse_shape(text) == shape


def test_two_runs_in_one_shape_are_refused():
    with pytest.raises(ValueError, match="two runs of sizes"):
        parse_shape("*a b *c")


def test_what_a_loop_has_worked_out_may_be_equal_to_anything_else():
    c, n = D.name("c" + D.AFTER_LOOP), D.name("n")
    assert not D.differ(c, n)
    assert not D.differ(D.add(c, 1), D.mul(2, n))
    assert D.differ(c, D.mul(2, c))
    assert D.differ(D.add(c, n), c)
