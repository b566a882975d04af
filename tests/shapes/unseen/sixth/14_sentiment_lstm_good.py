"""Sentiment classifier on the last hidden state of a two-layer LSTM."""

import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class SentimentLSTM(rlt.Module):
    def __init__(self, vocab: int, n_classes: int, embed: int = 64, hidden: int = 128) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab, embed)
        self.lstm = nn.LSTM(embed, hidden, num_layers=2, batch_first=True, dropout=0.2)
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(hidden, n_classes)

    def forward(self, tokens: Int64[Tensor, "batch time"]) -> Float[Tensor, "batch n_classes"]:
        x = self.embedding(tokens)
        _, (h, _) = self.lstm(x)
        last = self.dropout(h[-1])
        return self.fc(last)


def evaluate(
    model: SentimentLSTM, tokens: Int64[Tensor, "batch time"], labels: Int64[Tensor, "batch"]
) -> tuple[Float[Tensor, ""], float]:
    logits = model(tokens)
    loss = F.cross_entropy(logits, labels)
    accuracy = (logits.argmax(dim=1) == labels).float().mean()
    return loss, accuracy.item()
