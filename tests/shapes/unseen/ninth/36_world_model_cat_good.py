"""A latent world model with a categorical action: imagined rollouts and their return."""

from dataclasses import dataclass

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Int64, Tensor
from torch import nn


@dataclass(frozen=True)
class WorldConfig:
    horizon: int = 5
    gamma: float = 0.97


class Dynamics(rlt.Module):
    """z, a -> next z (residual), reward, continuation logit."""

    def __init__(self, latent: int, n_actions: int, hidden: int = 64) -> None:
        super().__init__()
        self.n_actions = n_actions
        self.body = nn.Sequential(nn.Linear(latent + n_actions, hidden), nn.ELU(), nn.Linear(hidden, hidden), nn.ELU())
        self.delta = nn.Linear(hidden, latent)
        self.reward = nn.Linear(hidden, 1)
        self.alive = nn.Linear(hidden, 1)

    def forward(
        self, z: Float[Tensor, "batch latent"], action: Int64[Tensor, "batch"]
    ) -> tuple[Float[Tensor, "batch latent"], Float[Tensor, "batch"], Float[Tensor, "batch"]]:
        a = F.one_hot(action, self.n_actions).float()
        h = self.body(torch.cat((z, a), dim=-1))
        return z + self.delta(h), self.reward(h).squeeze(-1), self.alive(h).squeeze(-1)


class Policy(rlt.Module):
    def __init__(self, latent: int, n_actions: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(latent, 64), nn.ELU(), nn.Linear(64, n_actions))

    def forward(self, z: Float[Tensor, "batch latent"]) -> Int64[Tensor, "batch"]:
        return torch.distributions.Categorical(logits=self.net(z)).sample()


def imagine(model: Dynamics, policy: Policy, z: Float[Tensor, "batch latent"], cfg: WorldConfig) -> Float[Tensor, "batch"]:
    total = torch.zeros_like(z[:, 0])
    discount = torch.ones_like(total)
    for _ in range(cfg.horizon):
        z, reward, alive = model(z, policy(z))
        total = total + discount * reward
        discount = discount * cfg.gamma * alive.sigmoid()
    return total


def model_loss(
    model: Dynamics,
    z: Float[Tensor, "batch latent"],
    action: Int64[Tensor, "batch"],
    next_z: Float[Tensor, "batch latent"],
    reward: Float[Tensor, "batch"],
) -> Float[Tensor, ""]:
    z_hat, r_hat, _ = model(z, action)
    return F.mse_loss(z_hat, next_z.detach()) + F.mse_loss(r_hat, reward)
