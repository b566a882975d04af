"""GAIL: a discriminator between expert and policy, and the reward it gives."""
from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import spectral_norm

import rlt
from rlt.types import Float, Int64, Tensor


def encode(obs: Tensor, action: Tensor, n_actions: int) -> Tensor:
    one_hot = F.one_hot(action, n_actions).to(obs.dtype)
    return torch.cat([obs, one_hot], dim=-1)


class Discriminator(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 100, spectral: bool = False) -> None:
        super().__init__()
        self.n_actions = n_actions
        first = nn.Linear(obs_dim + n_actions, hidden)
        self.net = nn.Sequential(
            spectral_norm(first) if spectral else first,
            nn.LeakyReLU(0.2),
            nn.Linear(hidden, hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(hidden, 1),
        )

    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], action: Int64[Tensor, "batch"]
    ) -> Float[Tensor, "batch"]:
        return self.net(encode(obs, action, self.n_actions)).squeeze(-1)

    def reward(self, obs: Float[Tensor, "batch obs_dim"], action: Int64[Tensor, "batch"]) -> Float[Tensor, "batch"]:
        with torch.no_grad():
            return F.softplus(self(obs, action))


def make_labels(n_expert: int, n_policy: int) -> Tensor:
    return torch.cat([torch.ones(n_expert), torch.zeros(n_policy)]).long()  # BUG: this loss wants float targets


def discriminator_loss(
    net: Discriminator,
    expert_obs: Float[Tensor, "n obs_dim"],
    expert_actions: Int64[Tensor, "n"],
    policy_obs: Float[Tensor, "m obs_dim"],
    policy_actions: Int64[Tensor, "m"],
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    logits = torch.cat([net(expert_obs, expert_actions), net(policy_obs, policy_actions)])
    labels = make_labels(expert_obs.shape[0], policy_obs.shape[0])
    loss = F.binary_cross_entropy_with_logits(logits, labels)  # ALSO
    accuracy = ((logits > 0) == (labels > 0.5)).float().mean()
    return loss, accuracy
