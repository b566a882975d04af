"""One trunk, a dictionary of heads, a dictionary of outputs."""

from torch import nn

import rlt
from rlt.types import Float, Tensor


class MultiTask(rlt.Module):
    def __init__(self, in_dim: int, n_classes: int, width: int = 96) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Linear(in_dim, width),
            nn.BatchNorm1d(width),
            nn.GELU(),
            nn.Linear(width, width // 2),
            nn.GELU(),
        )
        self.heads = nn.ModuleDict(
            {
                "label": nn.Linear(width // 2, n_classes),
                "box": nn.Linear(width, 4),  # BUG: the trunk ends at half the width
                "score": nn.Linear(width // 2, 1),
            }
        )

    @rlt.typed
    def predict_label(self, x: Float[Tensor, "batch in_dim"]) -> Float[Tensor, "batch n_classes"]:
        return self.heads["label"](self.trunk(x)).softmax(dim=-1)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch in_dim"]) -> dict[str, Tensor]:
        h = self.trunk(x)
        return {
            "label": self.heads["label"](h),
            "box": self.heads["box"](h).sigmoid(),  # ALSO
            "score": self.heads["score"](h).squeeze(-1),
        }
