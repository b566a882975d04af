"""Meme moderation: image and caption are fused to decide whether a post is hateful."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor, UInt8


class ImageEncoder(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(16, dim, 3, stride=2, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        x = image.float() / 127.5 - 1.0
        return self.conv2(F.relu(self.conv1(x))).mean(dim=(2, 3))


class MemeClassifier(rlt.Module):
    def __init__(self, vocab: int, dim: int = 48) -> None:
        super().__init__()
        self.image = ImageEncoder(dim)
        self.words = nn.EmbeddingBag(vocab, dim, padding_idx=0)
        self.fuse = nn.Bilinear(dim, dim, dim)
        self.out = nn.Linear(3 * dim, 1)

    @rlt.typed
    def forward(
        self, image: UInt8[Tensor, "batch 3 height width"], caption: Int64[Tensor, "batch words"]
    ) -> Float[Tensor, "batch"]:
        seen, read = self.image(image), self.words(caption)
        joint = torch.cat([seen, read, self.fuse(seen, read)], dim=-1)
        return self.out(F.relu(joint)).squeeze(-1)


def meme_loss(logits: Float[Tensor, "batch"], hateful: Int64[Tensor, "batch"]) -> Float[Tensor, ""]:
    pos_weight = torch.tensor(3.0, device=logits.device)
    target = hateful  # BUG: binary cross-entropy takes a float target, this is int64
    return F.binary_cross_entropy_with_logits(logits, target, pos_weight=pos_weight)  # ALSO
