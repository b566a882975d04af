"""Recurrent language model and the loss of its next tokens."""

import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class RNNLanguageModel(rlt.Module):
    def __init__(self, vocab: int, embed: int = 48, hidden: int = 96) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab, embed)
        self.rnn = nn.LSTM(embed, hidden, num_layers=2, batch_first=True, dropout=0.1)
        self.norm = nn.LayerNorm(hidden)
        self.out = nn.Linear(hidden, vocab)

    @rlt.typed
    def forward(self, tokens: Int64[Tensor, "batch time"]) -> Float[Tensor, "batch time vocab"]:
        x = self.embedding(tokens)
        x, _ = self.rnn(x)
        return self.out(self.norm(x))


@rlt.typed
def next_token_loss(
    model: RNNLanguageModel, tokens: Int64[Tensor, "batch time"], pad_id: int = 0
) -> Float[Tensor, ""]:
    logits = model(tokens)
    vocab = logits.shape[-1]
    targets = tokens[:, 1:]
    predictions = logits  # BUG: the last position predicts a token that is not there
    return F.cross_entropy(predictions.reshape(-1, vocab), targets.reshape(-1), ignore_index=pad_id)  # ALSO
