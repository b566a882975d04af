import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class ProjectionNet(rlt.Module):
    def __init__(self, proj_dim: int = 64) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(3, 32, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
        self.projector = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, proj_dim))

    def forward(self, images: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch proj_dim"]:
        return F.normalize(self.projector(self.encoder(images)), dim=-1)


def nt_xent(
    z1: Float[Tensor, "batch proj_dim"], z2: Float[Tensor, "batch proj_dim"], temperature: float = 0.5
) -> Float[Tensor, ""]:
    batch = z1.shape[0]
    z = torch.cat([z1, z2], dim=0)
    sim = z @ z.t() / temperature
    self_mask = torch.eye(batch, dtype=torch.bool, device=z.device)  # BUG: there are 2 * batch views
    sim = sim.masked_fill(self_mask, float("-inf"))  # ALSO
    index = torch.arange(batch, device=z.device)
    targets = torch.cat([index + batch, index])
    return F.cross_entropy(sim, targets)


def simclr_step(
    net: ProjectionNet, view1: Float[Tensor, "batch 3 32 32"], view2: Float[Tensor, "batch 3 32 32"]
) -> Float[Tensor, ""]:
    return nt_xent(net(view1), net(view2))  # ALSO
