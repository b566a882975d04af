"""Handwriting synthesis: stacked LSTM cells unrolled by hand over pen strokes."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Strokes(rlt.Module):
    def __init__(self, hidden: int = 256, n_outputs: int = 121) -> None:
        super().__init__()
        self.hidden = hidden
        self.cell1 = nn.LSTMCell(3, hidden)
        self.cell2 = nn.LSTMCell(3 + hidden, hidden)
        self.out = nn.Linear(2 * hidden, n_outputs)

    @rlt.typed
    def forward(self, strokes: Float[Tensor, "batch time 3"]) -> Float[Tensor, "batch time n_outputs"]:
        b = strokes.size(0)
        h1 = c1 = torch.zeros(b, self.hidden, device=strokes.device)
        h2 = c2 = torch.zeros(b, self.hidden, device=strokes.device)
        outputs = []
        for x in strokes.unbind(dim=1):
            h1, c1 = self.cell1(x, (h1, c1))
            h2, c2 = self.cell2(torch.cat([x, h1], dim=-1), (h2, c2))
            outputs.append(torch.cat([h1, h2], dim=-1))
        y = torch.stack(outputs)  # BUG: time comes first, dim=1 is missing
        return self.out(y)  # ALSO
