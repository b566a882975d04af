"""Part-of-speech tagger: embedding, two-layer bidirectional LSTM, per-token scores."""

from torch import nn

import rlt
from rlt.types import Float, Int, Tensor


class Tagger(rlt.Module):
    def __init__(self, vocab: int, n_tags: int, emb_dim: int = 64, hidden: int = 96) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocab, emb_dim, padding_idx=0)
        self.lstm = nn.LSTM(emb_dim, hidden, num_layers=2, batch_first=True, dropout=0.1, bidirectional=True)
        self.dropout = nn.Dropout(0.3)
        self.out = nn.Linear(hidden, n_tags)  # BUG: both directions are concatenated

    @rlt.typed
    def forward(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time n_tags"]:
        x = self.dropout(self.embed(tokens))
        states, _ = self.lstm(x)
        return self.out(self.dropout(states))  # ALSO
