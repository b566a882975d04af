"""Nature-CNN Q-network; frames come out of the replay buffer as bytes."""

from torch import nn

import rlt
from rlt.types import Float, Tensor, UInt8


def layer_init(layer: nn.Conv2d | nn.Linear, std: float = 2**0.5) -> nn.Module:
    nn.init.orthogonal_(layer.weight, std)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


class NatureQ(rlt.Module):
    def __init__(self, n_actions: int) -> None:
        super().__init__()
        self.n_actions = n_actions
        self.features = nn.Sequential(
            nn.Conv2d(4, 32, 8, stride=4),
            nn.ReLU(),
            nn.Conv2d(32, 64, 4, stride=2),
            nn.ReLU(),
            nn.Conv2d(64, 64, 3, stride=1),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.head = nn.Sequential(nn.Linear(3136, 512), nn.ReLU(), nn.Linear(512, n_actions))
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                layer_init(module)

    @rlt.typed
    def forward(self, frames: UInt8[Tensor, "batch 4 84 84"]) -> Float[Tensor, "batch n_actions"]:
        features = self.features(frames.float() / 255.0)
        return self.head(features)
