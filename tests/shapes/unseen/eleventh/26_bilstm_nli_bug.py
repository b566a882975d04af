"""InferSent: a BiLSTM encodes premise and hypothesis, an MLP classifies the pair."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import rlt
from rlt.types import Float, Int64


class SentenceEncoder(rlt.Module):
    def __init__(self, vocab: int, embed: int, hidden: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab, embed, padding_idx=0)
        self.lstm = nn.LSTM(embed, hidden, num_layers=2, bidirectional=True, batch_first=True)
        self.norm = nn.LayerNorm(2 * hidden)

    def forward(self, tokens: Int64[Tensor, "batch time"]) -> Float[Tensor, "batch 2*hidden"]:
        x = self.embedding(tokens)
        _, (h_n, _) = self.lstm(x)
        both = torch.cat([h_n[-2], h_n[-1]], dim=0)  # BUG: joins the directions along the batch, dim=1 is meant
        return self.norm(both)  # ALSO


class PairClassifier(rlt.Module):
    def __init__(
        self, vocab: int, n_labels: int, embed: int = 50, hidden: int = 64, width: int = 128
    ) -> None:
        super().__init__()
        self.encoder = SentenceEncoder(vocab, embed, hidden)
        self.mlp = nn.Sequential(
            nn.Linear(4 * 2 * hidden, width),
            nn.Tanh(),
            nn.Dropout(0.1),
            nn.Linear(width, n_labels),
        )

    @staticmethod
    def _combine(u: Tensor, v: Tensor) -> Tensor:
        return torch.cat([u, v, (u - v).abs(), u * v], dim=-1)

    def forward(
        self, premise: Int64[Tensor, "batch t1"], hypothesis: Int64[Tensor, "batch t2"]
    ) -> Float[Tensor, "batch n_labels"]:
        u = self.encoder(premise)  # ALSO
        v = self.encoder(hypothesis)  # ALSO
        return self.mlp(self._combine(u, v))


def nli_loss(
    net: PairClassifier,
    premise: Int64[Tensor, "batch t1"],
    hypothesis: Int64[Tensor, "batch t2"],
    labels: Int64[Tensor, "batch"],
    smoothing: float = 0.1,
) -> Float[Tensor, ""]:
    logits = net(premise, hypothesis)  # ALSO
    return F.cross_entropy(logits, labels, label_smoothing=smoothing)
