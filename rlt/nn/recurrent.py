"""LSTM and GRU that forget at an episode's start, under torch's parameter names.

Two equal paths: torch's own kernel in eager mode, and a loop over cells, in chunks, where torch's kernel cannot go (a
compiled or vmapped step). Weights of `nn.LSTM` and `nn.GRU` load as they are.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import torch
from torch import nn

import rlt
from rlt.errors import ConfigError, nearest
from rlt.types import Bool, Float, Tensor

CHUNK = 16
"""Steps that the cell loop unrolls at once: compile time grows fast with them."""
_KINDS = ("lstm", "gru")


class RecurrentState(NamedTuple):
    """What a core remembers. `cell` is the LSTM's; a GRU carries zeros there, so that both have one type."""

    hidden: Float[Tensor, "layers batch hidden_size"]
    cell: Float[Tensor, "layers batch hidden_size"]


class RecurrentCore(rlt.Module):
    """`time` steps of `batch` sequences; `start` marks the steps before which the state is forgotten."""

    weight_ih_l0: Tensor

    def __init__(self, n_in: int, hidden_size: int, layers: int = 1, kind: Literal["lstm", "gru"] = "lstm") -> None:
        super().__init__()
        if kind not in _KINDS:
            close = nearest(kind, _KINDS)
            fix = f'kind="{close[0]}"' if close else None
            raise ConfigError(f"RecurrentCore: there is no kind {kind!r}", 'expected "lstm" or "gru"', fix=fix)
        self.n_in, self.hidden_size, self.layers, self.kind = n_in, hidden_size, layers, kind
        gates = 4 if kind == "lstm" else 3
        bound = 1 / math.sqrt(hidden_size)
        for layer in range(layers):
            width = n_in if layer == 0 else hidden_size
            shapes = {"weight_ih": (width,), "weight_hh": (hidden_size,), "bias_ih": (), "bias_hh": ()}
            for name, rest in shapes.items():
                weight = torch.empty(gates * hidden_size, *rest).uniform_(-bound, bound)
                self.register_parameter(f"{name}_l{layer}", nn.Parameter(weight))

    def initial_state(self, batch: int) -> RecurrentState:
        """Zeros, on the weights' device."""
        zeros = self._weights(0)[0].new_zeros(self.layers, batch, self.hidden_size)
        return RecurrentState(zeros, zeros)

    @rlt.typed
    def forward(
        self, x: Float[Tensor, "time batch n_in"], state: RecurrentState, start: Bool[Tensor, "time batch"]
    ) -> tuple[Float[Tensor, "time batch hidden_size"], RecurrentState]:
        if torch.compiler.is_compiling() or torch._C._functorch.maybe_current_level() is not None or x.is_meta:
            return self._by_cells(x, state, start)
        return self._by_kernel(x, state, start)

    def _weights(self, layer: int) -> list[Tensor]:
        return [getattr(self, f"{name}_l{layer}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]

    def _by_kernel(self, x: Tensor, state: RecurrentState, start: Tensor) -> tuple[Tensor, RecurrentState]:
        """torch's kernel over the stretches between resets."""
        flat = [w for layer in range(self.layers) for w in self._weights(layer)]
        cuts = [0, *(t for t in start.any(1).nonzero().flatten().tolist() if t > 0), x.shape[0]]
        outputs = []
        hidden, cell = state
        for begin, end in zip(cuts, cuts[1:]):
            keep = (~start[begin]).to(x.dtype).unsqueeze(-1)
            hidden, cell = hidden * keep, cell * keep
            options = (True, self.layers, 0.0, self.training, False, False)
            if self.kind == "lstm":
                out, hidden, cell = torch._VF.lstm(x[begin:end], (hidden.contiguous(), cell.contiguous()), flat, *options)
            else:
                out, hidden = torch._VF.gru(x[begin:end], hidden.contiguous(), flat, *options)
            outputs.append(out)
        return torch.cat(outputs), RecurrentState(hidden, cell)

    def _by_cells(self, x: Tensor, state: RecurrentState, start: Tensor) -> tuple[Tensor, RecurrentState]:
        """The same, cell by cell. `unbind` instead of indexing: indexing in a loop makes backward quadratic in time."""
        keep = (~start).to(x.dtype).unsqueeze(-1)
        hidden, cell = [], []
        for layer in range(self.layers):
            w_ih, w_hh, b_ih, b_hh = self._weights(layer)
            h, c = state.hidden[layer], state.cell[layer]
            outputs = []
            for part, kept in zip(x.split(CHUNK), keep.split(CHUNK)):
                for step, k in zip(nn.functional.linear(part, w_ih, b_ih).unbind(0), kept.unbind(0)):
                    h, c = self._cell(step, h * k, c * k, w_hh, b_hh)
                    outputs.append(h)
            x = torch.stack(outputs)
            hidden.append(h)
            cell.append(c)
        return x, RecurrentState(torch.stack(hidden), torch.stack(cell))

    def _cell(self, from_input: Tensor, h: Tensor, c: Tensor, w_hh: Tensor, b_hh: Tensor) -> tuple[Tensor, Tensor]:
        from_state = nn.functional.linear(h, w_hh, b_hh)
        if self.kind == "lstm":
            i, f, g, o = (from_input + from_state).chunk(4, -1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            return o.sigmoid() * c.tanh(), c
        r_in, z_in, n_in = from_input.chunk(3, -1)
        r_state, z_state, n_state = from_state.chunk(3, -1)
        z = (z_in + z_state).sigmoid()
        n = (n_in + (r_in + r_state).sigmoid() * n_state).tanh()
        return (1 - z) * n + z * h, c
