import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class SiameseNet(rlt.Module):
    def __init__(self, embedding: int = 64) -> None:
        super().__init__()
        self.cnn = nn.Sequential(
            nn.Conv2d(1, 16, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.fc = nn.Linear(32 * 4 * 4, embedding)

    def embed(self, x: Tensor) -> Tensor:
        return self.fc(torch.flatten(self.cnn(x), 1))

    @rlt.typed
    def forward(
        self, left: Float[Tensor, "batch 1 28 28"], right: Float[Tensor, "batch 1 28 28"]
    ) -> tuple[Float[Tensor, "batch embedding"], Float[Tensor, "batch embedding"]]:
        return self.embed(left), self.embed(right)


def contrastive_loss(
    a: Float[Tensor, "batch embedding"],
    b: Float[Tensor, "batch embedding"],
    same: Float[Tensor, "batch"],
    margin: float = 1.0,
) -> Float[Tensor, "batch"]:
    distance = F.pairwise_distance(a, b, keepdim=True)  # BUG: keepdim makes [batch, 1] meet same [batch]
    pull = same * distance.pow(2)  # ALSO
    push = (1 - same) * (margin - distance).clamp(min=0).pow(2)  # ALSO
    return pull + push  # ALSO


def train_step(net: SiameseNet, opt: torch.optim.Optimizer, left: Tensor, right: Tensor, same: Tensor) -> float:
    a, b = net(left, right)
    loss = contrastive_loss(a, b, same).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    return loss.item()
