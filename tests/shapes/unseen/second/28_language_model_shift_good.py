"""Next-token loss over padded sequences."""

import torch
import torch.nn.functional as F

import rlt
from rlt.types import Float, Int, Tensor

IGNORE = -100


@rlt.typed
def causal_lm_loss(
    logits: Float[Tensor, "batch time vocab"],
    tokens: Int[Tensor, "batch time"],
    pad_id: int = 0,
) -> Float[Tensor, ""]:
    labels = tokens.masked_fill(tokens == pad_id, IGNORE)
    shift_logits = logits[:, :-1, :].contiguous()
    shift_labels = labels[:, 1:].contiguous()
    vocab = shift_logits.size(-1)
    return F.cross_entropy(
        shift_logits.view(-1, vocab),
        shift_labels.view(-1),
        ignore_index=IGNORE,
    )


def example() -> object:
    return causal_lm_loss(torch.randn(2, 9, 40), torch.randint(0, 40, (2, 9)))
