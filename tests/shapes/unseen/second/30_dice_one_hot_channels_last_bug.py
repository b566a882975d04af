import torch
import torch.nn.functional as F

import rlt
from rlt.types import Float, Int, Tensor


@rlt.typed
def dice_loss(
    logits: Float[Tensor, "batch classes h w"],
    mask: Int[Tensor, "batch h w"],
    eps: float = 1e-6,
) -> Float[Tensor, ""]:
    num_classes = logits.shape[1]
    probs = F.softmax(logits, dim=1)
    target = F.one_hot(mask, num_classes).float()  # BUG: needs permute(0, 3, 1, 2)
    inter = (probs * target).sum(dim=(0, 2, 3))  # ALSO
    union = probs.sum(dim=(0, 2, 3)) + target.sum(dim=(0, 2, 3))
    dice = (2.0 * inter + eps) / (union + eps)
    return 1.0 - dice.mean()


def example() -> object:
    return dice_loss(torch.randn(2, 4, 10, 12), torch.randint(0, 4, (2, 10, 12)))
