"""PPO for multi-discrete actions: one categorical head per component."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.distributions import Categorical

import rlt
from rlt.types import Float, Int64, Tensor


class MultiDiscreteActor(rlt.Module):
    def __init__(self, obs_dim: int, nvec: Sequence[int], hidden: int = 64) -> None:
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(obs_dim, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh())
        self.heads = nn.ModuleList([nn.Linear(hidden, n) for n in nvec])
        self.critic = nn.Linear(hidden, 1)

    def _dists(self, h: Tensor) -> list[Categorical]:
        return [Categorical(logits=head(h)) for head in self.heads]

    @torch.no_grad()
    def act(self, obs: Float[Tensor, "batch obs_dim"]) -> Int64[Tensor, "batch n_components"]:
        return torch.stack([d.sample() for d in self._dists(self.trunk(obs))], dim=-1)

    def evaluate(
        self, obs: Float[Tensor, "batch obs_dim"], actions: Int64[Tensor, "batch n_components"]
    ) -> tuple[Float[Tensor, "batch"], Float[Tensor, "batch"], Float[Tensor, "batch"]]:
        h = self.trunk(obs)
        dists = self._dists(h)
        log_probs = [d.log_prob(a) for d, a in zip(dists, actions.unbind(dim=-1), strict=True)]
        log_prob = torch.stack(log_probs, dim=-1).sum(dim=-1)
        entropy = torch.stack([d.entropy() for d in dists], dim=-1).sum(dim=-1)
        return log_prob, entropy, self.critic(h).squeeze(-1)


def ppo_loss(
    net: MultiDiscreteActor,
    obs: Float[Tensor, "batch obs_dim"],
    actions: Int64[Tensor, "batch n_components"],
    old_log_prob: Float[Tensor, "batch"],
    advantage: Float[Tensor, "batch"],
    returns: Float[Tensor, "batch"],
    clip: float = 0.2,
) -> Float[Tensor, ""]:
    log_prob, entropy, value = net.evaluate(obs, actions)
    ratio = (log_prob - old_log_prob).exp()
    advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
    surrogate = torch.min(ratio * advantage, ratio.clamp(1 - clip, 1 + clip) * advantage)
    return -surrogate.mean() + 0.5 * (value - returns).pow(2).mean() - 0.01 * entropy.mean()
