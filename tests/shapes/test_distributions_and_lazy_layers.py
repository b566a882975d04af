"""What torch does with values of its own accord does not end the build check; what it makes at the first call does."""

# The mistakes here are on purpose.
# mypy: disable-error-code="arg-type"
from __future__ import annotations

import sys

import gymnasium
import pytest
import torch
from torch import nn
from torch.distributions import (
    Beta,
    Categorical,
    Distribution,
    Independent,
    Normal,
    TanhTransform,
    TransformedDistribution,
    kl_divergence,
)

import rlt
from rlt.errors import ShapeError
from rlt.types import Float, Int64, Tensor


class Lazy(rlt.Module):
    def __init__(self, n_out: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, 4), nn.LazyLinear(n_out))

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch 3"]) -> Float[Tensor, "batch n_out"]:
        return self.body(x)


def test_a_lazy_layer_leaves_the_network_unchecked_and_untouched_until_its_first_call():
    reason = "layer body.1 has no parameters until its first call"
    net = Lazy(5)
    assert rlt.check_network(net) == reason
    assert rlt.check_policy(net, gymnasium.spaces.Box(-1, 1, (3,)), gymnasium.spaces.Discrete(5)) == reason
    assert str(rlt.summary(net)).endswith(f"unchecked: {reason}")
    assert rlt.summary(net).parameters == 16
    assert isinstance(net.body[1], nn.LazyLinear)
    with pytest.raises(ShapeError, match="3 is expected"):
        net(torch.zeros(2, 4))
    assert net(torch.zeros(2, 3)).shape == (2, 5)
    assert rlt.check_network(net) is None


SAMPLED = {
    "a normal": lambda h: Normal(h, 1.0).rsample(),
    "an own sample's probability": lambda h: (lambda d: d.log_prob(d.sample()))(Normal(h, h.exp())),
    "a categorical": lambda h: Categorical(logits=h).logits,
    "independent components": lambda h: Independent(Normal(h, h.exp()), 1).mean,
    "a beta": lambda h: Beta(h.exp(), h.exp()).mean,
    "a squashed normal": lambda h: TransformedDistribution(Normal(h, 1.0), [TanhTransform()]).rsample(),
    "a divergence": lambda h: kl_divergence(Normal(h, 1.0), Normal(0.0, 1.0)),
}


@pytest.mark.parametrize("kind", SAMPLED)
def test_a_wrong_head_under_a_distribution_is_found(kind):
    class Policy(rlt.Module):
        def __init__(self, n_actions: int, more: int = 0) -> None:
            super().__init__()
            self.mu = nn.Linear(3, n_actions + more)

        def forward(self, obs: Float[Tensor, "batch 3"]) -> Float[Tensor, "batch n_actions"]:
            return SAMPLED[kind](self.mu(obs))

    before, validated = len(sys.modules), Distribution._validate_args  # torch's compiler turns it off where it is imported
    assert Policy(2).__dict__["_rlt_unchecked"] is None
    with pytest.raises(ShapeError, match=r"returns \(batch, 3\) float32, but declares"):
        Policy(2, 1)
    assert len(sys.modules) - before < 20  # torch's meta kernels were not needed: they import its compiler
    assert Distribution._validate_args == validated
    with pytest.raises(ValueError, match="invalid values"):
        Normal(torch.zeros(2), -torch.ones(2), validate_args=True)


def test_a_distribution_of_other_sizes_is_refused():
    class Scored(rlt.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mu = nn.Linear(3, 2)

        def forward(self, obs: Float[Tensor, "batch 3"], action: Float[Tensor, "batch 4"]) -> Float[Tensor, "batch"]:
            return Normal(self.mu(obs), 1.0, validate_args=True).log_prob(action).sum(-1)

    with pytest.raises(ShapeError, match="not broadcastable"):
        Scored()


def test_packing_asks_for_the_lengths_values_and_stops_no_network():
    class Packed(rlt.Module):
        def __init__(self) -> None:
            super().__init__()
            self.core = nn.GRU(3, 4, batch_first=True)

        def forward(self, x: Float[Tensor, "b t 3"], lengths: Int64[Tensor, "b"]) -> Float[Tensor, "b 4"]:
            packed = nn.utils.rnn.pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
            return self.core(packed)[1][0]

    reason = rlt.summary(Packed()).unchecked
    assert reason is not None
    assert "pack_padded_sequence" in reason
