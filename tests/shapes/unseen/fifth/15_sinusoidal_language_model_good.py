"""A causal transformer language model with sinusoidal positions."""

import math

import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class Positions(nn.Module):
    def __init__(self, dim: int, max_len: int) -> None:
        super().__init__()
        where = torch.arange(max_len).unsqueeze(1)
        rate = torch.exp(torch.arange(0, dim, 2) * (-math.log(10000.0) / dim))
        table = torch.zeros(max_len, dim)
        table[:, 0::2] = torch.sin(where * rate)
        table[:, 1::2] = torch.cos(where * rate)
        self.register_buffer("table", table.unsqueeze(0))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.table[:, : x.size(1)]


class LanguageModel(rlt.Module):
    def __init__(self, vocab_size: int, n_layers: int = 3) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, 256)
        self.positions = Positions(256, max_len=1024)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(256, nhead=8, dim_feedforward=1024, batch_first=True)
            for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(256)
        self.head = nn.Linear(256, vocab_size, bias=False)

    @rlt.typed
    def forward(self, tokens: Int64[Tensor, "batch length"]) -> Float[Tensor, "batch length vocab_size"]:
        length = tokens.size(1)
        causal = torch.full((length, length), float("-inf"), device=tokens.device).triu(1)
        x = self.positions(self.embedding(tokens) * 16.0)
        for layer in self.layers:
            x = layer(x, src_mask=causal)
        return self.head(self.norm(x))
