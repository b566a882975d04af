import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class ViT(rlt.Module):
    """A small vision transformer for 32x32 images in 4x4 patches."""

    def __init__(self, dim: int, depth: int, num_classes: int) -> None:
        super().__init__()
        n_patches = (32 // 4) ** 2
        self.to_patches = nn.Conv2d(3, dim, kernel_size=4, stride=4)
        self.cls = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos = nn.Parameter(torch.zeros(1, n_patches + 1, dim))
        layer = nn.TransformerEncoderLayer(dim, nhead=4, dim_feedforward=2 * dim, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=depth)
        self.head = nn.Linear(dim, num_classes)

    @rlt.typed
    def forward(self, img: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch num_classes"]:
        x = self.to_patches(img).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(x.shape[0], -1, -1), x], dim=1)
        x = self.encoder(x + self.pos)
        return self.head(x[:, 0])


def example() -> object:
    return ViT(32, 1, 10)(torch.randn(2, 3, 32, 32))
