"""Random layers, operators and inputs: each shape rule's answer beside what torch itself does.

    python -m experiments.proofs.rules_against_torch --cases 20000 --seed 0

A case agrees where both refuse, or both give the same shapes and dtypes. Each agreed case is asked again with sizes
made unknown, named, or hidden in a run of sizes: the rule must then answer what is consistent with torch's answer, and
must not refuse what torch takes. Prints a table of kinds and every disagreement; exits with 1 where one is unexplained.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter

import torch

from experiments.proofs.rule_case import REFUSED, Case, answer_of_rule, check, is_complete, spec_of
from experiments.proofs.torch_cases import GENERATORS


def run(cases: int, seed: int) -> tuple[Counter[str], list[tuple[Case, str]], int, int]:
    """Counts by kind, disagreements, how many were refused by both, how many rules left something unknown."""
    rng = random.Random(seed)
    torch.manual_seed(seed)
    kinds: Counter[str] = Counter()
    bad: list[tuple[Case, str]] = []
    refused = incomplete = 0
    generators = list(GENERATORS)
    for i in range(cases):
        case = generators[i % len(generators)](rng)
        kinds[case.kind] += 1
        difference = check(case, rng)
        if difference is not None:
            bad.append((case, difference))
        else:
            answer = answer_of_rule(case, [spec_of(t) for t in case.tensors])
            refused += answer is REFUSED
            incomplete += answer is not REFUSED and not is_complete(answer)
    return kinds, bad, refused, incomplete


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", type=int, default=40, help="how many disagreements to print")
    options = parser.parse_args()
    torch.set_num_threads(1)
    kinds, bad, refused, incomplete = run(options.cases, options.seed)
    by_kind = Counter(case.kind for case, _ in bad)
    for case, difference in bad[: options.show]:
        print(f"{case}\n    {difference}")
    print(
        f"{options.cases} cases of {len(kinds)} kinds: {options.cases - len(bad)} agree "
        f"({refused} refused by both, {incomplete} with a size that only values decide), {len(bad)} differ"
    )
    if by_kind:
        print("differ:", ", ".join(f"{k} {n}" for k, n in by_kind.most_common()))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
