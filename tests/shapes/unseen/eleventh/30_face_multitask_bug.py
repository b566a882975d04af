"""Multi-task training: identity class and age from one ConvNeXt-like trunk."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import rlt
from rlt.types import Float

AGE_WEIGHT = 0.25
CLASS_COLUMN, AGE_COLUMN = 0, 1


class ConvNeXtBlock(nn.Module):
    def __init__(self, dim: int, layer_scale: float = 1e-6) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(dim, dim, kernel_size=7, padding=3, groups=dim)
        self.norm = nn.LayerNorm(dim)
        self.pw1, self.pw2 = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)
        self.gamma = nn.Parameter(layer_scale * torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        y = self.dwconv(x).permute(0, 2, 3, 1)
        y = self.gamma * self.pw2(F.gelu(self.pw1(self.norm(y))))
        return x + y.permute(0, 3, 1, 2)


class FaceNet(rlt.Module):
    def __init__(self, n_people: int, dim: int = 32, depth: int = 2) -> None:
        super().__init__()
        self.patchify = nn.Conv2d(3, dim, kernel_size=4, stride=4)
        self.blocks = nn.Sequential(*[ConvNeXtBlock(dim) for _ in range(depth)])
        self.norm = nn.LayerNorm(dim)
        self.who = nn.Linear(dim, n_people)
        self.age = nn.Linear(dim, 1)

    def forward(
        self, faces: Float[Tensor, "batch 3 h w"]
    ) -> tuple[Float[Tensor, "batch n_people"], Float[Tensor, "batch"]]:
        x = self.blocks(self.patchify(faces))
        x = self.norm(x.mean(dim=(2, 3)))
        return self.who(x), self.age(x).squeeze(-1)


def multitask_loss(
    net: FaceNet, faces: Float[Tensor, "batch 3 h w"], table: Float[Tensor, "batch 2"]
) -> Float[Tensor, ""]:
    """The table has the columns that the CSV has: person id and age in years."""
    person = table[:, CLASS_COLUMN]  # BUG: class indices stay float, .long() is missing
    years = table[:, AGE_COLUMN]
    logits, age = net(faces)
    who_loss = F.cross_entropy(logits, person)  # ALSO
    age_loss = F.smooth_l1_loss(age, years / 100)
    return who_loss + AGE_WEIGHT * age_loss


def train_epoch(
    net: FaceNet, optimizer: torch.optim.Optimizer, batches: list[tuple[Tensor, Tensor]]
) -> float:
    total = 0.0
    for faces, table in batches:
        optimizer.zero_grad()
        loss = multitask_loss(net, faces, table)  # ALSO
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / len(batches)
