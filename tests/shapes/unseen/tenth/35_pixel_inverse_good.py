"""A pixel encoder with an inverse-dynamics auxiliary loss."""

import torch
from torch import nn
from torch.nn import functional as F

import rlt
from rlt.types import Float, Int64, Tensor, UInt8

CONVS = ((32, 8, 4), (64, 4, 2), (64, 3, 1))  # channels, kernel, stride


def conv_size(size: int) -> int:
    """The width that the convolutions leave of an image of this width."""
    for _, kernel, stride in CONVS:
        size = (size - kernel) // stride + 1
    return size


def nature_cnn(frames: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    channels = frames
    for out, kernel, stride in CONVS:
        layers += [nn.Conv2d(channels, out, kernel, stride), nn.ReLU()]
        channels = out
    return nn.Sequential(*layers, nn.Flatten())


class PixelEncoder(nn.Module):
    def __init__(self, frames: int, latent: int) -> None:
        super().__init__()
        self.convs = nature_cnn(frames)
        self.fc = nn.Linear(64 * conv_size(84) ** 2, latent)
        self.norm = nn.LayerNorm(latent)

    def forward(self, obs: Tensor) -> Tensor:
        h = self.convs(obs.float() / 255.0)
        return torch.tanh(self.norm(self.fc(h)))


class InverseModel(rlt.Module):
    def __init__(self, n_actions: int, frames: int = 4, latent: int = 50) -> None:
        super().__init__()
        self.encoder = PixelEncoder(frames, latent)
        self.predict = nn.Sequential(nn.Linear(2 * latent, 256), nn.ReLU(), nn.Linear(256, n_actions))

    def forward(
        self, obs: UInt8[Tensor, "batch frames 84 84"], next_obs: UInt8[Tensor, "batch frames 84 84"]
    ) -> Float[Tensor, "batch n_actions"]:
        z, next_z = self.encoder(obs), self.encoder(next_obs)
        return self.predict(torch.cat([z, next_z], dim=-1))

    def loss(
        self,
        obs: UInt8[Tensor, "batch frames 84 84"],
        next_obs: UInt8[Tensor, "batch frames 84 84"],
        action: Int64[Tensor, "batch"],
    ) -> Float[Tensor, ""]:
        return F.cross_entropy(self(obs, next_obs), action)
