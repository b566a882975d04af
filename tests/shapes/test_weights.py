"""The shapes of layers' parameters as the checker computes them, against those of real layers."""

from __future__ import annotations

import pytest
from torch import nn

from rlt.shapes.module_layer import arguments_of
from rlt.shapes.rules.weights import shape_of
from rlt.shapes.shape import Shape

LAYERS = [
    nn.Linear(3, 5), nn.Embedding(7, 4), nn.LayerNorm((3, 5)), nn.LayerNorm(5), nn.BatchNorm2d(6), nn.GroupNorm(2, 6),
    nn.Conv1d(4, 6, 3), nn.Conv2d(4, 6, (3, 5), groups=2), nn.Conv3d(2, 3, 2),
    nn.ConvTranspose1d(4, 6, 3), nn.ConvTranspose2d(4, 6, 3, groups=2), nn.ConvTranspose3d(2, 3, 2),
]  # fmt: skip


@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_weight_and_bias_have_the_shapes_of_the_real_layer(layer: nn.Module) -> None:
    for name, parameter in layer.named_parameters():
        assert shape_of(type(layer).__name__, name, arguments_of(layer)) == Shape(tuple(parameter.shape))


def test_a_size_that_is_not_known_stays_unknown() -> None:
    assert shape_of("Linear", "weight", {"in_features": 3}) == Shape((None, 3))
    assert shape_of("Linear", "scale", {}) is None
    assert shape_of("LSTM", "weight", {}) is None
