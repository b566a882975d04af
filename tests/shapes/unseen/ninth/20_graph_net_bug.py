"""A dense graph network with jumping knowledge for graph classification."""
from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Bool, Float, Int64, Tensor


class GraphConv(nn.Module):
    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.own = nn.Linear(n_in, n_out)
        self.neighbours = nn.Linear(n_in, n_out, bias=False)

    def forward(self, x: Tensor, adjacency: Tensor) -> Tensor:
        degree = adjacency.sum(dim=-1, keepdim=True).clamp(min=1.0)
        return self.own(x) + self.neighbours(adjacency @ x / degree)


def masked_mean(
    x: Float[Tensor, "graphs nodes d"], mask: Bool[Tensor, "graphs nodes"]
) -> Float[Tensor, "graphs d"]:
    weight = mask.to(x.dtype).unsqueeze(-1)
    return (x * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1.0)


class GraphClassifier(rlt.Module):
    def __init__(self, node_dim: int, n_classes: int, hidden: int = 32, n_layers: int = 3, dropout: float = 0.1) -> None:
        super().__init__()
        self.embed = nn.Linear(node_dim, hidden)
        self.convs = nn.ModuleList([GraphConv(hidden, hidden) for _ in range(n_layers)])
        self.norms = nn.ModuleList([nn.LayerNorm(hidden) for _ in range(n_layers)])
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden * n_layers, n_classes)  # BUG: the embedding is joined too: n_layers + 1 parts

    def node_features(self, nodes: Tensor, adjacency: Tensor) -> Tensor:
        x = F.relu(self.embed(nodes))
        seen = [x]
        for conv, norm in zip(self.convs, self.norms):
            x = x + self.dropout(F.relu(norm(conv(x, adjacency))))
            seen.append(x)
        return torch.cat(seen, dim=-1)

    def forward(
        self,
        nodes: Float[Tensor, "graphs nodes node_dim"],
        adjacency: Float[Tensor, "graphs nodes nodes"],
        mask: Bool[Tensor, "graphs nodes"],
    ) -> Float[Tensor, "graphs n_classes"]:
        pooled = masked_mean(self.node_features(nodes, adjacency), mask)
        return self.head(pooled)  # ALSO


def loss_and_accuracy(
    net: GraphClassifier,
    nodes: Float[Tensor, "g n node_dim"],
    adjacency: Float[Tensor, "g n n"],
    mask: Bool[Tensor, "g n"],
    labels: Int64[Tensor, "g"],
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    logits = net(nodes, adjacency, mask)
    return F.cross_entropy(logits, labels), (logits.argmax(dim=-1) == labels).float().mean()
