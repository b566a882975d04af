"""Latent dynamics model: a GRU cell is rolled over the actions and predicts rewards."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class LatentDynamics(rlt.Module):
    def __init__(self, obs_dim: int, act_dim: int, state_dim: int = 64) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(obs_dim, 128), nn.ELU(), nn.Linear(128, state_dim))
        self.cell = nn.GRUCell(act_dim, state_dim)
        self.reward = nn.Sequential(nn.Linear(state_dim, 64), nn.ELU(), nn.Linear(64, 1))

    def imagine(self, state: Tensor, actions: Tensor) -> Tensor:
        states = []
        for action in actions.unbind(dim=1):
            state = self.cell(action, state)
            states.append(state)
        return torch.stack(states, dim=1)

    @rlt.typed
    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], actions: Float[Tensor, "batch time act_dim"]
    ) -> tuple[Float[Tensor, "batch time state_dim"], Float[Tensor, "batch time"]]:
        state = torch.tanh(self.encoder(obs))
        states = self.imagine(state, actions)
        return states, self.reward(states).squeeze(-1)


def reward_loss(
    model: LatentDynamics,
    obs: Float[Tensor, "batch obs_dim"],
    actions: Float[Tensor, "batch time act_dim"],
    rewards: Float[Tensor, "batch time"],
) -> Float[Tensor, ""]:
    _, predicted = model(obs, actions)
    return F.mse_loss(predicted, rewards)
