import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Decoder(rlt.Module):
    """Latent state to image, as in a small world model."""

    def __init__(self, latent: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(latent, 128 * 4 * 4),
            nn.Unflatten(1, (128, 4, 4)),
            nn.ConvTranspose2d(128, 64, 4, 2, 1),
            nn.ELU(),
            nn.ConvTranspose2d(64, 32, 4, 2, 1),
            nn.ELU(),
            nn.ConvTranspose2d(32, 3, 4, 2, 1),
        )

    @rlt.typed
    def forward(self, z: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch 3 32 32"]:
        return self.net(z)


def example() -> object:
    return Decoder(20)(torch.randn(3, 20))
