"""Molecule property regression: a graph convolution on padded dense adjacency matrices."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Bool, Float, Tensor


def normalize_adjacency(adj: Float[Tensor, "batch nodes nodes"]) -> Float[Tensor, "batch nodes nodes"]:
    adj = adj + torch.eye(adj.shape[-1], device=adj.device)
    scale = adj.sum(dim=-1).clamp(min=1.0).rsqrt()
    return scale.unsqueeze(-1) * adj * scale.unsqueeze(-2)


class GraphConv(nn.Module):
    def __init__(self, in_dim: int, out_dim: int) -> None:
        super().__init__()
        self.linear = nn.Linear(in_dim, out_dim)

    def forward(self, x: Tensor, adj: Tensor) -> Tensor:
        return F.relu(adj @ self.linear(x))


class MoleculeNet(rlt.Module):
    def __init__(self, atom_dim: int, n_targets: int, hidden: int = 48) -> None:
        super().__init__()
        self.conv1 = GraphConv(atom_dim, hidden)
        self.conv2 = GraphConv(hidden, hidden)
        self.head = nn.Linear(hidden, n_targets)

    def forward(
        self,
        atoms: Float[Tensor, "batch nodes atom_dim"],
        adj: Float[Tensor, "batch nodes nodes"],
        mask: Bool[Tensor, "batch nodes"],
    ) -> Float[Tensor, "batch n_targets"]:
        adj = normalize_adjacency(adj)
        h = self.conv2(self.conv1(atoms, adj), adj)
        h = h * mask  # BUG: the mask lacks the feature axis
        pooled = h.sum(dim=1) / mask.sum(dim=1, keepdim=True).clamp(min=1)
        return self.head(pooled)


def property_loss(pred: Float[Tensor, "batch n_targets"], target: Float[Tensor, "batch n_targets"]) -> Float[Tensor, ""]:
    known = ~torch.isnan(target)
    return F.l1_loss(pred[known], target[known])
