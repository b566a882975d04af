import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class CausalBlock(nn.Module):
    def __init__(self, channels: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.trim = (kernel - 1) * dilation
        self.conv = nn.Conv1d(channels, channels, kernel, padding=self.trim, dilation=dilation)
        self.norm = nn.BatchNorm1d(channels)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)[:, :, : -self.trim]
        return x + torch.relu(self.norm(y))


class TCNForecaster(rlt.Module):
    def __init__(self, n_series: int, horizon: int, channels: int = 32) -> None:
        super().__init__()
        self.inp = nn.Conv1d(n_series, channels, 1)
        self.block1 = CausalBlock(channels, 3, dilation=1)
        self.block2 = CausalBlock(channels, 3, dilation=2)
        self.block3 = CausalBlock(channels, 3, dilation=4)
        self.out = nn.Linear(channels, horizon)

    @rlt.typed
    def forward(self, history: Float[Tensor, "batch steps n_series"]) -> Float[Tensor, "batch horizon"]:
        x = self.inp(history.transpose(1, 2))
        x = self.block1(x)
        x = self.block2(x)
        x = self.block3(x)
        return self.out(x[:, :, -1])


def forecast_loss(
    net: TCNForecaster, history: Float[Tensor, "batch steps n_series"], future: Float[Tensor, "batch horizon"]
) -> Float[Tensor, ""]:
    return nn.functional.l1_loss(net(history), future)
