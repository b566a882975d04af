"""Patch transformer for forecasting many series, every channel on its own."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class PatchTST(rlt.Module):
    def __init__(
        self, seq_len: int = 96, horizon: int = 24, patch: int = 16, stride: int = 8, dim: int = 64, depth: int = 2
    ) -> None:
        super().__init__()
        self.patch = patch
        self.stride = stride
        n_patches = (seq_len - patch) // stride  # BUG: one more window fits
        self.embed = nn.Linear(patch, dim)
        self.position = nn.Parameter(torch.zeros(1, n_patches, dim))
        layer = nn.TransformerEncoderLayer(dim, 4, 2 * dim, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, depth)
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(n_patches * dim, horizon))

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch seq_len n_vars"]) -> Float[Tensor, "batch horizon n_vars"]:
        b, _, v = x.shape
        mean = x.mean(dim=1, keepdim=True)
        std = x.std(dim=1, keepdim=True) + 1e-5
        x = ((x - mean) / std).transpose(1, 2)
        patches = x.unfold(-1, self.patch, self.stride)
        z = self.embed(patches).flatten(0, 1) + self.position  # ALSO
        z = self.encoder(z)
        y = self.head(z).view(b, v, -1).transpose(1, 2)  # ALSO
        return y * std + mean
