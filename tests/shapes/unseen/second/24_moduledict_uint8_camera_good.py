import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor, UInt8


class MultiModalEncoder(rlt.Module):
    def __init__(self, proprio_dim: int, feat: int = 32) -> None:
        super().__init__()
        self.branches = nn.ModuleDict(
            {
                "camera": nn.Sequential(
                    nn.Conv2d(3, 16, 8, stride=4),
                    nn.ReLU(),
                    nn.AdaptiveAvgPool2d(2),
                    nn.Flatten(),
                    nn.Linear(64, feat),
                ),
                "proprio": nn.Linear(proprio_dim, feat),
            }
        )
        self.fuse = nn.Linear(2 * feat, feat)

    @rlt.typed
    def forward(
        self, camera: UInt8[Tensor, "batch 3 h w"], proprio: Float[Tensor, "batch proprio_dim"]
    ) -> Float[Tensor, "batch feat"]:
        cam = self.branches["camera"](camera.float() / 255)
        pro = self.branches["proprio"](proprio)
        return torch.relu(self.fuse(torch.cat([cam, pro], dim=1)))


def example() -> object:
    cam = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    return MultiModalEncoder(7)(cam, torch.randn(2, 7))
