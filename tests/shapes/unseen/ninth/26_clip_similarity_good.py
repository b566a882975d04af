"""CLIP-style training of an image encoder against a text encoder."""

import math

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Int64, Tensor
from torch import nn


class Projection(nn.Module):
    def __init__(self, d_in: int, d_out: int) -> None:
        super().__init__()
        self.linear = nn.Linear(d_in, d_out)
        self.mlp = nn.Sequential(nn.GELU(), nn.Linear(d_out, d_out), nn.Dropout(0.1))
        self.norm = nn.LayerNorm(d_out)

    def forward(self, x: Tensor) -> Tensor:
        h = self.linear(x)
        out: Tensor = self.norm(h + self.mlp(h))
        return F.normalize(out, dim=-1)


class TextEncoder(nn.Module):
    def __init__(self, vocab: int, width: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocab, width)
        layer = nn.TransformerEncoderLayer(width, nhead=4, dim_feedforward=2 * width, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=1)

    def forward(self, tokens: Int64[Tensor, "batch seq"]) -> Float[Tensor, "batch width"]:
        return self.encoder(self.embed(tokens)).mean(dim=1)


class Clip(rlt.Module):
    def __init__(self, vocab: int, image_dim: int, shared: int = 32, text_width: int = 64) -> None:
        super().__init__()
        self.text = TextEncoder(vocab, text_width)
        self.text_proj = Projection(text_width, shared)
        self.image_proj = Projection(image_dim, shared)
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    def similarity(self, image: Tensor, text: Tensor) -> Tensor:
        return self.log_scale.exp() * torch.einsum("id,jd->ij", image, text)

    def forward(self, features: Float[Tensor, "batch image_dim"], tokens: Int64[Tensor, "batch seq"]) -> Float[Tensor, "batch batch"]:
        return self.similarity(self.image_proj(features), self.text_proj(self.text(tokens)))


def clip_loss(logits: Float[Tensor, "batch batch"]) -> Float[Tensor, ""]:
    labels = torch.arange(logits.shape[0], device=logits.device)
    return 0.5 * (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels))


def train_step(model: Clip, features: Float[Tensor, "batch image_dim"], tokens: Int64[Tensor, "batch seq"]) -> Float[Tensor, ""]:
    logits = model(features, tokens)
    return clip_loss(logits)
