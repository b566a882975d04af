"""Grasp scoring: points of the object are moved into the gripper's frame given by a quaternion."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


def rotation_matrix(q: Tensor) -> Tensor:
    w, x, y, z = nn.functional.normalize(q, dim=-1).unbind(dim=-1)
    rows = [
        torch.stack([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)], dim=-1),
        torch.stack([2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)], dim=-1),
        torch.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], dim=-1),
    ]
    return torch.stack(rows, dim=-2)


@rlt.typed
def transform(
    points: Float[Tensor, "batch n 3"], quaternion: Float[Tensor, "batch 4"], translation: Float[Tensor, "batch 3"]
) -> Float[Tensor, "batch n 3"]:
    rotation = rotation_matrix(quaternion)
    return torch.bmm(points, rotation.transpose(1, 2)) + translation.unsqueeze(1)


class GraspScorer(rlt.Module):
    def __init__(self, hidden: int = 64) -> None:
        super().__init__()
        self.point_mlp = nn.Sequential(nn.Linear(3, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.score = nn.Linear(hidden + 1, 1)

    @rlt.typed
    def forward(
        self,
        points: Float[Tensor, "batch n 3"],
        quaternion: Float[Tensor, "batch 4"],
        translation: Float[Tensor, "batch 3"],
        width: Float[Tensor, "batch"],
    ) -> Float[Tensor, "batch"]:
        local = transform(points, quaternion, translation)
        features = self.point_mlp(local).amax(dim=1)
        joined = torch.cat([features, width.unsqueeze(1)], dim=1)
        return self.score(joined).squeeze(1).sigmoid()
