"""Dueling double DQN: the network and its TD error."""

import rlt
import torch
from rlt.types import Bool, Float, Int64, Tensor
from torch import nn


def mlp(sizes: list[int], activation: type[nn.Module] = nn.ReLU) -> nn.Sequential:
    layers: list[nn.Module] = []
    for n_in, n_out in zip(sizes[:-1], sizes[1:]):
        layers += [nn.Linear(n_in, n_out), activation()]
    return nn.Sequential(*layers)


class DuelingQ(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 64) -> None:
        super().__init__()
        self.trunk = mlp([obs_dim, hidden, hidden])
        self.value = nn.Linear(hidden, 1)
        self.advantage = nn.Linear(hidden, n_actions)

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        h = self.trunk(obs)
        value = self.value(h)
        advantage = self.advantage(h)
        return value + advantage - advantage.mean(dim=1)  # BUG: keepdim=True is missing, (batch, n_actions) - (batch,)


class DoubleDQN:
    def __init__(self, obs_dim: int, n_actions: int, gamma: float = 0.99) -> None:
        self.online = DuelingQ(obs_dim, n_actions)
        self.target = DuelingQ(obs_dim, n_actions)
        self.target.load_state_dict(self.online.state_dict())
        self.gamma = gamma

    @torch.no_grad()
    def bootstrap(self, rewards: Tensor, next_obs: Tensor, done: Tensor) -> Tensor:
        best = self.online(next_obs).argmax(dim=1, keepdim=True)  # ALSO
        next_q = self.target(next_obs).gather(1, best).squeeze(1)  # ALSO
        return rewards + self.gamma * next_q * (~done).float()

    def td_error(
        self,
        obs: Float[Tensor, "batch obs_dim"],
        actions: Int64[Tensor, "batch"],
        rewards: Float[Tensor, "batch"],
        next_obs: Float[Tensor, "batch obs_dim"],
        done: Bool[Tensor, "batch"],
    ) -> Float[Tensor, "batch"]:
        q = self.online(obs).gather(1, actions.unsqueeze(1)).squeeze(1)  # ALSO
        return self.bootstrap(rewards, next_obs, done) - q  # ALSO
