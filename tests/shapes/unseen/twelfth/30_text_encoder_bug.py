"""Sentence encoder: transformer, masked mean or first-token pooling, and a classifier on pairs of sentences."""

from __future__ import annotations

import torch
from torch import nn

import rlt
from rlt.types import Bool, Float, Int64, Tensor


def masked_mean(x: Float[Tensor, "batch length dim"], mask: Bool[Tensor, "batch length"]) -> Float[Tensor, "batch dim"]:
    weights = mask.to(x.dtype)
    total = (x * weights.unsqueeze(-1)).sum(dim=1)
    count = weights.sum(dim=1).clamp(min=1.0)  # BUG: keepdim forgotten, (batch,) does not divide (batch, dim) by rows
    return total / count  # ALSO


class SentenceEncoder(rlt.Module):
    def __init__(
        self, vocab: int, dim: int, n_layers: int = 2, n_heads: int = 4, max_length: int = 128, mean_pool: bool = True
    ) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocab, dim, padding_idx=0)
        self.positions = nn.Embedding(max_length, dim)
        layer = nn.TransformerEncoderLayer(dim, n_heads, 4 * dim, activation="gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, n_layers, enable_nested_tensor=False)
        self.mean_pool = mean_pool

    def forward(self, ids: Int64[Tensor, "batch length"]) -> Float[Tensor, "batch dim"]:
        mask = ids != 0
        h = self.tokens(ids) + self.positions(torch.arange(ids.shape[1]))
        h = self.encoder(h, src_key_padding_mask=~mask)
        if self.mean_pool:
            return masked_mean(h, mask)  # ALSO
        return h[:, 0]


class PairClassifier(rlt.Module):
    """Natural language inference in the manner of InferSent: u, v, |u - v|."""

    def __init__(self, vocab: int, dim: int, n_labels: int = 3) -> None:
        super().__init__()
        self.encoder = SentenceEncoder(vocab, dim)
        self.head = nn.Sequential(nn.Linear(3 * dim, dim), nn.Tanh(), nn.Linear(dim, n_labels))

    def forward(
        self, premise: Int64[Tensor, "batch len1"], hypothesis: Int64[Tensor, "batch len2"]
    ) -> Float[Tensor, "batch n_labels"]:
        u = self.encoder(premise)  # ALSO
        v = self.encoder(hypothesis)  # ALSO
        return self.head(torch.cat([u, v, (u - v).abs()], dim=-1))
