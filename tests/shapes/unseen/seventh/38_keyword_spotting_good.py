import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class KeywordSpotter(rlt.Module):
    """Raw audio in, keyword scores out (the M5 network, smaller)."""

    def __init__(self, n_keywords: int, width: int = 32) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(1, width, kernel_size=80, stride=16)
        self.bn1 = nn.BatchNorm1d(width)
        self.conv2 = nn.Conv1d(width, 2 * width, kernel_size=3)
        self.bn2 = nn.BatchNorm1d(2 * width)
        self.pool = nn.MaxPool1d(4)
        self.fc = nn.Linear(2 * width, n_keywords)

    def forward(self, audio: Float[Tensor, "batch 8000"]) -> Float[Tensor, "batch n_keywords"]:
        x = audio.unsqueeze(1)
        x = self.pool(torch.relu(self.bn1(self.conv1(x))))
        x = self.pool(torch.relu(self.bn2(self.conv2(x))))
        x = x.mean(dim=-1)
        return self.fc(x)


@torch.no_grad()
def spot(net: KeywordSpotter, audio: Float[Tensor, "batch 8000"], threshold: float = 0.8) -> list[int]:
    net.eval()
    probs = net(audio).softmax(dim=-1)
    best = probs.max(dim=-1)
    hits = best.indices[best.values > threshold]
    return hits.tolist()
