import torch
from torch import nn

import rlt
from rlt.types import Float, Int, Tensor


class Tagger(rlt.Module):
    """BiLSTM part-of-speech tagger."""

    def __init__(self, vocab: int, n_tags: int, emb: int = 32, hidden: int = 40) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocab, emb, padding_idx=0)
        self.lstm = nn.LSTM(emb, hidden, num_layers=2, batch_first=True, bidirectional=True)
        self.hidden2tag = nn.Linear(hidden, n_tags)  # BUG: both directions give 2 * hidden

    @rlt.typed
    def forward(self, words: Int[Tensor, "batch length"]) -> Float[Tensor, "batch length n_tags"]:
        out, _ = self.lstm(self.embed(words))
        return self.hidden2tag(out)  # ALSO


def example() -> object:
    return Tagger(100, 17)(torch.randint(0, 100, (3, 12)))
