"""A sparse mixture of experts for regression, with a load-balancing penalty."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


def make_expert(in_dim: int, out_dim: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(in_dim, 64), nn.GELU(), nn.Linear(64, out_dim))


class MixtureOfExperts(rlt.Module):
    def __init__(self, in_dim: int, out_dim: int, n_experts: int = 6, k: int = 2) -> None:
        super().__init__()
        self.k = k
        self.gate = nn.Linear(in_dim, n_experts)
        self.experts = nn.ModuleList([make_expert(in_dim, out_dim) for _ in range(n_experts)])

    def forward(
        self, x: Float[Tensor, "batch in_dim"]
    ) -> tuple[Float[Tensor, "batch out_dim"], Float[Tensor, "batch n_experts"]]:
        gates = self.gate(x).softmax(dim=-1)
        weight, chosen = gates.topk(self.k, dim=-1)
        weight = weight / weight.sum(dim=-1, keepdim=True)
        outputs = torch.stack([expert(x) for expert in self.experts], dim=1)
        index = chosen  # BUG: gather wants an index with as many axes as the outputs
        picked = outputs.gather(1, index)  # ALSO
        return (weight.unsqueeze(-1) * picked).sum(dim=1), gates


def balance_penalty(gates: Float[Tensor, "batch n_experts"]) -> Float[Tensor, ""]:
    n_experts = gates.shape[1]
    load = F.one_hot(gates.argmax(dim=-1), n_experts).float().mean(dim=0)
    return n_experts * (load * gates.mean(dim=0)).sum()


def moe_loss(model: MixtureOfExperts, x: Float[Tensor, "batch in_dim"], y: Float[Tensor, "batch out_dim"]) -> Tensor:
    pred, gates = model(x)
    return F.mse_loss(pred, y) + 0.01 * balance_penalty(gates)
