"""Intrinsic curiosity: inverse and forward models on learned features."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Int64, Tensor
from torch import nn


def two_layer(n_in: int, n_out: int, width: int = 64) -> nn.Sequential:
    return nn.Sequential(nn.Linear(n_in, width), nn.LeakyReLU(), nn.Linear(width, n_out))


class ICM(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, feature_dim: int = 32, eta: float = 0.5) -> None:
        super().__init__()
        self.n_actions = n_actions
        self.eta = eta
        self.encoder = two_layer(obs_dim, feature_dim)
        self.inverse = two_layer(2 * feature_dim, n_actions)
        self.dynamics = two_layer(feature_dim + n_actions, feature_dim)

    def features(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch feature_dim"]:
        return F.normalize(self.encoder(obs), dim=-1)

    def predict_next(self, phi: Tensor, actions: Tensor) -> Tensor:
        one_hot = F.one_hot(actions, self.n_actions).to(phi.dtype)
        return self.dynamics(torch.cat([phi, one_hot], dim=1))

    def predict_action(self, phi: Tensor, next_phi: Tensor) -> Tensor:
        return self.inverse(torch.cat([phi, next_phi], dim=1))

    def bonus(
        self,
        obs: Float[Tensor, "batch obs_dim"],
        actions: Int64[Tensor, "batch"],
        next_obs: Float[Tensor, "batch obs_dim"],
    ) -> Float[Tensor, "batch"]:
        with torch.no_grad():
            error = self.predict_next(self.features(obs), actions) - self.features(next_obs)
        return self.eta * error.pow(2).sum(dim=-1)

    def loss(
        self,
        obs: Float[Tensor, "batch obs_dim"],
        actions: Int64[Tensor, "batch"],
        next_obs: Float[Tensor, "batch obs_dim"],
        beta: float = 0.2,
    ) -> Float[Tensor, ""]:
        phi, next_phi = self.features(obs), self.features(next_obs)
        inverse_loss = F.cross_entropy(self.predict_action(phi, next_phi), actions)
        forward_loss = 0.5 * (self.predict_next(phi.detach(), actions) - next_phi.detach()).pow(2).sum(-1).mean()
        return (1 - beta) * inverse_loss + beta * forward_loss
