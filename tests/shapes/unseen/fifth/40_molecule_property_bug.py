"""Molecule property prediction: GIN layers and a mean readout over batched graphs."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class GINLayer(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.eps = nn.Parameter(torch.zeros(1))
        self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.BatchNorm1d(2 * dim), nn.ReLU(), nn.Linear(2 * dim, dim))

    def forward(self, x: Tensor, src: Tensor, dst: Tensor) -> Tensor:
        gathered = torch.zeros_like(x).index_add(0, dst, x[src])
        return self.mlp((1 + self.eps) * x + gathered)


def mean_readout(
    x: Float[Tensor, "nodes dim"], graph: Int64[Tensor, "nodes"], n_graphs: int
) -> Float[Tensor, "n_graphs dim"]:
    total = x.new_zeros(n_graphs, x.size(1)).index_add(0, graph, x)
    count = x.new_zeros(n_graphs).index_add(0, graph, torch.ones_like(x[:, 0]))
    return total / count.clamp(min=1)  # BUG: [n_graphs, dim] by [n_graphs], .unsqueeze(1) is missing


class MoleculeNet(rlt.Module):
    def __init__(self, n_atom_types: int, n_properties: int, dim: int = 64, depth: int = 3) -> None:
        super().__init__()
        self.atoms = nn.Embedding(n_atom_types, dim)
        self.layers = nn.ModuleList([GINLayer(dim) for _ in range(depth)])
        self.head = nn.Linear(dim, n_properties)

    @rlt.typed
    def forward(
        self,
        atoms: Int64[Tensor, "nodes"],
        bonds: Int64[Tensor, "2 bonds"],
        graph: Int64[Tensor, "nodes"],
        n_graphs: int,
    ) -> Float[Tensor, "n_graphs n_properties"]:
        x = self.atoms(atoms)
        src, dst = bonds
        for layer in self.layers:
            x = torch.relu(layer(x, src, dst))
        return self.head(mean_readout(x, graph, n_graphs))
