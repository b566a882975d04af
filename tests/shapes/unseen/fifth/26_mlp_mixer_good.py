"""An MLP-Mixer classifier over image patches."""

from torch import nn

import rlt
from rlt.types import Float, Tensor


class Mlp(nn.Module):
    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.act = nn.GELU()
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(self.act(self.fc1(x)))


class MixerBlock(nn.Module):
    def __init__(self, n_patches: int, dim: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.tokens = Mlp(n_patches, 2 * n_patches)
        self.norm2 = nn.LayerNorm(dim)
        self.channels = Mlp(dim, 4 * dim)

    def forward(self, x: Float[Tensor, "batch n_patches dim"]) -> Float[Tensor, "batch n_patches dim"]:
        y = self.norm1(x).transpose(1, 2)
        x = x + self.tokens(y).transpose(1, 2)
        return x + self.channels(self.norm2(x))


class Mixer(rlt.Module):
    def __init__(self, n_classes: int, dim: int = 128, depth: int = 4) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, dim, kernel_size=8, stride=8)
        self.blocks = nn.Sequential(*[MixerBlock(64, dim) for _ in range(depth)])
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, n_classes)

    @rlt.typed
    def forward(self, images: Float[Tensor, "batch 3 64 64"]) -> Float[Tensor, "batch n_classes"]:
        x = self.stem(images).flatten(2).transpose(1, 2)
        x = self.norm(self.blocks(x))
        return self.head(x.mean(dim=1))
