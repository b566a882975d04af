"""Cross-attention block: a policy's slots read an encoded scene of another width."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class SceneReader(rlt.Module):
    def __init__(self, dim: int, scene_dim: int, heads: int = 4, n_slots: int = 8) -> None:
        super().__init__()
        self.slots = nn.Parameter(torch.randn(n_slots, dim))
        self.norm = nn.LayerNorm(dim)
        self.attn = nn.MultiheadAttention(dim, heads, batch_first=True)  # BUG: kdim=scene_dim, vdim=scene_dim missing
        self.ff = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    @rlt.typed
    def forward(self, scene: Float[Tensor, "batch objects scene_dim"]) -> Float[Tensor, "batch n_slots dim"]:
        slots = self.slots.unsqueeze(0).repeat(scene.size(0), 1, 1)
        read, _ = self.attn(self.norm(slots), scene, scene)  # ALSO
        slots = slots + read
        return slots + self.ff(slots)
