"""Sequences of sizes of unknown length: items, joining, and what their names are once the sequence is given."""

from __future__ import annotations

import pytest

pytest.importorskip("mypy")

from rlt.shapes import dims as D
from rlt.shapes.mypy.constants import encode
from rlt.shapes.mypy.sequences import in_terms_of, item, joined, parameter
from rlt.shapes.mypy.settings import decode
from rlt.shapes.rules.problem import UNKNOWN

HIDDEN = parameter("hidden")
N = D.name("n")
LAST = D.name("hidden[-1]")


def test_an_item_is_a_size_by_name_where_its_place_does_not_depend_on_the_length() -> None:
    sizes = joined(((N,), HIDDEN, (10,)))
    assert [item(sizes, at) for at in (0, 1, -1, -2)] == [N, D.name("hidden[0]"), 10, LAST]
    assert item(sizes, 2) is UNKNOWN
    assert item(sizes, -3) is UNKNOWN
    assert joined((HIDDEN, HIDDEN)) is UNKNOWN


def test_given_sizes_take_the_place_of_the_names() -> None:
    assert in_terms_of(LAST, {"hidden": (64, 32)}) == 32
    assert in_terms_of(LAST, {"hidden": joined(((N,), parameter("widths")))}) == D.name("widths[-1]")
    assert in_terms_of(joined(((N,), HIDDEN)), {"n": 4, "hidden": (64, 32)}) == (4, 64, 32)
    assert in_terms_of(LAST, {"hidden": ()}) is UNKNOWN
    assert in_terms_of(LAST, {}) is UNKNOWN


@pytest.mark.parametrize("value", [HIDDEN, joined(((N, 3), HIDDEN, (D.add(LAST, 1),)))])
def test_a_sequence_reads_back_as_it_is_written(value: object) -> None:
    assert decode(encode(value)) == value


def test_two_items_of_one_sequence_may_be_equal() -> None:
    assert not D.differ(D.name("hidden[0]"), LAST)
    assert D.differ(LAST, D.add(LAST, 1))
    assert D.differ(LAST, N)
