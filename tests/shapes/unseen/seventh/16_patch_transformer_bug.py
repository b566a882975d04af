import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class PatchEmbed(nn.Module):
    def __init__(self, patch: int, dim: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, dim, kernel_size=patch, stride=patch)

    def forward(self, x: Tensor) -> Tensor:
        return self.proj(x).flatten(2).transpose(1, 2)


class VisionTransformer(rlt.Module):
    def __init__(self, image_size: int, patch: int, n_classes: int, dim: int = 96, depth: int = 2, heads: int = 3) -> None:
        super().__init__()
        n_patches = (image_size // patch) ** 2
        self.patch_embed = PatchEmbed(patch, dim)
        self.cls = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos = nn.Parameter(torch.randn(1, n_patches, dim) * 0.02)  # BUG: no position for the class token
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(dim, heads, 4 * dim, batch_first=True, norm_first=True) for _ in range(depth)
        )
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, n_classes)

    @rlt.typed
    def forward(self, images: Float[Tensor, "batch 3 image_size image_size"]) -> Float[Tensor, "batch n_classes"]:
        x = self.patch_embed(images)
        cls = self.cls.expand(x.shape[0], -1, -1)
        x = torch.cat([cls, x], dim=1)
        x = x + self.pos  # ALSO
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, 0]))


def build(n_classes: int) -> VisionTransformer:
    return VisionTransformer(image_size=32, patch=4, n_classes=n_classes)  # ALSO
