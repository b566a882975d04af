"""Electricity load: forecast the next hours from a window of past measurements."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Forecaster(rlt.Module):
    def __init__(self, n_features: int, horizon: int, hidden: int = 64, layers: int = 2) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(n_features)
        self.gru = nn.GRU(n_features, hidden, num_layers=layers, dropout=0.1)  # BUG: the windows come batch first
        self.head = nn.Sequential(
            nn.Linear(hidden, hidden),
            nn.GELU(),
            nn.Linear(hidden, horizon),
        )

    def forward(self, window: Float[Tensor, "batch steps n_features"]) -> Float[Tensor, "batch horizon"]:
        _, h_n = self.gru(self.norm(window))  # ALSO
        last = h_n[-1]
        return self.head(last)  # ALSO


def forecast_loss(
    forecast: Float[Tensor, "batch horizon"], target: Float[Tensor, "batch horizon"]
) -> Float[Tensor, ""]:
    decay = 0.95 ** torch.arange(forecast.shape[1], device=forecast.device)
    error = F.smooth_l1_loss(forecast, target, reduction="none")
    return (decay * error).sum(dim=1).mean()


def evaluate(model: Forecaster, windows: Float[Tensor, "batch steps n_features"], target: Float[Tensor, "batch horizon"]) -> float:
    model.eval()
    with torch.no_grad():
        return forecast_loss(model(windows), target).item()  # ALSO
