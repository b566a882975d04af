"""Part-of-speech tagger."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Int, Tensor


class Tagger(rlt.Module):
    def __init__(self, vocab_size: int, n_tags: int, emb_dim: int = 100, hidden: int = 128, n_layers: int = 2) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocab_size, emb_dim, padding_idx=0)
        self.lstm = nn.LSTM(
            emb_dim, hidden, num_layers=n_layers, batch_first=True, bidirectional=True, dropout=0.1
        )
        self.dropout = nn.Dropout(0.3)
        self.out = nn.Linear(hidden, n_tags)  # BUG: both directions are concatenated, 2 * hidden

    @rlt.typed
    def forward(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time n_tags"]:
        emb = self.dropout(self.embed(tokens))
        states, _ = self.lstm(emb)
        return self.out(self.dropout(states))  # ALSO

    @rlt.typed
    def predict(self, tokens: Int[Tensor, "batch time"]) -> Int[Tensor, "batch time"]:
        return self.forward(tokens).argmax(dim=-1)


def example() -> object:
    return Tagger(50, 7, 12, 16)(torch.randint(50, (3, 9)))
