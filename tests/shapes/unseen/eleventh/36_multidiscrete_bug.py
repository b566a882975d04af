"""A2C for a MultiDiscrete action space: one categorical per action component."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.distributions import Categorical

import rlt
from rlt.types import Float, Int64

NVEC = (3, 5, 2, 7)  # move, aim, fire, item


def orthogonal(layer: nn.Linear, gain: float) -> nn.Linear:
    nn.init.orthogonal_(layer.weight, gain)
    nn.init.zeros_(layer.bias)
    return layer


class MultiHeadPolicy(rlt.Module):
    def __init__(self, obs_dim: int, width: int = 64) -> None:
        super().__init__()
        self.body = nn.Sequential(
            orthogonal(nn.Linear(obs_dim, width), 2**0.5),
            nn.Tanh(),
            orthogonal(nn.Linear(width, width), 2**0.5),
            nn.Tanh(),
        )
        self.logits = orthogonal(nn.Linear(width, len(NVEC)), 0.01)  # BUG: one logit per component, sum(NVEC) is meant
        self.value = orthogonal(nn.Linear(width, 1), 1.0)

    def _heads(self, h: Tensor) -> list[Categorical]:
        parts = self.logits(h).split(list(NVEC), dim=-1)  # ALSO
        return [Categorical(logits=part) for part in parts]

    def act(self, obs: Float[Tensor, "batch obs_dim"]) -> Int64[Tensor, "batch 4"]:
        heads = self._heads(self.body(obs))  # ALSO
        return torch.stack([head.sample() for head in heads], dim=-1)

    def evaluate(
        self, obs: Float[Tensor, "batch obs_dim"], actions: Int64[Tensor, "batch 4"]
    ) -> tuple[Float[Tensor, "batch"], Float[Tensor, "batch"], Float[Tensor, "batch"]]:
        h = self.body(obs)
        heads = self._heads(h)  # ALSO
        log_probs = torch.stack([head.log_prob(a) for head, a in zip(heads, actions.unbind(-1), strict=True)])
        entropy = torch.stack([head.entropy() for head in heads])
        return log_probs.sum(0), entropy.sum(0), self.value(h).squeeze(-1)


def a2c_loss(
    net: MultiHeadPolicy,
    obs: Float[Tensor, "batch obs_dim"],
    actions: Int64[Tensor, "batch 4"],
    returns: Float[Tensor, "batch"],
    entropy_weight: float = 0.01,
) -> Float[Tensor, ""]:
    log_prob, entropy, value = net.evaluate(obs, actions)  # ALSO
    advantage = (returns - value).detach()
    policy_term = -(advantage * log_prob).mean()
    value_term = 0.5 * (returns - value).pow(2).mean()
    return policy_term + value_term - entropy_weight * entropy.mean()
