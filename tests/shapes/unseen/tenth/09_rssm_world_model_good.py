"""A small recurrent state-space model (PlaNet / Dreamer)."""

from dataclasses import dataclass

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Tensor
from torch import nn


@dataclass
class Gaussian:
    mean: Tensor
    std: Tensor

    def sample(self) -> Tensor:
        return self.mean + self.std * torch.randn_like(self.std)


class StochasticHead(nn.Module):
    def __init__(self, n_in: int, stoch: int, hidden: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(n_in, hidden)
        self.out = nn.Linear(hidden, 2 * stoch)

    def forward(self, x: Tensor) -> Gaussian:
        mean, raw = self.out(F.elu(self.hidden(x))).chunk(2, dim=-1)
        return Gaussian(mean, F.softplus(raw) + 0.1)


class RSSM(rlt.Module):
    def __init__(self, embed_dim: int, action_dim: int, deter: int = 32, stoch: int = 8) -> None:
        super().__init__()
        self.deter, self.stoch = deter, stoch
        self.inputs = nn.Linear(stoch + action_dim, deter)
        self.cell = nn.GRUCell(deter, deter)
        self.prior = StochasticHead(deter, stoch, 40)
        self.posterior = StochasticHead(deter + embed_dim, stoch, 40)

    def step(
        self,
        h: Float[Tensor, "batch deter"],
        z: Float[Tensor, "batch stoch"],
        action: Float[Tensor, "batch action_dim"],
        embed: Float[Tensor, "batch embed_dim"],
    ) -> tuple[Float[Tensor, "batch deter"], Float[Tensor, "batch stoch"]]:
        x = F.elu(self.inputs(torch.cat([z, action], dim=-1)))
        h = self.cell(x, h)
        return h, self.posterior(torch.cat([h, embed], dim=-1)).sample()

    def observe(
        self, embeds: Float[Tensor, "batch time embed_dim"], actions: Float[Tensor, "batch time action_dim"]
    ) -> Float[Tensor, "batch time deter+stoch"]:
        h = embeds.new_zeros(embeds.shape[0], self.deter)
        z = embeds.new_zeros(embeds.shape[0], self.stoch)
        states: list[Tensor] = []
        for t in range(embeds.shape[1]):
            h, z = self.step(h, z, actions[:, t], embeds[:, t])
            states.append(torch.cat([h, z], dim=-1))
        return torch.stack(states, dim=1)
