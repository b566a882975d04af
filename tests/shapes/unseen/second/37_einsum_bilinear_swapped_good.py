import torch

import rlt
from rlt.types import Float, Tensor


@rlt.typed
def bilinear_scores(
    query: Float[Tensor, "batch dq"],
    context: Float[Tensor, "batch slots dc"],
    weight: Float[Tensor, "dq dc"],
) -> tuple[Float[Tensor, "batch slots"], Float[Tensor, "batch dc"]]:
    """Luong's general attention with one read-out."""
    scores = torch.einsum("bq,qc,bsc->bs", query, weight, context)
    attn = torch.softmax(scores, dim=-1)
    read = torch.bmm(attn.unsqueeze(1), context).squeeze(1)
    return attn, read


def example() -> object:
    return bilinear_scores(torch.randn(2, 5), torch.randn(2, 9, 7), torch.randn(5, 7))
