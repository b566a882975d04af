import torch
import torch.nn.functional as F

import rlt
from rlt.types import Float, Tensor


@rlt.typed
def discriminator_loss(
    real_logits: Float[Tensor, "batch 1"],
    fake_logits: Float[Tensor, "batch 1"],
    smoothing: float = 0.9,
) -> Float[Tensor, ""]:
    """Non-saturating GAN loss with one-sided label smoothing."""
    real_target = torch.full((real_logits.shape[0], 1), smoothing)
    fake_target = torch.zeros_like(fake_logits)
    loss_real = F.binary_cross_entropy_with_logits(real_logits, real_target)
    loss_fake = F.binary_cross_entropy_with_logits(fake_logits, fake_target)
    return 0.5 * (loss_real + loss_fake)


def example() -> object:
    return discriminator_loss(torch.randn(6, 1), torch.randn(6, 1))
