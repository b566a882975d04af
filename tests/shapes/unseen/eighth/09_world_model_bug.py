import torch
from torch import nn
from torch.distributions import Normal, kl_divergence
from torch.nn import functional as F

import rlt
from rlt.types import Float, Tensor


class WorldModel(rlt.Module):
    """A small recurrent state-space model with a Gaussian latent."""

    def __init__(self, obs_dim: int, action_dim: int, deter: int = 200, stoch: int = 30) -> None:
        super().__init__()
        self.deter, self.stoch = deter, stoch
        self.encoder = nn.Sequential(nn.Linear(obs_dim, 128), nn.ELU())
        self.cell = nn.GRUCell(stoch + action_dim, deter)
        self.prior = nn.Linear(deter, 2 * stoch)
        self.posterior = nn.Linear(deter + 128, 2 * stoch)
        self.decoder = nn.Sequential(nn.Linear(deter + stoch, 128), nn.ELU(), nn.Linear(128, obs_dim))
        self.reward = nn.Linear(deter, 1)  # BUG: the features are the deterministic and the stochastic state

    def _gaussian(self, params: Tensor) -> Normal:
        mean, raw_std = params.chunk(2, dim=-1)
        return Normal(mean, F.softplus(raw_std) + 0.1)

    def forward(
        self, obs: Float[Tensor, "batch time obs_dim"], actions: Float[Tensor, "batch time action_dim"]
    ) -> tuple[Float[Tensor, "batch time obs_dim"], Float[Tensor, "batch time"], Float[Tensor, "batch time"]]:
        h = obs.new_zeros(obs.shape[0], self.deter)
        z = obs.new_zeros(obs.shape[0], self.stoch)
        embedded = self.encoder(obs)
        features, kls = [], []
        for t in range(obs.shape[1]):
            h = self.cell(torch.cat([z, actions[:, t]], dim=-1), h)
            prior = self._gaussian(self.prior(h))
            posterior = self._gaussian(self.posterior(torch.cat([h, embedded[:, t]], dim=-1)))
            z = posterior.rsample()
            kls.append(kl_divergence(posterior, prior).sum(dim=-1))
            features.append(torch.cat([h, z], dim=-1))
        feature = torch.stack(features, dim=1)
        return self.decoder(feature), self.reward(feature).squeeze(-1), torch.stack(kls, dim=1)  # ALSO


def model_loss(model: WorldModel, obs: Tensor, actions: Tensor, rewards: Float[Tensor, "batch time"]) -> Float[Tensor, ""]:
    recon, reward, kl = model(obs, actions)
    return F.mse_loss(recon, obs) + F.mse_loss(reward, rewards) + kl.clamp(min=1.0).mean()
