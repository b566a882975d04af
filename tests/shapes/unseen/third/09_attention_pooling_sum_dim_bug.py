"""Document classifier: a GRU over words, then attention pooling over time."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Int, Tensor


class AttentionPool(rlt.Module):
    def __init__(self, features: int) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.Linear(features, features), nn.Tanh(), nn.Linear(features, 1, bias=False))

    @rlt.typed
    def forward(self, h: Float[Tensor, "batch time features"]) -> Float[Tensor, "batch features"]:
        weights = torch.softmax(self.score(h), dim=1)
        return (weights * h).sum(dim=-1)  # BUG: sums the features away, the time axis is dim 1


class DocClassifier(rlt.Module):
    def __init__(self, vocab: int, classes: int, hidden: int = 50) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocab, 64)
        self.rnn = nn.GRU(64, hidden, batch_first=True, bidirectional=True)
        self.pool = AttentionPool(2 * hidden)
        self.fc = nn.Linear(2 * hidden, classes)

    @rlt.typed
    def forward(self, words: Int[Tensor, "batch time"]) -> Float[Tensor, "batch classes"]:
        out, _ = self.rnn(self.embed(words))
        return self.fc(self.pool(out))  # ALSO
