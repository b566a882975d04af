"""A GRU language model and its loss."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int, Tensor


class CharLM(rlt.Module):
    def __init__(self, vocab: int, width: int = 128) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocab, width)
        self.rnn = nn.GRU(width, width, batch_first=True)
        self.out = nn.Linear(width, vocab)

    @rlt.typed
    def forward(
        self, tokens: Int[Tensor, "batch time"], state: Float[Tensor, "1 batch width"]
    ) -> tuple[Float[Tensor, "batch time vocab"], Float[Tensor, "1 batch width"]]:
        y, state = self.rnn(self.embed(tokens), state)
        return self.out(y), state

    @rlt.typed
    def initial(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "1 batch width"]:
        return torch.zeros(1, tokens.shape[0], self.rnn.hidden_size, device=tokens.device)


@rlt.typed
def next_token_loss(model: CharLM, text: Int[Tensor, "batch length"]) -> Float[Tensor, ""]:
    inputs, labels = text[:, :-1], text[:, 1:]
    logits, _ = model(inputs, model.initial(inputs))
    return F.cross_entropy(logits.transpose(1, 2), labels)
