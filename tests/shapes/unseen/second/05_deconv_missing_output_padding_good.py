"""Convolutional autoencoder for MNIST."""
import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class AutoEncoder(rlt.Module):
    def __init__(self, code: int = 16) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, code, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(code, 2 * code, 3, stride=2, padding=1),
            nn.ReLU(),
        )
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(2 * code, code, 3, stride=2, padding=1, output_padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(code, 1, 3, stride=2, padding=1, output_padding=1),
            nn.Sigmoid(),
        )

    @rlt.typed
    def forward(self, img: Float[Tensor, "batch 1 28 28"]) -> Float[Tensor, "batch 1 28 28"]:
        z = self.encoder(img)
        return self.decoder(z)


def example() -> object:
    return AutoEncoder()(torch.rand(4, 1, 28, 28))
