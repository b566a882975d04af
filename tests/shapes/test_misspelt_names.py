"""A name of a size that a slip of the fingers made is told; a free name in a result stays legal."""

# The mistakes here are on purpose.
from __future__ import annotations

import pytest
from torch import nn

import rlt
from rlt.errors import ConfigError, ShapeError
from rlt.shapes.annotation import Signature, shape_hint
from rlt.shapes.names import misspelt_result
from rlt.shapes.source import Place
from rlt.types import Float, Tensor


class Misspelt(rlt.Module):
    def __init__(self, n_actions: int) -> None:
        super().__init__()
        self.fc = nn.Linear(3, n_actions + 1)

    def forward(self, x: Float[Tensor, "batch 3"]) -> Float[Tensor, "batch n_action"]:
        return self.fc(x)


def test_a_name_in_the_result_that_nothing_gives_is_told_with_the_one_that_was_meant():
    with pytest.raises(ShapeError) as caught:
        Misspelt(2)
    what, declared, fix = str(caught.value).splitlines()
    assert what == (
        'Misspelt.forward declares Float[Tensor, "batch n_action"], but n_action is given by nothing; did you mean n_actions?'
    )
    assert declared.startswith("  declared at test_misspelt_names.py:")
    assert declared.endswith("n_actions is given: 2")
    assert fix == '  fix: "batch n_actions"'


@pytest.mark.parametrize(
    ("given", "name", "told"),
    [
        ("hidden", "hiden", True),
        ("hidden", "hiddne", True),
        ("obs_dim", "obsdim", True),
        ("in_dim", "out_dim", False),
        ("q_len", "k_len", False),
        ("hidden", "hidden2", False),
        ("h", "h2", False),
        ("height", "weight", False),
        ("n_in", "n_out", False),
    ],
)
def test_only_a_slip_of_the_fingers_is_an_error(given, name, told):
    signature = Signature({}, {"x": shape_hint(f"batch {given}")}, shape_hint(f"batch {name}"), {})
    assert (misspelt_result(signature, {}, "Net", Place("net.py", 1)) is not None) is told
    assert misspelt_result(signature, {name: 3}, "Net", Place("net.py", 1)) is None


@pytest.mark.parametrize("check", [rlt.check_network, rlt.summary])
def test_a_size_that_is_given_must_stand_in_a_shape(check):
    with pytest.raises(ConfigError, match=rf"{check.__name__}: N=5 names no size of these .*\n.* n\?\n  fix: n=5"):
        check(nn.Linear(5, 2), "batch n", N=5)
    with pytest.raises(ConfigError, match="there is: batch, n"):
        check(nn.Linear(5, 2), "batch n", horizon=5)
