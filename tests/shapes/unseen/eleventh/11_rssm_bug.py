"""A recurrent state-space world model: deterministic GRU path, stochastic Gaussian latent."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Independent, Normal, kl_divergence

import rlt
from rlt.types import Float, Tensor


@dataclass(frozen=True)
class RSSMConfig:
    action_dim: int
    embed_dim: int
    deter: int = 64
    stoch: int = 16
    hidden: int = 48


def _gaussian(params: Tensor) -> Independent[Normal]:
    mean, raw = params.chunk(2, dim=-1)
    return Independent(Normal(mean, F.softplus(raw) + 0.1), 1)


class RSSM(rlt.Module):
    def __init__(self, cfg: RSSMConfig) -> None:
        super().__init__()
        self.cfg = cfg
        self.inp = nn.Linear(cfg.stoch + cfg.action_dim, cfg.hidden)
        self.cell = nn.GRUCell(cfg.hidden, cfg.deter)
        self.prior_net = nn.Sequential(nn.Linear(cfg.deter, cfg.hidden), nn.ELU(), nn.Linear(cfg.hidden, 2 * cfg.stoch))
        self.post_net = nn.Sequential(
            nn.Linear(cfg.deter + cfg.embed_dim, cfg.hidden),
            nn.ELU(),
            nn.Linear(cfg.hidden, cfg.stoch),  # BUG: mean and scale need 2 * stoch outputs
        )

    def initial(self, batch: int) -> tuple[Tensor, Tensor]:
        return torch.zeros(batch, self.cfg.deter), torch.zeros(batch, self.cfg.stoch)

    def advance(
        self, deter: Float[Tensor, "batch deter"], stoch: Float[Tensor, "batch stoch"], action: Float[Tensor, "batch action_dim"]
    ) -> Float[Tensor, "batch deter"]:
        x = F.elu(self.inp(torch.cat([stoch, action], dim=-1)))
        return self.cell(x, deter)

    def observe(
        self, deter: Float[Tensor, "batch deter"], embed: Float[Tensor, "batch embed_dim"]
    ) -> tuple[Float[Tensor, "batch stoch"], Float[Tensor, "batch"]]:
        prior = _gaussian(self.prior_net(deter))
        post = _gaussian(self.post_net(torch.cat([deter, embed], dim=-1)))  # ALSO
        return post.rsample(), kl_divergence(post, prior)  # ALSO


def model_loss(
    rssm: RSSM, actions: Float[Tensor, "batch time action_dim"], embeds: Float[Tensor, "batch time embed_dim"]
) -> Float[Tensor, ""]:
    deter, stoch = rssm.initial(actions.shape[0])
    kls: list[Tensor] = []
    for t in range(actions.shape[1]):
        deter = rssm.advance(deter, stoch, actions[:, t])  # ALSO
        stoch, kl = rssm.observe(deter, embeds[:, t])  # ALSO
        kls.append(kl)
    return torch.stack(kls, dim=1).sum(dim=1).mean()
