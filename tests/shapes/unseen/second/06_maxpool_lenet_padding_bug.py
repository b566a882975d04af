import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class LeNet(rlt.Module):
    def __init__(self, n_classes: int = 10):
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5)  # BUG: 28x28 digits need padding=2 to reach 5x5 at the end
        self.c3 = nn.Conv2d(6, 16, 5)
        self.f5 = nn.Linear(16 * 5 * 5, 120)  # ALSO
        self.f6 = nn.Linear(120, 84)
        self.out = nn.Linear(84, n_classes)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch 1 28 28"]) -> Float[Tensor, "batch n_classes"]:
        y = F.max_pool2d(torch.tanh(self.c1(x)), 2)
        y = F.max_pool2d(torch.tanh(self.c3(y)), 2)
        y = y.view(y.size(0), -1)
        y = torch.tanh(self.f5(y))  # ALSO
        y = torch.tanh(self.f6(y))
        return self.out(y)


def example() -> object:
    return LeNet()(torch.randn(2, 1, 28, 28))
