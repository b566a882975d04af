"""A two-layer graph attention network on a dense adjacency matrix."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Bool, Float, Tensor


class GATLayer(nn.Module):
    def __init__(self, n_in: int, n_out: int, heads: int) -> None:
        super().__init__()
        self.heads, self.n_out = heads, n_out
        self.lin = nn.Linear(n_in, heads * n_out, bias=False)
        self.a_src = nn.Parameter(0.1 * torch.randn(heads, n_out))
        self.a_dst = nn.Parameter(0.1 * torch.randn(heads, n_out))

    def forward(self, x: Tensor, adj: Tensor) -> Tensor:
        h = self.lin(x).view(-1, self.heads, self.n_out)
        src = (h * self.a_src).sum(-1)
        dst = (h * self.a_dst).sum(-1)
        scores = F.leaky_relu(dst.unsqueeze(1) + src.unsqueeze(0), 0.2)
        scores = scores.masked_fill(~adj.unsqueeze(-1), -1e9)
        alpha = scores.softmax(dim=1)
        return torch.einsum("ijh,jhd->ihd", alpha, h).flatten(1)


class GAT(rlt.Module):
    def __init__(self, n_features: int, n_classes: int, hidden: int = 8, heads: int = 4) -> None:
        super().__init__()
        self.layer1 = GATLayer(n_features, hidden, heads)
        self.layer2 = GATLayer(hidden, n_classes, 1)  # BUG: the heads are concatenated, hidden * heads

    @rlt.typed
    def forward(
        self, x: Float[Tensor, "nodes n_features"], adj: Bool[Tensor, "nodes nodes"]
    ) -> Float[Tensor, "nodes n_classes"]:
        h = F.elu(self.layer1(x, adj))
        return self.layer2(h, adj)  # ALSO
