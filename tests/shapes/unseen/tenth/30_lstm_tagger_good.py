"""A bidirectional LSTM that classifies sentences, with its training loss and accuracy."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

import rlt
from rlt.types import Float, Int64, Tensor


@dataclass(frozen=True)
class Hyper:
    vocab_size: int = 5000
    embed: int = 50
    hidden: int = 64
    dropout: float = 0.3


class SentenceClassifier(rlt.Module):
    def __init__(self, hp: Hyper, n_labels: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(hp.vocab_size, hp.embed)
        self.dropout = nn.Dropout(hp.dropout)
        self.lstm = nn.LSTM(hp.embed, hp.hidden, num_layers=1, bidirectional=True, batch_first=True)
        self.out = nn.Linear(2 * hp.hidden, n_labels)

    def summarise(self, tokens: Tensor) -> Tensor:
        """The last hidden states of both directions."""
        embedded = self.dropout(self.embedding(tokens))
        _, (h, _) = self.lstm(embedded)
        return torch.cat([h[0], h[1]], dim=-1)

    def forward(self, tokens: Int64[Tensor, "batch seq"]) -> Float[Tensor, "batch n_labels"]:
        summary = self.summarise(tokens)
        return self.out(F.relu(summary))


def training_loss(
    model: SentenceClassifier, tokens: Int64[Tensor, "batch seq"], labels: Int64[Tensor, "batch"]
) -> Float[Tensor, ""]:
    return F.cross_entropy(model(tokens), labels)


@torch.no_grad()
def accuracy(
    model: SentenceClassifier, tokens: Int64[Tensor, "batch seq"], labels: Int64[Tensor, "batch"]
) -> Float[Tensor, ""]:
    predicted = model(tokens).argmax(dim=-1)
    return (predicted == labels).float().mean()
