import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class GraphConv(nn.Module):
    def __init__(self, f_in: int, f_out: int) -> None:
        super().__init__()
        self.self_lin = nn.Linear(f_in, f_out)
        self.nbr_lin = nn.Linear(f_in, f_out, bias=False)

    def forward(self, x: Tensor, adj: Tensor) -> Tensor:
        degree = adj.sum(dim=-1, keepdim=True).clamp(min=1)
        neighbours = adj @ x / degree
        return torch.relu(self.self_lin(x) + self.nbr_lin(neighbours))


class MoleculeNet(rlt.Module):
    """Properties of a batch of padded molecules with dense adjacency."""

    def __init__(self, n_features: int, n_targets: int, hidden: int = 64) -> None:
        super().__init__()
        self.conv1 = GraphConv(n_features, hidden)
        self.conv2 = GraphConv(hidden, hidden)
        self.readout = nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, n_targets))

    def forward(
        self,
        x: Float[Tensor, "batch atoms n_features"],
        adj: Float[Tensor, "batch atoms atoms"],
        mask: Float[Tensor, "batch atoms"],
    ) -> Float[Tensor, "batch n_targets"]:
        h = self.conv2(self.conv1(x, adj), adj)
        h = h * mask.unsqueeze(-1)
        pooled = h.sum(dim=1)
        pooled = pooled / mask.sum(dim=1, keepdim=True)
        return self.readout(pooled)


def property_loss(
    net: MoleculeNet, x: Tensor, adj: Tensor, mask: Tensor, y: Float[Tensor, "batch n_targets"]
) -> Float[Tensor, ""]:
    return nn.functional.mse_loss(net(x, adj, mask), y)
