"""CLIP-like contrastive loss between two towers."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class TwoTowers(rlt.Module):
    def __init__(self, image_dim: int, text_dim: int, shared: int = 128) -> None:
        super().__init__()
        self.image = nn.Linear(image_dim, shared, bias=False)
        self.text = nn.Linear(text_dim, shared, bias=False)
        self.log_scale = nn.Parameter(torch.tensor(2.65))

    @rlt.typed
    def forward(
        self, images: Float[Tensor, "batch image_dim"], texts: Float[Tensor, "batch text_dim"]
    ) -> Float[Tensor, "batch batch"]:
        i = F.normalize(self.image(images), dim=-1)
        t = F.normalize(self.text(texts), dim=-1)
        return self.log_scale.exp() * (i @ t.T)


@rlt.typed
def clip_loss(logits: Float[Tensor, "batch batch"]) -> Float[Tensor, ""]:
    labels = torch.arange(logits.shape[0], device=logits.device)
    return 0.5 * (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels))
