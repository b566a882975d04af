import torch
import torch.nn.functional as F

import rlt
from rlt.types import Float, Tensor, UInt8


@rlt.typed
def preprocess_rollout(
    frames: UInt8[Tensor, "envs steps c h w"]
) -> Float[Tensor, "envs steps c 42 42"]:
    """Scales every frame of a rollout to a small square."""
    x = frames.float().div(255.0)
    n, c, h, w = x.shape  # BUG: rollouts have envs and steps in front
    x = F.interpolate(x.reshape(-1, c, h, w), size=(42, 42), mode="area")
    return x.reshape(n, -1, c, 42, 42)


def example() -> object:
    return preprocess_rollout(torch.randint(0, 256, (2, 3, 1, 60, 50), dtype=torch.uint8))
