"""The recurrent state-space model of Dreamer, Gaussian latents."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Independent, Normal, kl_divergence

import rlt
from rlt.types import Float


class State(NamedTuple):
    deter: Float[Tensor, "batch deter_dim"]
    stoch: Float[Tensor, "batch stoch_dim"]


class RSSM(rlt.Module):
    def __init__(
        self, embed_dim: int, action_dim: int, deter_dim: int = 48, stoch_dim: int = 12, width: int = 40
    ) -> None:
        super().__init__()
        self.deter_dim, self.stoch_dim = deter_dim, stoch_dim
        self.inp = nn.Linear(stoch_dim + action_dim, width)
        self.cell = nn.GRUCell(width, deter_dim)
        self.prior_net = self._head(deter_dim, width)
        self.post_net = self._head(deter_dim + stoch_dim, width)  # BUG: the posterior sees deter and the embedding

    def _head(self, n_in: int, width: int) -> nn.Sequential:
        return nn.Sequential(nn.Linear(n_in, width), nn.ELU(), nn.Linear(width, 2 * self.stoch_dim))

    def initial(self, batch: int) -> State:
        return State(torch.zeros(batch, self.deter_dim), torch.zeros(batch, self.stoch_dim))

    def _gaussian(self, stats: Tensor) -> Independent:
        mean, std = stats.chunk(2, dim=-1)
        return Independent(Normal(mean, F.softplus(std) + 0.1), 1)

    def imagine_step(self, prev: State, action: Float[Tensor, "batch action_dim"]) -> State:
        x = F.elu(self.inp(torch.cat([prev.stoch, action], dim=-1)))
        deter = self.cell(x, prev.deter)
        return State(deter, self._gaussian(self.prior_net(deter)).rsample())

    def observe_step(
        self,
        prev: State,
        action: Float[Tensor, "batch action_dim"],
        embed: Float[Tensor, "batch embed_dim"],
    ) -> tuple[State, Float[Tensor, "batch"]]:
        deter = self.imagine_step(prev, action).deter
        prior = self._gaussian(self.prior_net(deter))
        post = self._gaussian(self.post_net(torch.cat([deter, embed], dim=-1)))  # ALSO
        return State(deter, post.rsample()), kl_divergence(post, prior)


def kl_loss(
    model: RSSM,
    actions: Float[Tensor, "time batch action_dim"],
    embeds: Float[Tensor, "time batch embed_dim"],
    free_nats: float = 1.0,
) -> Float[Tensor, ""]:
    state = model.initial(actions.shape[1])
    kls: list[Tensor] = []
    for action, embed in zip(actions, embeds, strict=True):
        state, kl = model.observe_step(state, action, embed)  # ALSO
        kls.append(kl)
    return torch.stack(kls).mean().clamp(min=free_nats)
