import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class ActivityClassifier(rlt.Module):
    """Human activity recognition from accelerometer windows."""

    def __init__(self, n_sensors: int, n_classes: int, width: int = 48):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv1d(n_sensors, width, 5, padding=2),
            nn.ReLU(),
            nn.Conv1d(width, width, 5, padding=2),
            nn.ReLU(),
        )
        self.classifier = nn.Linear(width, n_classes)

    @rlt.typed
    def forward(self, window: Float[Tensor, "batch time n_sensors"]) -> Float[Tensor, "batch n_classes"]:
        h = self.features(window)  # BUG: Conv1d wants channels before time
        return self.classifier(h.mean(dim=2))


def example() -> object:
    return ActivityClassifier(6, 5)(torch.randn(3, 50, 6))
