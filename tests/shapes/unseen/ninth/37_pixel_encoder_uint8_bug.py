"""DrQ-style critic from stacked 84x84 frames with random-shift augmentation."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Int64, Tensor, UInt8
from torch import nn

STACK = 4


class NatureEncoder(nn.Module):
    def __init__(self, feature_dim: int) -> None:
        super().__init__()
        self.convs = nn.Sequential(
            nn.Conv2d(STACK, 32, 8, stride=4),
            nn.ReLU(),
            nn.Conv2d(32, 64, 4, stride=2),
            nn.ReLU(),
            nn.Conv2d(64, 64, 3, stride=1),
            nn.ReLU(),
        )
        self.fc = nn.Linear(64 * 7 * 7, feature_dim)
        self.ln = nn.LayerNorm(feature_dim)

    def forward(self, frames: UInt8[Tensor, "batch 84 84 4"]) -> Float[Tensor, "batch feature_dim"]:
        x = frames.permute(0, 3, 1, 2)  # BUG: bytes go into the convolution, needs .float() / 255
        h = self.convs(x)  # ALSO
        return torch.tanh(self.ln(self.fc(h.flatten(start_dim=1))))


class PixelQ(rlt.Module):
    def __init__(self, n_actions: int, feature_dim: int = 50) -> None:
        super().__init__()
        self.encoder = NatureEncoder(feature_dim)
        self.q = nn.Sequential(nn.Linear(feature_dim, 128), nn.ReLU(), nn.Linear(128, n_actions))

    def forward(self, frames: UInt8[Tensor, "batch 84 84 4"]) -> Float[Tensor, "batch n_actions"]:
        return self.q(self.encoder(frames))


def random_shift(frames: UInt8[Tensor, "batch 84 84 4"], pad: int = 4) -> UInt8[Tensor, "batch 84 84 4"]:
    padded = F.pad(frames, (0, 0, pad, pad, pad, pad))
    top = int(torch.randint(0, 2 * pad + 1, ()).item())
    left = int(torch.randint(0, 2 * pad + 1, ()).item())
    return padded[:, top : top + 84, left : left + 84]


def td_loss(
    online: PixelQ,
    target: PixelQ,
    frames: UInt8[Tensor, "batch 84 84 4"],
    action: Int64[Tensor, "batch"],
    reward: Float[Tensor, "batch"],
    next_frames: UInt8[Tensor, "batch 84 84 4"],
    discount: Float[Tensor, "batch"],
) -> Float[Tensor, ""]:
    with torch.no_grad():
        y = reward + discount * target(random_shift(next_frames)).amax(dim=-1)
    q = online(random_shift(frames))
    chosen = q[torch.arange(q.shape[0], device=q.device), action]
    return F.huber_loss(chosen, y)
