"""Siamese sentence encoder: GRU states of two sentences, compared by their features."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class SentenceEncoder(rlt.Module):
    def __init__(self, vocab: int, embed: int = 64, hidden: int = 80) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab, embed, padding_idx=0)
        self.project = nn.Linear(embed, embed)
        self.gru = nn.GRU(embed, hidden, batch_first=True)

    @rlt.typed
    def forward(self, tokens: Int64[Tensor, "batch time"]) -> Float[Tensor, "batch hidden"]:
        x = torch.tanh(self.project(self.embedding(tokens)))
        _, last = self.gru(x)
        return last[-1]


class SentenceMatcher(rlt.Module):
    def __init__(self, vocab: int, n_labels: int = 3) -> None:
        super().__init__()
        self.encoder = SentenceEncoder(vocab, hidden=80)
        self.mlp = nn.Sequential(nn.Linear(4 * 80, 64), nn.ReLU(), nn.Linear(64, n_labels))

    @rlt.typed
    def forward(
        self, premise: Int64[Tensor, "batch t1"], hypothesis: Int64[Tensor, "batch t2"]
    ) -> Float[Tensor, "batch n_labels"]:
        u = self.encoder(premise)
        v = self.encoder(hypothesis)
        features = torch.cat([u, v, (u - v).abs(), u * v], dim=-1)
        return self.mlp(features)
