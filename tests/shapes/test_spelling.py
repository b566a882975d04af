"""Sizes that stand in for names never reach a message: the names do, also in what torch says."""

# The mistakes here are on purpose.
# mypy: disable-error-code="arg-type"
from __future__ import annotations

import pytest
from torch import nn

import rlt
from rlt.errors import ShapeError
from rlt.shapes.spelling import Spelling
from rlt.types import Float, Tensor


class Chosen(Spelling):
    sizes, free = {"b": 101, "t": 103, "n": 107}, frozenset("bt")


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("Expected hidden[0] size (1, 103, 128), got [1, 101, 128]", "Expected hidden[0] size (1, t, 128), got [1, b, 128]"),
        ("shape '[101, 103, 8]' is invalid for input of size 665792", "shape '[b, t, 8]' is invalid for input of size 64*b*t"),
        ("float101 101.5 1e-05 x101 107 0 010", "float101 101.5 1e-05 x101 107 0 010"),
    ],
)
def test_numbers_of_a_quoted_text_become_names(text, spelt):
    assert Chosen().spell_text(text) == spelt


class Recurrent(rlt.Module):
    def __init__(self) -> None:
        super().__init__()
        self.core = nn.LSTM(4, 128)

    def forward(self, x: Float[Tensor, "b t 4"], h: Float[Tensor, "1 b 128"]) -> Float[Tensor, "b t 128"]:
        return self.core(x, (h, h))[0]


class Inner(rlt.Module):
    @rlt.typed
    def forward(self, x: Float[Tensor, "n n"]) -> Float[Tensor, "n"]:
        return x[0]


class Outer(rlt.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = Inner()

    def forward(self, x: Float[Tensor, "b t"]) -> Float[Tensor, "b"]:
        return self.inner(x)


class Halving(rlt.Module):
    def forward(self, x: Float[Tensor, "b t 4"]) -> Float[Tensor, "b t 4"]:
        if x.shape[1] % 2:
            raise ValueError(f"{x.shape[1]} steps are odd")
        return x


def test_messages_of_layers_methods_and_reasons_spell_them():
    with pytest.raises(ShapeError, match=r"torch says: Expected hidden\[0\] size \(1, t, 128\), got \[1, b, 128\]"):
        Recurrent()
    with pytest.raises(ShapeError, match="n is b in x, here it is t"):
        Outer()
    assert rlt.check_network(Halving()) == "it runs only with some sizes: t steps are odd"
    assert rlt.summary(Halving()).unchecked == "forward fails: t steps are odd"


def test_a_layers_own_number_is_never_taken_for_a_name():
    for size in (101, 202):
        with pytest.raises(ShapeError, match=f"expects {size} input features .*, gets 4"):
            rlt.check_network(nn.Linear(size, 3), "batch 4")
