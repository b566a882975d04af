"""Random network distillation: prediction error on pixels as an exploration bonus."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor, UInt8

FRAME = 42


def conv_encoder(channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, 16, 3, stride=2),
        nn.LeakyReLU(),
        nn.Conv2d(16, 32, 3, stride=2),
        nn.LeakyReLU(),
        nn.Flatten(),
    )


class RND(rlt.Module):
    """A predictor chases a frozen random network."""

    def __init__(self, channels: int = 4, features: int = 64) -> None:
        super().__init__()
        flat = 32 * 9 * 9
        self.predictor = nn.Sequential(conv_encoder(channels), nn.Linear(flat, features), nn.ReLU(), nn.Linear(features, features))
        self.goal_net = nn.Sequential(conv_encoder(channels), nn.Linear(flat, features))
        for p in self.goal_net.parameters():
            p.requires_grad_(False)

    @staticmethod
    def _prepare(frames: Tensor) -> Tensor:
        return (frames.float() / 255.0 - 0.5).clamp(-5.0, 5.0)

    def forward(
        self, frames: UInt8[Tensor, "batch channels 42 42"]
    ) -> tuple[Float[Tensor, "batch features"], Float[Tensor, "batch features"]]:
        x = self._prepare(frames)
        return self.predictor(x), self.goal_net(x)

    def bonus(self, frames: UInt8[Tensor, "batch channels 42 42"]) -> Float[Tensor, "batch"]:
        predicted, goal = self.forward(frames)
        error = (predicted - goal).pow(2).mean()  # BUG: one bonus per transition, this averages over the batch as well
        return error.detach()  # ALSO


def mix_rewards(
    rnd: RND, frames: UInt8[Tensor, "batch channels 42 42"], extrinsic: Float[Tensor, "batch"], scale: float = 0.5
) -> Float[Tensor, "batch"]:
    intrinsic = rnd.bonus(frames)  # ALSO
    intrinsic = intrinsic / (intrinsic.std() + 1e-8)
    return extrinsic + scale * intrinsic


def distillation_loss(rnd: RND, frames: UInt8[Tensor, "batch channels 42 42"], keep: float = 0.25) -> Float[Tensor, ""]:
    predicted, goal = rnd(frames)
    per_sample = (predicted - goal.detach()).pow(2).mean(dim=1)
    mask = (torch.rand_like(per_sample) < keep).float()
    return (per_sample * mask).sum() / mask.sum().clamp(min=1.0)
