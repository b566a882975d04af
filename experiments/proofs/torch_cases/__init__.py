"""Random calls of torch for `rules_against_torch`: mostly sensible, sometimes wrong."""

from experiments.proofs.torch_cases import arithmetic, arranging, combining, judging, layers
from experiments.proofs.torch_cases.draws import GENERATORS

__all__ = ["GENERATORS", "arithmetic", "arranging", "combining", "judging", "layers"]
