"""Sequence to sequence translation on torch.nn.Transformer."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor

PAD = 0


class Translator(rlt.Module):
    def __init__(self, src_vocab: int, tgt_vocab: int, d_model: int = 64, max_len: int = 128) -> None:
        super().__init__()
        self.src_embed = nn.Embedding(src_vocab, d_model, padding_idx=PAD)
        self.tgt_embed = nn.Embedding(tgt_vocab, d_model, padding_idx=PAD)
        self.position = nn.Embedding(max_len, d_model)
        self.transformer = nn.Transformer(d_model, 4, 2, 2, dim_feedforward=4 * d_model, batch_first=True)
        self.out = nn.Linear(d_model, tgt_vocab)

    def add_position(self, x: Tensor) -> Tensor:
        return x + self.position(torch.arange(x.shape[1], device=x.device))

    def forward(
        self, src: Int64[Tensor, "batch src_len"], tgt: Int64[Tensor, "batch tgt_len"]
    ) -> Float[Tensor, "batch tgt_len tgt_vocab"]:
        steps = src.shape[1]  # BUG: the causal mask is over target positions
        causal = torch.ones(steps, steps, dtype=torch.bool, device=tgt.device).triu(1)
        hidden = self.transformer(  # ALSO
            self.add_position(self.src_embed(src)),
            self.add_position(self.tgt_embed(tgt)),
            tgt_mask=causal,  # ALSO
            src_key_padding_mask=src == PAD,
            tgt_key_padding_mask=tgt == PAD,
            memory_key_padding_mask=src == PAD,
        )
        return self.out(hidden)


def translation_loss(model: Translator, src: Int64[Tensor, "batch src_len"], tgt: Int64[Tensor, "batch tgt_len"]) -> Tensor:
    logits = model(src, tgt[:, :-1])
    gold = tgt[:, 1:]
    return F.cross_entropy(logits.flatten(0, 1), gold.flatten(), ignore_index=PAD, label_smoothing=0.1)
