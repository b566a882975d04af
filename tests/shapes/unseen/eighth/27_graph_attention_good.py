"""Node classification in a citation graph with multi-head graph attention (dense)."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Bool, Float, Int64, Tensor


class GATLayer(nn.Module):
    def __init__(self, in_dim: int, out_dim: int, heads: int) -> None:
        super().__init__()
        self.heads, self.out_dim = heads, out_dim
        self.project = nn.Linear(in_dim, heads * out_dim, bias=False)
        self.att_src = nn.Parameter(0.1 * torch.randn(heads, out_dim))
        self.att_dst = nn.Parameter(0.1 * torch.randn(heads, out_dim))

    def scores(self, h: Float[Tensor, "nodes heads out_dim"]) -> Float[Tensor, "heads nodes nodes"]:
        src = (h * self.att_src).sum(dim=-1).t()
        dst = (h * self.att_dst).sum(dim=-1).t()
        return F.leaky_relu(src.unsqueeze(2) + dst.unsqueeze(1), 0.2)

    def forward(self, x: Tensor, adj: Tensor) -> Tensor:
        h = self.project(x).view(-1, self.heads, self.out_dim)
        scores = self.scores(h).masked_fill(~adj, float("-inf"))
        alpha = scores.softmax(dim=-1)
        return torch.einsum("hij,jhd->ihd", alpha, h)


class CitationGAT(rlt.Module):
    def __init__(self, n_words: int, n_classes: int, hidden: int = 8, heads: int = 4) -> None:
        super().__init__()
        self.layer1 = GATLayer(n_words, hidden, heads)
        self.layer2 = GATLayer(heads * hidden, n_classes, 1)

    def forward(self, x: Float[Tensor, "nodes n_words"], adj: Bool[Tensor, "nodes nodes"]) -> Float[Tensor, "nodes n_classes"]:
        h = F.elu(self.layer1(x, adj)).flatten(1)
        return self.layer2(F.dropout(h, 0.6, self.training), adj).squeeze(1)


def node_loss(
    logits: Float[Tensor, "nodes n_classes"], labels: Int64[Tensor, "nodes"], train_mask: Bool[Tensor, "nodes"]
) -> Float[Tensor, ""]:
    return F.cross_entropy(logits[train_mask], labels[train_mask])
