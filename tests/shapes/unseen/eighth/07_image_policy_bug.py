import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor, UInt8


def random_shift(frames: Tensor, pad: int = 4) -> Tensor:
    """Crops each padded batch at one random offset (a cheap DrQ augmentation)."""
    height, width = frames.shape[2], frames.shape[3]
    padded = nn.functional.pad(frames, (pad, pad, pad, pad), mode="replicate")
    top = int(torch.randint(0, 2 * pad + 1, (1,)))
    left = int(torch.randint(0, 2 * pad + 1, (1,)))
    return padded[:, :, top : top + height, left : left + width]


class PixelPolicy(rlt.Module):
    def __init__(self, n_actions: int, channels: int = 3, width: int = 256) -> None:
        super().__init__()
        self.convs = nn.Sequential(
            nn.Conv2d(channels, 32, 8, stride=4),
            nn.ReLU(),
            nn.Conv2d(32, 64, 4, stride=2),
            nn.ReLU(),
            nn.Conv2d(64, 64, 3, stride=1),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.fc = nn.Linear(64 * 7 * 7, width)
        self.policy = nn.Linear(width, n_actions)
        self.value = nn.Linear(width, 1)

    @rlt.typed
    def forward(
        self, obs: UInt8[Tensor, "batch 84 84 channels"]
    ) -> tuple[Float[Tensor, "batch n_actions"], Float[Tensor, "batch"]]:
        x = obs.permute(0, 3, 1, 2)  # BUG: the frames stay uint8, the convolution has float weights
        if self.training:
            x = random_shift(x)
        h = torch.relu(self.fc(self.convs(x)))  # ALSO
        return self.policy(h), self.value(h).squeeze(-1)


@torch.no_grad()
def act(policy: PixelPolicy, frame: UInt8[Tensor, "84 84 channels"]) -> int:
    logits, _ = policy(frame.unsqueeze(0))
    return int(torch.distributions.Categorical(logits=logits).sample())
