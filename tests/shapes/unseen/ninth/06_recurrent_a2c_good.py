"""Recurrent actor-critic: a GRU over sequences, batch first."""
from __future__ import annotations

import torch
from torch import nn
from torch.distributions import Categorical

import rlt
from rlt.types import Float, Int64, Tensor


class RecurrentActorCritic(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, embed: int = 64, hidden: int = 128) -> None:
        super().__init__()
        self.hidden = hidden
        self.encoder = nn.Sequential(nn.Linear(obs_dim, embed), nn.LayerNorm(embed), nn.ELU())
        self.rnn = nn.GRU(embed, hidden, batch_first=True)
        self.policy = nn.Linear(hidden, n_actions)
        self.value = nn.Linear(hidden, 1)

    def initial_state(self, batch: int) -> Float[Tensor, "1 batch hidden"]:
        return torch.zeros(1, batch, self.hidden)

    def forward(
        self, obs: Float[Tensor, "batch time obs_dim"], state: Float[Tensor, "1 batch hidden"]
    ) -> tuple[Float[Tensor, "batch time n_actions"], Float[Tensor, "batch time"], Float[Tensor, "1 batch hidden"]]:
        features, state = self.rnn(self.encoder(obs), state)
        return self.policy(features), self.value(features).squeeze(-1), state


def discounted(rewards: Float[Tensor, "b t"], bootstrap: Float[Tensor, "b"], gamma: float) -> Float[Tensor, "b t"]:
    out = []
    running = bootstrap
    for step in reversed(range(rewards.shape[1])):
        running = rewards[:, step] + gamma * running
        out.append(running)
    return torch.stack(out[::-1], dim=1)


def a2c_loss(
    net: RecurrentActorCritic,
    obs: Float[Tensor, "b t obs_dim"],
    actions: Int64[Tensor, "b t"],
    rewards: Float[Tensor, "b t"],
    gamma: float = 0.99,
) -> Float[Tensor, ""]:
    logits, values, _ = net(obs, net.initial_state(obs.shape[0]))
    returns = discounted(rewards, values[:, -1].detach(), gamma)
    dist = Categorical(logits=logits)
    advantage = returns - values
    policy_loss = -(dist.log_prob(actions) * advantage.detach()).mean()
    return policy_loss + 0.5 * advantage.pow(2).mean() - 0.01 * dist.entropy().mean()
