"""CLIP-style contrastive training of an image and a text tower."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

import rlt
from rlt.types import Float, Int64, Tensor


@dataclass
class TowerConfig:
    vocab: int = 1000
    width: int = 64
    embed: int = 32


class TextTower(nn.Module):
    def __init__(self, cfg: TowerConfig) -> None:
        super().__init__()
        self.embedding = nn.Embedding(cfg.vocab, cfg.width, padding_idx=0)
        self.gru = nn.GRU(cfg.width, cfg.width, batch_first=True)
        self.project = nn.Linear(cfg.width, cfg.embed, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        _, h = self.gru(self.embedding(tokens))
        return F.normalize(self.project(h[-1]), dim=-1)


class ImageTower(nn.Module):
    def __init__(self, cfg: TowerConfig) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, cfg.width, kernel_size=8, stride=8)
        self.project = nn.Linear(cfg.width, cfg.embed, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        pooled = F.gelu(self.conv(images)).mean(dim=(2, 3))
        return F.normalize(self.project(pooled), dim=-1)


class CLIP(rlt.Module):
    def __init__(self, cfg: TowerConfig) -> None:
        super().__init__()
        self.text, self.image = TextTower(cfg), ImageTower(cfg)
        self.log_temperature = nn.Parameter(torch.tensor(0.07).log())

    def similarity(self, images: Tensor, tokens: Tensor) -> Tensor:
        return torch.einsum("id,jd->ij", self.image(images), self.text(tokens)) / self.log_temperature.exp()

    def loss(self, images: Float[Tensor, "n 3 32 32"], tokens: Int64[Tensor, "n length"]) -> Float[Tensor, ""]:
        logits = self.similarity(images, tokens)
        targets = torch.arange(logits.shape[0], device=logits.device)
        loss_i = F.cross_entropy(logits, targets)
        loss_t = F.cross_entropy(logits.t(), targets)
        return 0.5 * (loss_i + loss_t)
