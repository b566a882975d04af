"""Elite selection in the cross-entropy method."""

import rlt
import torch
from rlt.types import Float, Tensor

N_ELITE = 10


@rlt.typed
def elite_scores(scores: Float[Tensor, "population"]) -> Float[Tensor, "10"]:
    best, _ = torch.topk(scores, N_ELITE)
    return best


@rlt.typed
def refit(
    samples: Float[Tensor, "population act_dim"], scores: Float[Tensor, "population"]
) -> tuple[Float[Tensor, "act_dim"], Float[Tensor, "act_dim"], Float[Tensor, ""]]:
    order = scores.argsort(descending=True)
    elite = samples[order[:N_ELITE]]
    threshold = elite_scores(scores).min()
    return elite.mean(dim=0), elite.std(dim=0), threshold


def example() -> object:
    return refit(torch.randn(50, 4), torch.randn(50))
