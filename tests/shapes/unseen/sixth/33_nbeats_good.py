"""N-BEATS-like forecaster: blocks subtract what they explain and add their forecasts."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Block(nn.Module):
    def __init__(self, lookback: int, horizon: int, width: int) -> None:
        super().__init__()
        self.lookback = lookback
        self.horizon = horizon
        self.fc = nn.Sequential(
            nn.Linear(lookback, width),
            nn.ReLU(),
            nn.Linear(width, width),
            nn.ReLU(),
        )
        self.theta = nn.Linear(width, lookback + horizon)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        theta = self.theta(self.fc(x))
        backcast, forecast = theta.split([self.lookback, self.horizon], dim=-1)
        return backcast, forecast


class NBeats(rlt.Module):
    def __init__(self, lookback: int, horizon: int, n_blocks: int = 3, width: int = 128) -> None:
        super().__init__()
        self.horizon = horizon
        self.blocks = nn.ModuleList([Block(lookback, horizon, width) for _ in range(n_blocks)])

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch lookback"]) -> Float[Tensor, "batch horizon"]:
        level = x.abs().amax(dim=1, keepdim=True).clamp(min=1e-6)
        residual = x / level
        total = torch.zeros(x.shape[0], self.horizon, dtype=x.dtype, device=x.device)
        for block in self.blocks:
            backcast, forecast = block(residual)
            residual = residual - backcast
            total = total + forecast
        return total * level
