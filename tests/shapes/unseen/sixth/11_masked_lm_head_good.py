"""Masked language model: transformer encoder whose output weights are the embedding's."""

import torch
from torch import nn

import rlt
from rlt.types import Bool, Float, Int64, Tensor


class MaskedLM(rlt.Module):
    def __init__(self, vocab: int, max_len: int = 128, dim: int = 64) -> None:
        super().__init__()
        self.tok = nn.Embedding(vocab, dim)
        self.pos = nn.Embedding(max_len, dim)
        layer = nn.TransformerEncoderLayer(dim, 4, 2 * dim, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.transform = nn.Sequential(nn.Linear(dim, dim), nn.GELU(), nn.LayerNorm(dim))
        self.bias = nn.Parameter(torch.zeros(vocab))

    def lm_head(self, hidden: Tensor) -> Tensor:
        hidden = self.transform(hidden)
        return hidden @ self.tok.weight.t() + self.bias

    @rlt.typed
    def forward(
        self, tokens: Int64[Tensor, "batch time"], pad: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time vocab"]:
        positions = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.tok(tokens) + self.pos(positions)
        x = self.encoder(x, src_key_padding_mask=pad)
        return self.lm_head(x)
