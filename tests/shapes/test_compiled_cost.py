"""What annotations leave behind in compiled code: nothing in the kernels, two identity guards."""

from __future__ import annotations

import importlib
import sys
import warnings
from pathlib import Path

import pytest
import torch

BENCHMARKS = Path(__file__).parents[2] / "experiments" / "benchmarks"


@pytest.fixture
def cost(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    yield importlib.import_module("typed_cost")
    sys.modules.pop("typed_cost", None)


def test_annotations_add_two_guards_on_functions_and_none_on_sizes(cost):
    plain, typed = cost.guards(cost.Plain(8, 4)), cost.guards(cost.Typed(8, 4))
    assert len(typed) <= len(plain) + 2
    added = sorted(g for g in set(typed) - set(plain) if "builtins" not in g)
    assert added == ["CLOSURE_MATCH G['_compiling']", "CLOSURE_MATCH G['_fn']"]


def test_a_compiled_training_step_has_the_same_kernels_with_and_without_annotations(cost):
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch's own compiler
        plain, typed = cost.kernels(cost.Plain(8, 4)), cost.kernels(cost.Typed(8, 4))
    assert plain == typed
    assert sum(len(code) for code in plain) > 1000
