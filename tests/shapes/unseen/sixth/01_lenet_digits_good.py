"""LeNet for grey digits, with dropout before the classifier."""

import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class LeNet(rlt.Module):
    def __init__(self, n_classes: int = 10) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(16 * 5 * 5, 120),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Linear(120, 84),
            nn.ReLU(),
            nn.Linear(84, n_classes),
        )

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch 1 28 28"]) -> Float[Tensor, "batch n_classes"]:
        x = self.features(x)
        return self.classifier(x)


def loss_fn(
    model: LeNet, images: Float[Tensor, "batch 1 28 28"], labels: Int64[Tensor, "batch"]
) -> Float[Tensor, ""]:
    logits = model(images)
    return F.cross_entropy(logits, labels, label_smoothing=0.1)
