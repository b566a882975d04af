"""The constructor on the first set of unseen bugs: every network with a mistake in it is stopped as it is built."""

from __future__ import annotations

import inspect
import random
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import rlt
from rlt.errors import ShapeError
from tests.shapes.mutants import loaded

FIRST = Path(__file__).parent / "unseen" / "first"
ELSEWHERE = {
    "36_onehot_transition": "the width of `one_hot` without a number of classes depends on the data",
    "45_call_unbatched": "the network is right, its caller is not: the call check refuses it",
    "50_argmax_dim": "in a method that `forward` does not call: its own call check refuses the result",
}
"""Networks that are built all the same, and why."""


def networks(module: ModuleType) -> dict[str, Any]:
    found = {n: c for n, c in vars(module).items() if inspect.isclass(c) and issubclass(c, rlt.Module)}
    return {n: c for n, c in found.items() if c.__module__ == module.__name__}


def choices(network: Any) -> Any:
    """Sizes for the constructor's parameters, again and again."""
    rng = random.Random(0)
    while True:
        given: dict[str, Any] = {}
        for p in list(inspect.signature(network.__init__).parameters.values())[1:]:
            if p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
                continue
            kind = str(p.annotation)
            size = rng.choice((3, 4, 6, 7, 8, 12, 16, 24, 32, 64))
            given[p.name] = (size, size) if "tuple" in kind else 0.5 if "float" in kind else True if "bool" in kind else size
        yield given


def is_built(network: Any, arguments: dict[str, Any]) -> bool:
    try:
        network(**arguments)
    except (ShapeError, ValueError, RuntimeError, AssertionError):
        return False
    return True


PAIRS = sorted(p.name.removesuffix("_good.py") for p in FIRST.glob("*_good.py") if "(rlt.Module)" in p.read_text())


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", PAIRS)
def test_a_network_with_a_mistake_in_it_is_stopped_as_it_is_built(name: str) -> None:
    reached, stopped = 0, False
    with loaded(FIRST / f"{name}_good.py", "on") as good, loaded(FIRST / f"{name}_bug.py", "on") as bug:
        wrong = networks(bug)
        for cls, network in networks(good).items():
            for arguments in islice((a for a in islice(choices(network), 60) if is_built(network, a)), 3):
                reached += 1
                try:
                    wrong[cls](**arguments)
                except (ShapeError, AssertionError):  # torch's own: MultiheadAttention(10, 4) refuses itself
                    stopped = True
    assert reached, "no choice of sizes builds the correct twin"
    assert stopped == (name not in ELSEWHERE)
