"""Image decoder from a latent vector to 28x28 digits."""

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


class Decoder(rlt.Module):
    def __init__(self, latent: int = 20) -> None:
        super().__init__()
        self.fc = nn.Linear(latent, 64 * 7 * 7)
        self.up1 = nn.ConvTranspose2d(64, 32, 3, stride=2, padding=1, output_padding=1)
        self.up2 = nn.ConvTranspose2d(32, 1, 3, stride=2, padding=1, output_padding=1)

    @rlt.typed
    def forward(self, z: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch 1 28 28"]:
        h = torch.relu(self.fc(z)).view(-1, 64, 7, 7)
        h = torch.relu(self.up1(h))
        return torch.sigmoid(self.up2(h))


def example() -> object:
    return Decoder()(torch.randn(3, 20))
