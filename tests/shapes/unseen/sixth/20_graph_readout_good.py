"""Molecule property regression: node features are summed and averaged for every graph."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


@rlt.typed
def sum_by_graph(
    x: Float[Tensor, "nodes d"], graph_id: Int64[Tensor, "nodes"], n_graphs: int
) -> Float[Tensor, "n_graphs d"]:
    index = graph_id.unsqueeze(1).expand(-1, x.shape[1])
    return x.new_zeros(n_graphs, x.shape[1]).scatter_add(0, index, x)


class MoleculeRegressor(rlt.Module):
    def __init__(self, n_atoms: int, n_targets: int, dim: int = 32) -> None:
        super().__init__()
        self.atom = nn.Embedding(n_atoms, dim)
        self.mlp = nn.Sequential(nn.Linear(dim + 3, dim), nn.SiLU(), nn.Linear(dim, dim))
        self.head = nn.Linear(2 * dim, n_targets)

    def forward(
        self,
        atoms: Int64[Tensor, "nodes"],
        position: Float[Tensor, "nodes 3"],
        graph_id: Int64[Tensor, "nodes"],
        n_graphs: int,
    ) -> Float[Tensor, "n_graphs n_targets"]:
        h = self.mlp(torch.cat([self.atom(atoms), position], dim=-1))
        total = sum_by_graph(h, graph_id, n_graphs)
        count = torch.bincount(graph_id, minlength=n_graphs).clamp(min=1)
        mean = total / count.unsqueeze(-1)
        return self.head(torch.cat([total, mean], dim=-1))
