import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Expert(nn.Module):
    def __init__(self, d_model: int, d_ff: int) -> None:
        super().__init__()
        self.w1 = nn.Linear(d_model, d_ff)
        self.w2 = nn.Linear(d_ff, d_model)

    def forward(self, x: Tensor) -> Tensor:
        return self.w2(F.gelu(self.w1(x)))


class MixtureOfExperts(rlt.Module):
    def __init__(self, d_model: int, n_experts: int = 4, top_k: int = 2) -> None:
        super().__init__()
        self.top_k = top_k
        self.router = nn.Linear(d_model, n_experts, bias=False)
        self.experts = nn.ModuleList([Expert(d_model, 4 * d_model) for _ in range(n_experts)])

    @rlt.typed
    def forward(
        self, x: Float[Tensor, "tokens d_model"]
    ) -> tuple[Float[Tensor, "tokens d_model"], Float[Tensor, "tokens n_experts"]]:
        probs = self.router(x).softmax(dim=-1)
        weight, index = probs.topk(self.top_k, dim=-1)
        weight = weight / weight.sum(dim=-1, keepdim=True)
        outputs = torch.stack([expert(x) for expert in self.experts], dim=1)
        index = index.unsqueeze(-1)  # BUG: without expand, gather takes one feature only
        chosen = outputs.gather(1, index)
        y = (weight.unsqueeze(-1) * chosen).sum(dim=1)
        return y, probs  # ALSO


def load_balance_loss(probs: Float[Tensor, "tokens n_experts"]) -> Float[Tensor, ""]:
    n_experts = probs.shape[-1]
    hits = F.one_hot(probs.argmax(dim=-1), n_experts).float()
    return n_experts * (hits.mean(dim=0) * probs.mean(dim=0)).sum()
