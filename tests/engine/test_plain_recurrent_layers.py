"""torch's own recurrent layers, which its compiler does not take, in a training step that is to be compiled."""

from __future__ import annotations

import logging

import pytest
import torch
from torch import nn

from rlt.engine.optimizers import SGD
from rlt.engine.step import Group, Step
from rlt.engine.training import TrainingStep


class Remembering(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.core = nn.LSTM(3, 4)

    def forward(self, x):
        return self.core(x)[0]


def test_a_plain_lstm_trains_eagerly_and_one_line_says_so(caplog: pytest.LogCaptureFixture) -> None:
    def update(step: Step, x: torch.Tensor) -> dict[str, torch.Tensor]:
        step.minimise("net", lambda net: (net(x).square().mean(), ()), torch.tensor([0.1]))
        return {}

    network = Remembering()
    weight = next(network.parameters())
    before = weight.detach().clone()
    with caplog.at_level(logging.WARNING):
        step = TrainingStep({"net": Group(network, SGD())}, update, compile_at=0)
        step(torch.randn(5, 2, 3))
    assert [r.message for r in caplog.records] == [
        "training runs eager: torch cannot compile nn.LSTM; rlt.nn.RecurrentCore can be"
    ]
    assert not torch.equal(weight, before)
