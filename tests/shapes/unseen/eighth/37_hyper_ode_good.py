"""Neural ODE whose vector field is generated for each system by a hypernetwork."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class HyperODE(rlt.Module):
    def __init__(self, context_dim: int, state_dim: int, hidden: int = 24) -> None:
        super().__init__()
        self.state_dim, self.hidden = state_dim, hidden
        self.trunk = nn.Sequential(nn.Linear(context_dim, 64), nn.ReLU())
        self.to_w1 = nn.Linear(64, hidden * state_dim)
        self.to_b1 = nn.Linear(64, hidden)
        self.to_w2 = nn.Linear(64, state_dim * hidden)

    def generate(self, context: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        h = self.trunk(context)
        w1 = self.to_w1(h).view(-1, self.hidden, self.state_dim)
        w2 = self.to_w2(h).view(-1, self.state_dim, self.hidden)
        return w1, self.to_b1(h), w2

    def field(self, y: Tensor, w1: Tensor, b1: Tensor, w2: Tensor) -> Tensor:
        h = torch.tanh(torch.bmm(w1, y.unsqueeze(-1)).squeeze(-1) + b1)
        return torch.bmm(w2, h.unsqueeze(-1)).squeeze(-1)

    def forward(
        self, y0: Float[Tensor, "batch state_dim"], context: Float[Tensor, "batch context_dim"], dt: float = 0.1
    ) -> Float[Tensor, "batch 10 state_dim"]:
        w1, b1, w2 = self.generate(context)
        y, path = y0, []
        for _ in range(10):
            k1 = self.field(y, w1, b1, w2)
            k2 = self.field(y + 0.5 * dt * k1, w1, b1, w2)
            y = y + dt * k2
            path.append(y)
        return torch.stack(path, dim=1)


def trajectory_loss(path: Float[Tensor, "batch steps state_dim"], observed: Float[Tensor, "batch steps state_dim"]) -> Tensor:
    return F.mse_loss(path, observed)
