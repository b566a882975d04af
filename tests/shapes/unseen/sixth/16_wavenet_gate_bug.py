"""WaveNet-like vocoder layer stack with gated activations and skip sums."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class GatedLayer(nn.Module):
    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.conv = nn.Conv1d(channels, 2 * channels, 2, dilation=dilation)
        self.residual = nn.Conv1d(channels, channels, 1)
        self.skip = nn.Conv1d(channels, channels, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = self.conv(F.pad(x, (self.dilation, 0)))
        filt, gate = h.chunk(2, dim=-1)  # BUG: the two halves are on the channel axis
        z = torch.tanh(filt) * torch.sigmoid(gate)  # ALSO
        return x + self.residual(z), self.skip(z)  # ALSO


class WaveNet(rlt.Module):
    def __init__(self, n_levels: int = 256, channels: int = 32, n_layers: int = 6) -> None:
        super().__init__()
        self.inp = nn.Conv1d(1, channels, 1)
        self.layers = nn.ModuleList([GatedLayer(channels, 2**i) for i in range(n_layers)])
        self.mix = nn.Conv1d(channels, channels, 1)
        self.out = nn.Sequential(nn.ReLU(), self.mix, nn.ReLU(), nn.Conv1d(channels, n_levels, 1))

    @rlt.typed
    def forward(self, wave: Float[Tensor, "batch samples"]) -> Float[Tensor, "batch n_levels samples"]:
        x = self.inp(wave.unsqueeze(1))
        total = torch.zeros_like(x)
        for layer in self.layers:
            x, skip = layer(x)  # ALSO
            total = total + skip
        return self.out(total)
