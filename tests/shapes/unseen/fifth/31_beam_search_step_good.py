"""One step of beam search for a recurrent decoder."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class StepDecoder(rlt.Module):
    def __init__(self, vocab: int, hidden: int = 128) -> None:
        super().__init__()
        self.vocab = vocab
        self.embedding = nn.Embedding(vocab, hidden)
        self.cell = nn.GRUCell(hidden, hidden)
        self.out = nn.Linear(hidden, vocab)

    @rlt.typed
    def forward(
        self,
        last: Int64[Tensor, "batch beam"],
        scores: Float[Tensor, "batch beam"],
        state: Float[Tensor, "batch beam hidden"],
    ) -> tuple[Int64[Tensor, "batch beam"], Float[Tensor, "batch beam"], Float[Tensor, "batch beam hidden"]]:
        b, k = last.shape
        new = self.cell(self.embedding(last).flatten(0, 1), state.flatten(0, 1))
        log_probs = self.out(new).log_softmax(-1).view(b, k, self.vocab)
        total = scores.unsqueeze(-1) + log_probs
        best, where = total.flatten(1).topk(k, dim=-1)
        beam = torch.div(where, self.vocab, rounding_mode="floor")
        token = where % self.vocab
        new = new.view(b, k, -1)
        new = new.gather(1, beam.unsqueeze(-1).expand(-1, -1, new.size(-1)))
        return token, best, new
