import torch
from torch import nn
from torch.nn import functional as F

import rlt
from rlt.types import Float, Tensor


class SimCLR(rlt.Module):
    """A convolutional encoder with a projection head, normalised to the unit sphere."""

    def __init__(self, proj_dim: int = 64, width: int = 32) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(3, width, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
        self.projector = nn.Sequential(
            nn.Linear(2 * width, 2 * width), nn.BatchNorm1d(2 * width), nn.ReLU(), nn.Linear(2 * width, proj_dim)
        )

    @rlt.typed
    def forward(self, images: Float[Tensor, "batch 3 height width_px"]) -> Float[Tensor, "batch proj_dim"]:
        return F.normalize(self.projector(self.encoder(images)), dim=-1)


def nt_xent(
    z1: Float[Tensor, "batch proj_dim"], z2: Float[Tensor, "batch proj_dim"], temperature: float = 0.2
) -> Float[Tensor, ""]:
    batch = z1.shape[0]
    z = torch.cat([z1, z2], dim=0)
    sim = z @ z.T / temperature
    self_mask = torch.eye(2 * batch, dtype=torch.bool, device=z.device)
    sim = sim.masked_fill(self_mask, float("-inf"))
    first = torch.arange(batch, device=z.device)
    positives = torch.cat([first + batch, first], dim=0)
    return F.cross_entropy(sim, positives)


def contrastive_step(model: SimCLR, view1: Tensor, view2: Tensor) -> Float[Tensor, ""]:
    return nt_xent(model(view1), model(view2))
