"""A two-layer graph convolution over an edge list with edge weights."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class GraphConv(nn.Module):
    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.neighbours = nn.Linear(n_in, n_out, bias=False)
        self.self_loop = nn.Linear(n_in, n_out)

    def forward(
        self,
        x: Float[Tensor, "nodes n_in"],
        edge_index: Int64[Tensor, "2 edges"],
        weight: Float[Tensor, "edges"],
    ) -> Float[Tensor, "nodes n_out"]:
        src, dst = edge_index[0], edge_index[1]
        messages = self.neighbours(x)[src] * weight.unsqueeze(-1)
        total = torch.zeros(x.size(0), messages.size(-1), device=x.device)
        total = total.index_add(0, dst, messages)
        return self.self_loop(x) + total


class GCN(rlt.Module):
    def __init__(self, n_features: int, n_classes: int, hidden: int = 64) -> None:
        super().__init__()
        self.conv1 = GraphConv(n_features, hidden)
        self.conv2 = GraphConv(hidden, n_classes)

    @rlt.typed
    def forward(
        self,
        x: Float[Tensor, "nodes n_features"],
        edge_index: Int64[Tensor, "2 edges"],
        weight: Float[Tensor, "edges"],
    ) -> Float[Tensor, "nodes n_classes"]:
        h = F.dropout(F.relu(self.conv1(x, edge_index, weight)), 0.5, self.training)
        return self.conv2(h, edge_index, weight)
