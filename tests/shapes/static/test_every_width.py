"""Every width of every network of the project, one greater: one error of the type checker, where the layer is used.

One run over all copies. What the checker cannot know stands in a list, with the reason; the constructor stops all of it.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.shapes.mutants import write
from tests.shapes.static.conftest import Reports, read_reports
from tests.shapes.widths import Width, all_widths, in_a_loop, label, networks, places

LOOP = "the layers before it are made in a loop, as many as a sequence is long: what they give is not known"
BUFFER = "register_buffer gives an attribute that is declared Tensor: its shape is not known"
FUNCTION = "the layer is made by a function, whose result says no sizes"
COLLECTED = "the layer's weights are stacked into a parameter, whose shape is not known"
UNKNOWN = {
    "agents.dqn.networks.CNN NatureCNN n_out": FUNCTION,
    "agents.dqn.networks.- DuelingHead n_in": FUNCTION,
    "agents.dqn.networks.- DuelingHead n_actions": FUNCTION,
    "agents.dqn.networks.- nn.Linear in_features": FUNCTION,
    "agents.dqn.networks.- nn.Linear out_features": FUNCTION,
    "agents.sac.networks.GaussianActor nn.Linear in_features": LOOP,
    "agents.sac.networks.CategoricalActor nn.Linear in_features": LOOP,
    "nn.stacked.StackedLinear nn.Linear in_features": COLLECTED,
    "nn.stacked.StackedLinear nn.Linear out_features": COLLECTED,
    "nn.stacked.StackedMLP StackedLinear n_in": LOOP,
    "nn.stacked.StackedMLP StackedLinear members": LOOP,
    "nn.stacked.StackedMLP StackedLinear n_out": LOOP,
    "agents.ppo.networks.MLP nn.Linear in_features": LOOP,
    "nn.convolution.ConvStack nn.Conv2d in_channels": LOOP,
    "nn.convolution.ConvStack nn.Conv2d out_channels": LOOP,
    "nn.convolution.NatureCNN nn.Linear in_features": "the number of features is what a method computes",
    "nn.mlp.MLP nn.Linear in_features": LOOP,
    "nn.mlp.- nn.Linear in_features": LOOP,
    "nn.mlp.- nn.Linear out_features": LOOP,
    "nn.mlp.- nn.LayerNorm normalized_shape": LOOP,
    "nn.noisy.NoisyLinear torch.zeros size 0": BUFFER,
    "nn.recurrent.RecurrentCore torch.empty size 0": "parameters are registered in a loop, under computed names",
    "nn.residual.- nn.Conv2d in_channels": FUNCTION,
}
"""Mistakes that the type checker cannot know, and why. The constructor stops each of them."""
KNOWN_AFTER_THE_LOOP = {"nn.stacked.StackedMLP StackedLinear members", "nn.stacked.StackedMLP StackedLinear n_out"}
"""Layers of one label stand in a loop and after it; there the checker knows these widths."""
ON_BOTH_PATHS = {
    "nn.noisy.NoisyLinear torch.empty size 0", "nn.noisy.NoisyLinear torch.empty size 1",
}
"""The width is used in both branches of forward: one error in each."""


@pytest.fixture(scope="module")
def copies(run_checker: Callable[..., list[str]], tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """What the checker says of every copy, in one run."""
    folder = tmp_path_factory.mktemp("widths")
    paths = [write(None, module, f"plain_{i}", folder) for i, module in enumerate(networks())]
    paths += [write(width, width.module, f"mutant_{i}", folder) for i, width in enumerate(all_widths())]
    return read_reports(run_checker(paths))


@pytest.mark.slow
def test_the_checker_finds_nothing_in_the_networks_as_they_are(copies: Reports) -> None:
    assert {name: found for name, found in copies.items() if name.startswith("plain_")} == {}


@pytest.mark.slow
@pytest.mark.parametrize(("i", "width"), list(enumerate(all_widths())), ids=[str(w) for w in all_widths()])
def test_a_wrong_width_is_one_error_of_the_checker_where_its_layer_is_used(i: int, width: Width, copies: Reports) -> None:
    found = [(line, message) for line, messages in copies[f"mutant_{i}.py"].items() for message in messages]
    if label(width) in UNKNOWN and (in_a_loop(width) or label(width) not in KNOWN_AFTER_THE_LOOP):
        assert found == [], "the checker knows it by now: take it off the list"
        return
    assert len(found) == (2 if label(width) in ON_BOTH_PATHS else 1), found
    for line, message in found:
        assert line in places(width), f"line {line}: {message}"
        assert "[shape]" in message or "[return-value]" in message
