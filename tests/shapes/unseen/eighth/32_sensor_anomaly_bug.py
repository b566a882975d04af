"""Anomaly detection on machine sensors with a convolutional autoencoder."""

import torch
from torch import nn

import rlt
from rlt.types import Bool, Float, Tensor


class SensorAutoencoder(rlt.Module):
    def __init__(self, n_sensors: int, latent: int = 16) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv1d(n_sensors, 32, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv1d(32, latent, 5, stride=2, padding=2),
            nn.ReLU(),
        )
        self.decoder = nn.Sequential(  # ALSO
            nn.ConvTranspose1d(latent, 32, 5, stride=2, padding=2, output_padding=1),
            nn.ReLU(),
            nn.ConvTranspose1d(32, n_sensors, 5, stride=2, padding=2),  # BUG: without output_padding the window is 127 long
        )

    @rlt.typed
    def forward(self, window: Float[Tensor, "batch n_sensors 128"]) -> Float[Tensor, "batch n_sensors 128"]:  # ALSO
        return self.decoder(self.encoder(window))  # ALSO


def anomaly_score(model: SensorAutoencoder, window: Float[Tensor, "batch n_sensors 128"]) -> Float[Tensor, "batch"]:
    error = (model(window) - window).square()  # ALSO
    return error.mean(dim=1).amax(dim=-1)


@torch.no_grad()
def threshold(model: SensorAutoencoder, healthy: Float[Tensor, "batch n_sensors 128"], quantile: float = 0.99) -> float:
    return torch.quantile(anomaly_score(model, healthy), quantile).item()


@torch.no_grad()
def flag(model: SensorAutoencoder, window: Float[Tensor, "batch n_sensors 128"], limit: float) -> Bool[Tensor, "batch"]:
    return anomaly_score(model, window) > limit
