"""LSTM language model with tied sizes; the loss predicts the next token."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int, Tensor


class LSTMLanguageModel(rlt.Module):
    def __init__(self, vocab: int, dim: int = 64, n_layers: int = 2) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocab, dim)
        self.lstm = nn.LSTM(dim, dim, n_layers, batch_first=True)
        self.decoder = nn.Linear(dim, vocab)
        self.decoder.weight = self.embed.weight

    @rlt.typed
    def forward(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time vocab"]:
        hidden, _ = self.lstm(self.embed(tokens))
        return self.decoder(hidden)

    @rlt.typed
    def loss(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, ""]:
        logits = self.forward(tokens)[:, :-1]
        targets = tokens[:, 1:]
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def example() -> object:
    return LSTMLanguageModel(30, 16).loss(torch.randint(30, (4, 12)))
