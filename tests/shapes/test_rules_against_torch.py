"""Every shape rule answers as torch does: a small run of the proof `experiments/proofs/rules_against_torch.py`."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest
import torch

from experiments.proofs import rules_against_torch as proof
from experiments.proofs.torch_cases import GENERATORS
from rlt.shapes.rules import LAYERS, OPERATORS, Problem, TensorSpec, operator_rule
from rlt.shapes.rules.losses import LOSSES
from rlt.shapes.shape import parse_shape


@pytest.mark.parametrize("seed", [11, 12])
def test_rules_and_torch_agree_on_random_calls(seed):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    kinds, bad, refused, _ = proof.run(2000, seed)
    torch.set_num_threads(threads)
    assert not bad, "\n".join(f"{case}: {difference}" for case, difference in bad[:5])
    assert len(kinds) > 240
    assert refused > 200  # mistakes are among the cases


def test_the_random_calls_reach_every_layer_and_nearly_every_operator():
    rng = random.Random(0)
    kinds = {make(rng).kind for _ in range(80) for make in GENERATORS}
    same = {"ReLU6", "CELU"}
    unreached = {n for n, layer in LAYERS.items() if n not in kinds and not layer.keeps_shape} - same
    unreached -= set(LOSSES)  # loss modules: programs of tests/shapes/static
    assert unreached <= {"UpsamplingNearest2d", "UpsamplingBilinear2d", "CosineSimilarity"}
    rules = {id(rule) for name, rule in OPERATORS.items() if name in kinds}
    missing = {name for name, rule in OPERATORS.items() if id(rule) not in rules}
    assert len(missing) < 0.3 * len(OPERATORS)


def spec(text: str, dtype: str = "float32") -> TensorSpec:
    return TensorSpec(parse_shape(text), dtype)


@pytest.mark.parametrize(
    ("rule", "inputs", "options", "shape"),
    [
        ("Conv2d", ["b 3 h w"], {"in_channels": 3, "out_channels": 8, "kernel_size": 3, "stride": 2, "padding": 1},
         "(b, 8, (h+1)//2, (w+1)//2)"),
        ("Linear", ["*batch 7"], {"in_features": 7, "out_features": 2}, "(*batch, 2)"),
        ("Flatten", ["b c h w"], {}, "(b, c*h*w)"),
        ("cat", [["b n", "b m"]], {"dim": 1}, "(b, m+n)"),
        ("matmul", ["b i j", "j k"], {}, "(b, i, k)"),
        ("einsum", ["...i,ij->...j", "*b i", "i j"], {}, "(...,)"),
        ("view", ["b t d", -1, "d"], {}, "(b*t, d)"),
        ("__getitem__", ["b t d", (slice(None), -1)], {}, "(b, d)"),
        ("split", ["b 12", 4, 1], {}, "(b, 4) (b, 4) (b, 4)"),
        ("topk", ["b n", 5], {}, "(b, 5) (b, 5)"),
        ("one_hot", ["b t", 9], {}, "(b, t, 9)"),
    ],
)  # fmt: skip
def test_rules_carry_names_through(rule, inputs, options, shape):
    def given(x):
        if isinstance(x, list):
            return [given(i) for i in x]
        if not isinstance(x, str) or "->" in x:
            return x
        return spec(x, "int64" if rule == "one_hot" else "float32")

    if rule in LAYERS:
        layer = LAYERS[rule]
        answer = layer.apply(layer.arguments((), options), *[given(x) for x in inputs])
    else:
        arguments = [parse_shape("d").dims[0] if rule == "view" and x == "d" else given(x) for x in inputs]
        found = operator_rule(rule)
        assert found is not None
        answer = found(*arguments, **options)
    parts = answer if isinstance(answer, tuple) else (answer,)
    assert " ".join(str(p.shape) for p in parts) == shape


def test_a_problem_carries_what_a_message_needs():
    layer = LAYERS["Linear"]
    with pytest.raises(Problem) as caught:
        layer.apply(layer.arguments((784, 10), {}), spec("batch 512"))
    problem = caught.value
    assert (problem.expected, problem.got, problem.dimension) == ("784 input features", "512", -1)
    assert problem.sizes == (784, 512)
    assert problem.change == {"in_features": 512}
    assert not problem.rests_on_names
    assert layer.describe(layer.arguments((784, 10), {}) | problem.change) == "Linear(512, 10)"


def test_the_rules_import_no_torch():
    code = "import sys, rlt.shapes.rules, rlt.shapes.dims; print('torch' in sys.modules, 'jaxtyping' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["False", "False"]
