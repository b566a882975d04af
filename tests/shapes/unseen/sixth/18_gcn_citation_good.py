"""Graph convolution over an edge list with weights, for node classification."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class GraphConv(nn.Module):
    def __init__(self, d_in: int, d_out: int) -> None:
        super().__init__()
        self.lin = nn.Linear(d_in, d_out, bias=False)
        self.bias = nn.Parameter(torch.zeros(d_out))

    def forward(self, x: Tensor, edge_index: Tensor, weight: Tensor) -> Tensor:
        x = self.lin(x)
        src, dst = edge_index[0], edge_index[1]
        messages = x[src] * weight.unsqueeze(-1)
        out = torch.zeros_like(x).index_add(0, dst, messages)
        return out + self.bias


class GCN(rlt.Module):
    def __init__(self, n_features: int, n_classes: int, hidden: int = 32) -> None:
        super().__init__()
        self.conv1 = GraphConv(n_features, hidden)
        self.conv2 = GraphConv(hidden, n_classes)
        self.dropout = nn.Dropout(0.5)

    @rlt.typed
    def forward(
        self,
        x: Float[Tensor, "nodes n_features"],
        edge_index: Int64[Tensor, "2 edges"],
        weight: Float[Tensor, "edges"],
    ) -> Float[Tensor, "nodes n_classes"]:
        h = F.relu(self.conv1(x, edge_index, weight))
        h = self.dropout(h)
        return self.conv2(h, edge_index, weight)
