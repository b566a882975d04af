"""Messages name the line: of forward where it returns no tensor, of the layer where an agent's policy has a wrong head."""

# The mistakes here are on purpose.
from __future__ import annotations

import re
from pathlib import Path

import pytest
from gymnasium.spaces import Box, Discrete
from torch import nn

import rlt
from rlt.errors import ShapeError
from rlt.types import Float, Tensor

LINES = Path(__file__).read_text().splitlines()


def lines_named(error: ShapeError) -> list[str]:
    return [LINES[int(n) - 1].strip() for n in re.findall(r"test_places_in_messages\.py:(\d+)", str(error))]


@pytest.mark.parametrize(("wrong", "words"), [(None, "NoneType"), ((1, 2), "tuple of 2")])
def test_a_forward_that_returns_no_tensor_is_told_with_its_line(wrong, words):
    class Net(rlt.Module):
        def forward(self, x: Float[Tensor, "b 3"]) -> Float[Tensor, "b 3"]:
            return wrong

    with pytest.raises(ShapeError, match=f"Net.forward returns {words}: a tensor expected\n  returned by forward at") as caught:
        Net()
    assert lines_named(caught.value) == ['def forward(self, x: Float[Tensor, "b 3"]) -> Float[Tensor, "b 3"]:']


def test_a_wrong_head_of_a_policy_is_told_with_the_line_of_its_layer():
    class Policy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Linear(4, 8)
            self.policy = nn.Linear(8, 3)

        def forward(self, obs: Tensor) -> Tensor:
            return self.policy(self.body(obs))

    with pytest.raises(ShapeError, match=r"must give 2 numbers(.*\n)+  fix: policy = nn\.Linear\(8, 2\)") as caught:
        rlt.check_policy(Policy(), Box(-1, 1, (4,)), Discrete(2))
    assert lines_named(caught.value) == ["self.policy = nn.Linear(8, 3)"]
