"""Recurrent state-space model in the manner of Dreamer, with its KL term."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.distributions import Independent, Normal, kl_divergence

import rlt
from rlt.types import Float, Tensor


@dataclass
class RSSMConfig:
    action_dim: int
    embed: int = 40
    deter: int = 64
    stoch: int = 16
    hidden: int = 32


def gaussian(params: Tensor) -> Independent[Normal]:
    mean, raw = params.chunk(2, dim=-1)
    return Independent(Normal(mean, nn.functional.softplus(raw) + 0.1), 1)


class RSSM(rlt.Module):
    def __init__(self, config: RSSMConfig) -> None:
        super().__init__()
        c = self.config = config
        self.pre = nn.Sequential(nn.Linear(c.stoch + c.action_dim, c.hidden), nn.ELU())
        self.cell = nn.GRUCell(c.hidden, c.deter)
        self.prior_net = nn.Sequential(nn.Linear(c.deter, c.hidden), nn.ELU(), nn.Linear(c.hidden, 2 * c.stoch))
        self.post_net = nn.Sequential(
            nn.Linear(c.stoch + c.embed, c.hidden),  # BUG: the posterior sees (deter, embed), not (stoch, embed)
            nn.ELU(),
            nn.Linear(c.hidden, 2 * c.stoch),
        )

    def _advance(self, deter: Tensor, stoch: Tensor, action: Tensor) -> Tensor:
        return self.cell(self.pre(torch.cat([stoch, action], dim=-1)), deter)

    def imagine(
        self, deter: Float[Tensor, "batch deter"], stoch: Float[Tensor, "batch stoch"], action: Float[Tensor, "batch action_dim"]
    ) -> tuple[Float[Tensor, "batch deter"], Float[Tensor, "batch stoch"]]:
        deter = self._advance(deter, stoch, action)
        return deter, gaussian(self.prior_net(deter)).rsample()

    def observe(
        self, embeds: Float[Tensor, "time batch embed"], actions: Float[Tensor, "time batch action_dim"]
    ) -> tuple[Float[Tensor, "time batch deter+stoch"], Float[Tensor, "time batch"]]:
        deter = torch.zeros(embeds.shape[1], self.config.deter)
        stoch = torch.zeros(embeds.shape[1], self.config.stoch)
        features, kls = [], []
        for embed, action in zip(embeds, actions, strict=True):
            deter = self._advance(deter, stoch, action)
            posterior = gaussian(self.post_net(torch.cat([deter, embed], dim=-1)))  # ALSO
            kls.append(kl_divergence(posterior, gaussian(self.prior_net(deter))))
            stoch = posterior.rsample()
            features.append(torch.cat([deter, stoch], dim=-1))
        return torch.stack(features), torch.stack(kls)


def kl_loss(kl: Float[Tensor, "time batch"], free_nats: float = 3.0) -> Float[Tensor, ""]:
    return kl.clamp(min=free_nats).mean()
