import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor, UInt8


class Preprocess(nn.Module):
    """From bytes as the camera gives them to normalised planes."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1))
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1))

    def forward(self, frames: UInt8[Tensor, "batch height width 3"]) -> Float[Tensor, "batch 3 height width"]:
        x = frames.permute(0, 3, 1, 2).float() / 255.0
        return (x - self.mean) / self.std


class SteeringNet(rlt.Module):
    def __init__(self, n_outputs: int = 2) -> None:
        super().__init__()
        self.pre = Preprocess()
        self.conv = nn.Sequential(
            nn.Conv2d(3, 24, 5, stride=2),
            nn.ELU(),
            nn.Conv2d(24, 36, 5, stride=2),
            nn.ELU(),
            nn.Conv2d(36, 48, 3),
            nn.ELU(),
            nn.AdaptiveAvgPool2d((4, 4)),
        )
        self.fc = nn.Sequential(nn.Flatten(), nn.Linear(48 * 4 * 4, 100), nn.ELU(), nn.Linear(100, n_outputs))

    def forward(self, frames: UInt8[Tensor, "batch height width 3"]) -> Float[Tensor, "batch n_outputs"]:
        x = self.pre(frames)
        return self.fc(self.conv(x))


def steering_loss(
    net: SteeringNet, frames: UInt8[Tensor, "batch 66 200 3"], target: Float[Tensor, "batch 2"]
) -> Float[Tensor, ""]:
    return nn.functional.mse_loss(net(frames), target)
