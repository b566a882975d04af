"""Keyword spotting in speech: a small student learns from a large teacher."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class KeywordNet(rlt.Module):
    def __init__(self, n_mfcc: int, n_keywords: int, channels: int = 32) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(n_mfcc, channels, 9, padding=4)
        self.conv2 = nn.Conv1d(channels, 2 * channels, 9, stride=2, padding=4)
        self.out = nn.Linear(2 * channels, n_keywords)

    def forward(self, mfcc: Float[Tensor, "batch n_mfcc frames"]) -> Float[Tensor, "batch n_keywords"]:
        h = F.relu(self.conv2(F.relu(self.conv1(mfcc))))
        return self.out(h.mean(dim=-1))


def distillation_loss(
    student: Float[Tensor, "batch n_keywords"],
    teacher: Float[Tensor, "batch n_keywords"],
    label: Int64[Tensor, "batch"],
    temperature: float = 4.0,
) -> Float[Tensor, ""]:
    soft = F.kl_div(
        F.log_softmax(student / temperature, dim=-1), F.softmax(teacher / temperature, dim=-1), reduction="batchmean"
    )
    return 0.7 * temperature**2 * soft + 0.3 * F.cross_entropy(student, label)


def distil(batches: list[tuple[Tensor, Tensor]], device: str = "cuda") -> KeywordNet:
    teacher = KeywordNet(40, 12, channels=128).to(device).eval()
    student = KeywordNet(40, 12, channels=16).to(device)
    optimizer = torch.optim.AdamW(student.parameters(), lr=1e-3)
    for mfcc, label in batches:
        mfcc, label = mfcc.to(device), label.to(device)
        with torch.no_grad():
            target = teacher(mfcc)
        loss = distillation_loss(student(mfcc), target, label)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return student
