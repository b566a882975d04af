"""An LSTM cell written out, with layer normalisation of the gates."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class LayerNormLSTMCell(rlt.Module):
    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.ih = nn.Linear(input_size, 4 * hidden_size, bias=False)
        self.hh = nn.Linear(hidden_size, 4 * hidden_size)
        self.ln = nn.LayerNorm(4 * hidden_size)
        self.ln_c = nn.LayerNorm(hidden_size)

    @rlt.typed
    def forward(
        self,
        x: Float[Tensor, "batch input_size"],
        h: Float[Tensor, "batch hidden_size"],
        c: Float[Tensor, "batch hidden_size"],
    ) -> tuple[Float[Tensor, "batch hidden_size"], Float[Tensor, "batch hidden_size"]]:
        gates = self.ln(self.ih(x) + self.hh(h))
        i, f, g, o = gates.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(self.ln_c(c))
        return h, c
