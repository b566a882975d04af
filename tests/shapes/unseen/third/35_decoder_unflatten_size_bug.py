"""Convolutional autoencoder of 64x64 frames."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class FrameAutoencoder(rlt.Module):
    def __init__(self, code: int = 32) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(3, 16, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 64, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(64 * 8 * 8, code),
        )
        self.decoder = nn.Sequential(
            nn.Linear(code, 64 * 8 * 8),
            nn.ReLU(),
            nn.Unflatten(1, (32, 8, 8)),  # BUG: the linear layer gives 64 channels of 8x8
            nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(32, 16, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(16, 3, 4, stride=2, padding=1),
        )

    @rlt.typed
    def forward(
        self, frame: Float[Tensor, "batch 3 64 64"]
    ) -> tuple[Float[Tensor, "batch 3 64 64"], Float[Tensor, "batch code"]]:
        z = self.encoder(frame)
        return torch.sigmoid(self.decoder(z)), z  # ALSO
