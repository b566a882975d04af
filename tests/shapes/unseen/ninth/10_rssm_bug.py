"""A small recurrent state-space model (Dreamer) with Gaussian latents, trained on a GPU."""
from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Independent, Normal, kl_divergence

import rlt
from rlt.types import Cuda, Float, Tensor


@dataclass(frozen=True)
class RSSMConfig:
    obs_dim: int
    act_dim: int
    deter: int = 128
    stoch: int = 16
    embed: int = 64


class Latent(NamedTuple):
    deter: Tensor
    stoch: Tensor


class RSSM(rlt.Module):
    def __init__(self, cfg: RSSMConfig) -> None:
        super().__init__()
        self.cfg = cfg
        self.obs_dim, self.act_dim = cfg.obs_dim, cfg.act_dim
        self.encoder = nn.Sequential(nn.Linear(cfg.obs_dim, cfg.embed), nn.ELU())
        self.pre = nn.Linear(cfg.stoch + cfg.act_dim, cfg.deter)
        self.cell = nn.GRUCell(cfg.deter, cfg.deter)
        self.prior = nn.Linear(cfg.deter, 2 * cfg.stoch)
        self.posterior = nn.Linear(cfg.deter + cfg.embed, 2 * cfg.stoch)
        self.decoder = nn.Linear(cfg.deter + cfg.stoch, cfg.obs_dim)

    def start(self, batch: int, device: torch.device) -> Latent:
        deter = torch.zeros(batch, self.cfg.deter, device=device)
        stoch = torch.zeros(batch, self.cfg.stoch)  # BUG: device=device is missing: it stays in the CPU's memory
        return Latent(deter, stoch)

    @staticmethod
    def gaussian(params: Tensor) -> Independent[Normal]:
        mean, raw = params.chunk(2, dim=-1)
        return Independent(Normal(mean, F.softplus(raw) + 0.1), 1)

    def observe(self, last: Latent, action: Tensor, embed: Tensor) -> tuple[Latent, Tensor]:
        x = F.elu(self.pre(torch.cat([last.stoch, action], dim=-1)))  # ALSO
        deter = self.cell(x, last.deter)
        prior = self.gaussian(self.prior(deter))
        post = self.gaussian(self.posterior(torch.cat([deter, embed], dim=-1)))
        return Latent(deter, post.rsample()), kl_divergence(post, prior)

    def forward(
        self, obs: Float[Cuda, "time batch obs_dim"], actions: Float[Cuda, "time batch act_dim"]
    ) -> tuple[Float[Tensor, "time batch obs_dim"], Float[Tensor, "time batch"]]:
        embed = self.encoder(obs)
        state = self.start(obs.shape[1], obs.device)
        decoded, kls = [], []
        for t in range(obs.shape[0]):
            state, kl = self.observe(state, actions[t], embed[t])  # ALSO
            decoded.append(self.decoder(torch.cat([state.deter, state.stoch], dim=-1)))
            kls.append(kl)
        return torch.stack(decoded), torch.stack(kls)
