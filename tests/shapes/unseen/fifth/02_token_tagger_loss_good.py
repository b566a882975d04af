"""A named-entity tagger: transformer encoder, a label for every token, and its training loss."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class Tagger(rlt.Module):
    def __init__(self, vocab_size: int, n_tags: int, dim: int = 128, max_len: int = 256) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, dim, padding_idx=0)
        self.positions = nn.Embedding(max_len, dim)
        layer = nn.TransformerEncoderLayer(dim, nhead=4, dim_feedforward=4 * dim, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=2)
        self.head = nn.Linear(dim, n_tags)

    def forward(self, ids: Int64[Tensor, "batch length"]) -> Float[Tensor, "batch length n_tags"]:
        where = torch.arange(ids.size(1), device=ids.device)
        x = self.tokens(ids) + self.positions(where)
        x = self.encoder(x, src_key_padding_mask=ids == 0)
        return self.head(x)


def tagging_loss(
    model: Tagger,
    ids: Int64[Tensor, "batch length"],
    tags: Int64[Tensor, "batch length"],
) -> Float[Tensor, ""]:
    logits = model(ids)
    return F.cross_entropy(logits.transpose(1, 2), tags, ignore_index=-100)
