"""Token-level language-model loss."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Int, Tensor


@rlt.typed
def lm_loss(
    logits: Float[Tensor, "batch time vocab"], tokens: Int[Tensor, "batch time"], pad_id: int = 0
) -> Float[Tensor, ""]:
    """Predicts token t + 1 from position t."""
    shifted = logits[:, :-1]
    targets = tokens[:, 1:]
    return F.cross_entropy(shifted, targets, ignore_index=pad_id)  # BUG: classes must be dimension 1


def example() -> object:
    return lm_loss(torch.randn(3, 8, 20), torch.randint(1, 20, (3, 8)))
