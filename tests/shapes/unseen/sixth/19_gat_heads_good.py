"""Two graph attention layers on a dense adjacency matrix; the first joins its heads."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Bool, Float, Tensor


class GATLayer(nn.Module):
    def __init__(self, d_in: int, d_out: int, heads: int, concat: bool = True) -> None:
        super().__init__()
        self.heads, self.d_out, self.concat = heads, d_out, concat
        self.lin = nn.Linear(d_in, heads * d_out, bias=False)
        self.a_src = nn.Parameter(torch.randn(heads, d_out) * 0.1)
        self.a_dst = nn.Parameter(torch.randn(heads, d_out) * 0.1)

    def forward(self, x: Tensor, adj: Tensor) -> Tensor:
        h = self.lin(x).view(-1, self.heads, self.d_out)
        src = torch.einsum("nhd,hd->hn", h, self.a_src)
        dst = torch.einsum("nhd,hd->hn", h, self.a_dst)
        score = F.leaky_relu(dst.unsqueeze(2) + src.unsqueeze(1), 0.2)
        alpha = score.masked_fill(~adj, -1e9).softmax(dim=-1)
        out = torch.einsum("hij,jhd->ihd", alpha, h)
        return out.flatten(1) if self.concat else out.mean(dim=1)


class GAT(rlt.Module):
    def __init__(self, n_features: int, n_classes: int, hidden: int = 8, heads: int = 4) -> None:
        super().__init__()
        self.layer1 = GATLayer(n_features, hidden, heads)
        self.layer2 = GATLayer(heads * hidden, n_classes, heads, concat=False)

    @rlt.typed
    def forward(
        self, x: Float[Tensor, "nodes n_features"], adj: Bool[Tensor, "nodes nodes"]
    ) -> Float[Tensor, "nodes n_classes"]:
        h = F.elu(self.layer1(x, adj))
        return self.layer2(h, adj)
