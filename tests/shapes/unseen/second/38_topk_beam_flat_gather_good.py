import torch

import rlt
from rlt.types import Float, Int, Tensor


@rlt.typed
def beam_step(
    log_probs: Float[Tensor, "batch beams vocab"],
    beam_scores: Float[Tensor, "batch beams"],
) -> tuple[Float[Tensor, "batch beams"], Int[Tensor, "batch beams"], Int[Tensor, "batch beams"]]:
    """Returns the new scores, the parents and the tokens."""
    n_beams, vocab = log_probs.shape[1:]
    total = beam_scores.unsqueeze(-1) + log_probs
    scores, flat = total.flatten(1).topk(n_beams, dim=-1)
    parent = torch.div(flat, vocab, rounding_mode="floor")
    token = flat % vocab
    return scores, parent, token


def example() -> object:
    return beam_step(torch.randn(2, 4, 30).log_softmax(-1), torch.zeros(2, 4))
