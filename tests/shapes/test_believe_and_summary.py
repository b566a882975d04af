"""`sized of_dtype stored like on_cpu on_cuda`, `rlt.summary`, and the names of `rlt` itself."""

# The mistakes here are on purpose.
# mypy: disable-error-code="type-var"
from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

import rlt
from rlt.errors import ConfigError, ShapeError
from rlt.types import Float, Int, Stream, Tensor, Test, Train


def test_a_belief_that_holds_gives_the_very_same_tensor():
    x = torch.zeros(2, 3, 32, 32)
    assert rlt.sized(x, "batch 3 h h") is x
    assert rlt.sized(x, (2, 3, 32, 32)) is x
    assert rlt.sized(x, "*lead w", w=32) is x
    assert rlt.sized(x, "b ... 32") is x
    assert rlt.of_dtype(x, torch.float32) is x
    assert rlt.stored(x, "cpu") is x
    assert rlt.on_cpu(x) is x
    assert rlt.like(x, torch.ones_like(x)) is x
    assert rlt.like(x, torch.ones(1), shape=False) is x
    assert rlt.sized(torch.zeros(2, 6), "n 3*n") is not None


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x: rlt.sized(x, "batch 4"), "sized: the tensor must be (batch, 4), got (2, 3)\n  3 where 4 is expected"),
        (lambda x: rlt.sized(x, "n n"), "sized: the tensor must be (n, n), got (2, 3)\n  n is 2, here it is 3"),
        (lambda x: rlt.sized(x, "b 2*b"), "sized: the tensor must be (b, 2*b), got (2, 3)\n  2*b is 4, here it is 3"),
        (lambda x: rlt.sized(x, "b"), "sized: the tensor must be (b), got (2, 3)\n  2 dimensions given"),
        (lambda x: rlt.sized(x, (3, 2)), "sized: the tensor must be (3, 2), got (2, 3)\n  fix: .reshape(3, 2)"),
        (
            lambda x: rlt.of_dtype(x, torch.int64),
            "of_dtype: the tensor must be int64, got float32\n  fix: .to(torch.int64)",
        ),
        (lambda x: rlt.on_cuda(x), 'on_cuda: the tensor must be on cuda, but is on cpu\n  fix: .to("cuda")'),
        (lambda x: rlt.like(x, x[0]), "like: the tensor must have the shape (3,), got (2, 3)"),
        (lambda x: rlt.like(x, x.double()), "like: the tensor must have the dtype float64, got float32"),
        (lambda x: rlt.sized([1], "b"), "sized: a tensor is expected, got list"),
        (lambda x: rlt.like(x, 3), "like: a tensor is expected, got int"),
    ],
)
def test_a_belief_that_fails_says_so(call, text):
    with pytest.raises(ShapeError) as caught:
        call(torch.zeros(2, 3))
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x: rlt.sized(x, "b+"), 'sized: cannot read "b+" in the shape "b+"'),
        (lambda x: rlt.sized(x, 5), 'sized: 5 is no shape\n  expected text or a tuple of numbers: "batch 64", (32, 64)'),
        (lambda x: rlt.sized(x, "b n", N=3), "sized: N=3 names no size of these shapes\n  did you mean n?\n  fix: n=3"),
        (
            lambda x: rlt.of_dtype(x, "float64"),
            "of_dtype: a torch.dtype is expected, got 'float64'\n  fix: torch.float64",
        ),
        (
            lambda x: rlt.stored(x, "gpu"),
            'stored: \'gpu\' is no device\n  expected one like "cpu", "cuda", "cuda:1"',
        ),
    ],
)
def test_a_belief_that_cannot_be_read_is_a_mistake_of_its_own(call, text):
    with pytest.raises(ConfigError) as caught:
        call(torch.zeros(2, 3))
    assert str(caught.value) == text


@pytest.mark.parametrize("check", [rlt.check_network, rlt.summary, lambda net: rlt.check_policy(net, None, None)])
def test_what_is_no_network_is_told(check):
    with pytest.raises(ConfigError, match=r"got the class Linear\n  fix: make an object of it: Linear\(\.\.\.\)"):
        check(nn.Linear)
    with pytest.raises(ConfigError, match="is expected, got int 3"):
        check(3)


def test_beliefs_stand_in_a_compiled_graph_without_a_break():
    torch._dynamo.reset()
    compiled = torch.compile(lambda x: rlt.sized(x * 2, "b 3").sum(1), fullgraph=True, backend="eager")
    assert compiled(torch.ones(2, 3)).tolist() == [6, 6]


class Small(rlt.Module):
    def __init__(self, n_actions: int = 4) -> None:
        super().__init__()
        self.embed = nn.Embedding(10, 8)
        self.conv = nn.Conv1d(8, 16, 3, padding=1)
        self.fc = nn.Linear(16, n_actions)
        self.fc.bias.requires_grad_(False)

    def forward(self, x: Int[Tensor, "batch t"]) -> Float[Tensor, "batch n_actions"]:
        h = self.conv(self.embed(x).transpose(1, 2))
        return self.fc(self.fc_input(h))

    def fc_input(self, h: Tensor) -> Tensor:
        return h.mean(-1)


def test_a_summary_shows_layers_lines_shapes_parameters_and_work():
    table = rlt.summary(Small())
    text = re.sub(r"test_believe_and_summary\.py:\d+", "FILE", str(table))
    assert [re.sub(r"\s{2,}", " | ", line) for line in text.splitlines()] == [
        "Small: 548 parameters, 544 of them trainable",
        "layer | line | input | output | parameters | multiply-adds",
        "embed | Embedding(10, 8) | FILE | (batch, t) | (batch, t, 8) | 80",
        "conv | Conv1d(8, 16, 3, padding=1) | FILE | (batch, 8, t) | (batch, 16, t) | 400 | 39,552 per batch",
        "fc | Linear(16, 4) | FILE | (batch, 16) | (batch, 4) | 68 | 64 per batch",
    ]
    assert table.parameters == sum(p.numel() for p in Small().parameters())
    assert table.unchecked is None
    assert table.rows[2].multiply_adds == 64


def test_multiply_adds_agree_with_torchs_own_counter():
    from torch.utils.flop_counter import FlopCounterMode

    body = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(), nn.ConvTranspose2d(8, 4, 2, 2), nn.Flatten())
    net = nn.Sequential(*body, nn.Linear(4 * 30 * 30, 10))
    ours = sum(r.multiply_adds or 0 for r in rlt.summary(net, "1 3 32 32").rows)
    with FlopCounterMode(display=False) as counter:
        net(torch.zeros(1, 3, 32, 32))
    assert 2 * ours == counter.get_total_flops()


def test_a_summary_of_a_network_that_cannot_run_lists_its_layers_and_says_why():
    class Data(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(3, 2)

        def forward(self, x):
            return self.fc(x)

    table = rlt.summary(Data())
    assert [r.layer for r in table.rows] == ["Linear(3, 2)"]
    assert table.unchecked is not None
    assert str(table).splitlines()[-1].startswith("unchecked: ")


def test_a_summary_of_a_wrong_network_shows_how_far_it_came():
    table = rlt.summary(nn.Sequential(nn.Linear(3, 5), nn.Linear(4, 2)), "batch 3")
    assert [(r.path, r.outputs) for r in table.rows] == [("0", "(batch, 5)"), ("1", "")]
    assert "4 input features" in str(table.unchecked)


def test_streams_know_what_they_are_for():
    assert list(Stream([1, 2], Train)) == [1, 2]
    assert Stream([], Test).purpose is Test


def test_plain_mypy_keeps_train_and_test_streams_apart(tmp_path):
    source = tmp_path / "fit.py"
    source.write_text(
        "from rlt.types import Stream, Test, Train\n"
        "def fit(data: Stream[Train]) -> None: ...\n"
        "fit(Stream([1], Train))\n"
        "fit(Stream([1], Test))\n"
    )
    config = tmp_path / "mypy.ini"  # torch and numpy are left unread: nothing is said of them here, and that takes longest
    config.write_text("[mypy]\nfollow_imports = silent\n[mypy-torch.*,jaxtyping.*,numpy.*,gymnasium.*]\nfollow_imports = skip\n")
    command = [sys.executable, "-m", "mypy", "--config-file", str(config), "--cache-dir", str(tmp_path / "cache"), str(source)]
    out = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(rlt.__file__).parents[1])
    errors = [line for line in out.stdout.splitlines() if ": error:" in line]
    assert len(errors) == 1, out.stdout + out.stderr
    assert "fit.py:4" in errors[0]


def test_importing_rlt_loads_no_torch_and_offers_the_same_names_to_checkers():
    code = "import rlt, sys; print('torch' in sys.modules, 'gymnasium' in sys.modules); rlt.typed; print('torch' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["False", "False", "True"]
    tree = ast.parse(Path(rlt.__file__).read_text())
    checked = next(n for n in tree.body if isinstance(n, ast.If))
    names = {a.name for n in checked.body if isinstance(n, ast.ImportFrom) for a in n.names}
    assert names == set(rlt.__all__)
    for name in names:
        assert getattr(rlt, name) is not None
    with pytest.raises(AttributeError, match="has no attribute nothing"):
        rlt.nothing  # noqa: B018
