"""Cox survival model on patient records: numbers and embedded categories."""

import torch
from torch import nn

import rlt
from rlt.types import Bool, Float, Int64, Tensor


class SurvivalNet(rlt.Module):
    def __init__(self, n_numeric: int, n_categorical: int, levels: int = 12, embed_dim: int = 4) -> None:
        super().__init__()
        self.embeddings = nn.ModuleList(nn.Embedding(levels, embed_dim) for _ in range(n_categorical))
        self.norm = nn.BatchNorm1d(n_numeric)
        self.mlp = nn.Sequential(
            nn.Linear(n_numeric + n_categorical * embed_dim, 64),
            nn.SiLU(),
            nn.Dropout(0.2),
            nn.Linear(64, 1),
        )

    def encode(self, categories: Tensor) -> Tensor:
        columns = [embed(categories[:, i]) for i, embed in enumerate(self.embeddings)]
        return torch.stack(columns, dim=1)  # BUG: a new axis where the columns should be joined

    @rlt.typed
    def forward(
        self, numeric: Float[Tensor, "batch n_numeric"], categories: Int64[Tensor, "batch n_categorical"]
    ) -> Float[Tensor, "batch"]:
        x = torch.cat([self.norm(numeric), self.encode(categories)], dim=1)  # ALSO
        return self.mlp(x).squeeze(1)


def cox_loss(
    risk: Float[Tensor, "batch"], time: Float[Tensor, "batch"], died: Bool[Tensor, "batch"]
) -> Float[Tensor, ""]:
    order = time.argsort(descending=True)
    risk, died = risk[order], died[order]
    log_at_risk = risk.logcumsumexp(dim=0)
    return -((risk - log_at_risk) * died).sum() / died.sum().clamp(min=1)


def train_step(model: SurvivalNet, optimizer: torch.optim.Optimizer, numeric: Tensor, categories: Tensor, time: Tensor, died: Tensor) -> float:
    loss = cox_loss(model(numeric, categories), time, died)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
