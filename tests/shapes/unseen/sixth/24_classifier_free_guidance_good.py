"""Classifier-free guidance: conditional and unconditional predictions in one pass."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class ConditionalDenoiser(rlt.Module):
    def __init__(self, dim: int, cond_dim: int, hidden: int = 128) -> None:
        super().__init__()
        self.x_proj = nn.Linear(dim, hidden)
        self.t_proj = nn.Sequential(nn.Linear(1, hidden), nn.SiLU(), nn.Linear(hidden, hidden))
        self.c_proj = nn.Linear(cond_dim, hidden)
        self.net = nn.Sequential(nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, dim))
        self.null = nn.Parameter(torch.zeros(cond_dim))

    @rlt.typed
    def forward(
        self,
        x: Float[Tensor, "batch dim"],
        t: Float[Tensor, "batch"],
        cond: Float[Tensor, "batch cond_dim"],
    ) -> Float[Tensor, "batch dim"]:
        h = self.x_proj(x) + self.t_proj(t.unsqueeze(-1)) + self.c_proj(cond)
        return self.net(h)


@torch.no_grad()
def guided(
    model: ConditionalDenoiser,
    x: Float[Tensor, "batch dim"],
    t: Float[Tensor, "batch"],
    cond: Float[Tensor, "batch cond_dim"],
    scale: float = 4.0,
) -> Float[Tensor, "batch dim"]:
    null = model.null.expand_as(cond)
    both = torch.cat([cond, null], dim=0)
    pred = model(torch.cat([x, x]), torch.cat([t, t]), both)
    with_cond, without = pred.chunk(2, dim=0)
    return without + scale * (with_cond - without)
