"""Convolutional autoencoder for 1x28x28."""

from torch import nn

import rlt
from rlt.types import Float, Tensor


class ConvAutoencoder(rlt.Module):
    def __init__(self, code: int = 32) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 16, 3, stride=2, padding=1),  # 14
            nn.ELU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),  # 7
            nn.ELU(),
            nn.Flatten(),
            nn.Linear(32 * 7 * 7, code),
        )
        self.decoder = nn.Sequential(
            nn.Linear(code, 32 * 7 * 7),
            nn.ELU(),
            nn.Unflatten(1, (32, 7, 7)),
            nn.ConvTranspose2d(32, 16, 3, stride=2, padding=1, output_padding=1),
            nn.ELU(),
            nn.ConvTranspose2d(16, 1, 3, stride=2, padding=1, output_padding=1),
            nn.Sigmoid(),
        )

    @rlt.typed
    def forward(
        self, x: Float[Tensor, "n 1 28 28"]
    ) -> tuple[Float[Tensor, "n 1 28 28"], Float[Tensor, "n code"]]:
        z = self.encoder(x)
        return self.decoder(z), z
