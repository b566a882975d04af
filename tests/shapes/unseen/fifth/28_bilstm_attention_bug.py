"""Document classification: a bidirectional LSTM pooled by attention over the words."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class AttentionPool(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.Linear(dim, dim), nn.Tanh(), nn.Linear(dim, 1, bias=False))

    def forward(self, x: Tensor, pad: Tensor) -> Tensor:
        scores = self.score(x).squeeze(-1).masked_fill(pad, -1e9)
        return torch.einsum("bt,btd->bd", scores.softmax(dim=1), x)


class DocumentClassifier(rlt.Module):
    def __init__(self, vocab_size: int, n_labels: int, embed: int = 200, hidden: int = 128) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed, padding_idx=0)
        self.lstm = nn.LSTM(embed, hidden, batch_first=True, bidirectional=True)
        self.pool = AttentionPool(2 * hidden)
        self.head = nn.Sequential(
            nn.Dropout(0.5),
            nn.Linear(hidden, n_labels),  # BUG: two directions, 2 * hidden
        )

    @rlt.typed
    def forward(self, words: Int64[Tensor, "batch length"]) -> Float[Tensor, "batch n_labels"]:
        states, _ = self.lstm(self.embedding(words))
        pooled = self.pool(states, words.eq(0))
        return self.head(pooled)  # ALSO
