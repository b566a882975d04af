"""A recurrent language model and its greedy decoding from a start symbol."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class Decoder(rlt.Module):
    def __init__(self, vocab_size: int, context_dim: int, hidden: int = 256) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, hidden)
        self.start = nn.Linear(context_dim, hidden)
        self.gru = nn.GRU(hidden, hidden, batch_first=True)
        self.out = nn.Linear(hidden, vocab_size)

    @rlt.typed
    def forward(
        self, tokens: Int64[Tensor, "batch length"], context: Float[Tensor, "batch context_dim"]
    ) -> Float[Tensor, "batch length vocab_size"]:
        h0 = torch.tanh(self.start(context)).unsqueeze(0)
        y, _ = self.gru(self.embedding(tokens), h0)
        return self.out(y)


@rlt.typed
def greedy(
    model: Decoder, context: Float[Tensor, "batch context_dim"], steps: int
) -> Int64[Tensor, "batch steps+1"]:
    """Symbol 0 starts every sequence."""
    tokens = torch.zeros(context.size(0), 1, dtype=torch.long, device=context.device)
    for _ in range(steps):
        logits = model(tokens, context)
        best = logits[:, -1].argmax(dim=-1, keepdim=True)
        tokens = torch.cat([tokens, best], dim=1)
    return tokens
