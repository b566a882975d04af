"""Tagging network over token ids."""

import rlt
import torch
from rlt.types import Float, Int, Tensor
from torch import nn


class Tagger(rlt.Module):
    """Embedding, bidirectional GRU, one score per tag and token."""

    def __init__(self, vocab: int, n_tags: int, width: int = 32, hidden: int = 48) -> None:
        super().__init__()
        self.emb = nn.Embedding(vocab, width, padding_idx=0)
        self.gru = nn.GRU(width, hidden, num_layers=2, batch_first=True, bidirectional=True, dropout=0.1)
        self.norm = nn.LayerNorm(2 * hidden)
        self.out = nn.Linear(hidden, n_tags)  # BUG: the GRU gives 2 * hidden features

    @rlt.typed
    def forward(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time n_tags"]:
        states, _ = self.gru(self.emb(tokens))
        return self.out(self.norm(states))  # ALSO


def example() -> object:
    net = Tagger(vocab=100, n_tags=7)
    return net(torch.randint(0, 100, (2, 9)))
