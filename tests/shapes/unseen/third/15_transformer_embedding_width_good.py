"""Sentence encoder: a transformer over tokens, mean-pooled under the padding mask."""

import torch
from torch import nn

import rlt
from rlt.types import Bool, Float, Int, Tensor


class SentenceEncoder(rlt.Module):
    def __init__(self, vocab_size: int, d_model: int = 128, emb_size: int = 64, n_layers: int = 2, max_len: int = 256) -> None:
        super().__init__()
        self.tok = nn.Embedding(vocab_size, emb_size)
        self.widen = nn.Linear(emb_size, d_model)
        self.pos = nn.Embedding(max_len, d_model)
        layer = nn.TransformerEncoderLayer(d_model, nhead=4, dim_feedforward=4 * d_model, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, n_layers)

    @rlt.typed
    def forward(
        self, ids: Int[Tensor, "batch time"], padding: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch d_model"]:
        positions = torch.arange(ids.shape[1], device=ids.device)
        x = self.widen(self.tok(ids)) + self.pos(positions)
        x = self.encoder(x, src_key_padding_mask=padding)
        keep = (~padding).unsqueeze(-1).float()
        return (x * keep).sum(dim=1) / keep.sum(dim=1).clamp(min=1.0)
