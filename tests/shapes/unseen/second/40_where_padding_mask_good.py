import torch

import rlt
from rlt.types import Bool, Float, Tensor


@rlt.typed
def masked_attention_weights(
    scores: Float[Tensor, "batch heads tgt src"],
    key_is_pad: Bool[Tensor, "batch src"],
) -> Float[Tensor, "batch heads tgt src"]:
    neg_inf = torch.finfo(scores.dtype).min
    mask = key_is_pad[:, None, None, :]
    scores = torch.where(mask, neg_inf, scores)
    return torch.softmax(scores, dim=-1)


def example() -> object:
    pad = torch.zeros(3, 6, dtype=torch.bool)
    pad[:, 4:] = True
    return masked_attention_weights(torch.randn(3, 2, 5, 6), pad)
