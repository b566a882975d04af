"""Each cell of the table in rlt/nn/README.md: the blocks of rlt.nn under torch's tools."""

from __future__ import annotations

import copy
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from rlt.nn import (
    MLP,
    BottleneckBlock,
    CategoricalHead,
    ConvStack,
    DuelingHead,
    Ensemble,
    GaussianHead,
    NatureCNN,
    NoisyLinear,
    QuantileHead,
    RecurrentCore,
    RecurrentState,
    ResidualBlock,
)


def member() -> MLP:
    return MLP(3, 2, (4,))


def sequences(time: int = 5) -> tuple[torch.Tensor, RecurrentState, torch.Tensor]:
    start = torch.zeros(time, 2, dtype=torch.bool)
    start[2, 1] = True
    return torch.randn(time, 2, 3), RecurrentState(torch.randn(1, 2, 4), torch.randn(1, 2, 4)), start


BLOCKS: dict[str, tuple[Callable[[], nn.Module], Callable[[], tuple]]] = {
    "MLP": (lambda: MLP(3, 2, (4,), "tanh"), lambda: (torch.randn(5, 3),)),
    "ConvStack": (lambda: ConvStack(3, [(4, 3, 2, 1), (5, 3)]), lambda: (torch.randn(2, 3, 9, 9),)),
    "NatureCNN": (lambda: NatureCNN(1, 36, 36, 7), lambda: (torch.randint(0, 255, (2, 1, 36, 36), dtype=torch.uint8),)),
    "ResidualBlock": (lambda: ResidualBlock(4, 5, 2), lambda: (torch.randn(2, 4, 6, 6),)),
    "BottleneckBlock": (lambda: BottleneckBlock(4, 2, 2), lambda: (torch.randn(2, 4, 6, 6),)),
    "NoisyLinear": (lambda: NoisyLinear(3, 4), lambda: (torch.randn(2, 3),)),
    "DuelingHead": (lambda: DuelingHead(3, 4), lambda: (torch.randn(2, 3),)),
    "QuantileHead": (lambda: QuantileHead(3, 4, 5), lambda: (torch.randn(2, 3),)),
    "CategoricalHead": (lambda: CategoricalHead(3, 4, 5), lambda: (torch.randn(2, 3),)),
    "GaussianHead": (lambda: GaussianHead(3, 4), lambda: (torch.randn(2, 3),)),
    "RecurrentCore": (lambda: RecurrentCore(3, 4), sequences),
    "Ensemble": (lambda: Ensemble(member, 2), lambda: (torch.randn(5, 3),)),
}
WITHOUT_VMAP = {"Ensemble"}
"""An ensemble is itself what vmap makes of its members."""


@pytest.fixture(params=BLOCKS)
def name(request: pytest.FixtureRequest) -> str:
    torch.manual_seed(0)
    return str(request.param)


def same(got: object, wanted: object) -> None:
    torch.testing.assert_close(got, wanted, rtol=1e-4, atol=1e-5)


def flat(out: object) -> list[torch.Tensor]:
    return [out] if isinstance(out, torch.Tensor) else [t for part in out for t in flat(part)]  # type: ignore[attr-defined]


def test_pickle_and_deepcopy_keep_the_numbers(name: str) -> None:
    build, inputs = BLOCKS[name]
    block, given = build().eval(), inputs()
    for again in (pickle.loads(pickle.dumps(block)), copy.deepcopy(block)):
        same(flat(again(*given)), flat(block(*given)))


def test_vmap_over_stacked_parameters_equals_a_loop(name: str) -> None:
    if name in WITHOUT_VMAP:
        pytest.skip("it is made by vmap")
    build, inputs = BLOCKS[name]
    members, given = [build().eval() for _ in range(2)], inputs()
    stacked = torch.func.stack_module_state(members)
    together = torch.func.vmap(lambda p, b: torch.func.functional_call(members[0], (p, b), given))(*stacked)
    alone = [flat(m(*given)) for m in members]
    same(flat(together), [torch.stack(parts) for parts in zip(*alone)])


@pytest.mark.slow
def test_it_compiles_as_one_graph(name: str) -> None:
    build, inputs = BLOCKS[name]
    block, given = build().eval(), inputs()
    torch._dynamo.reset()
    same(flat(torch.compile(block, fullgraph=True, backend="aot_eager")(*given)), flat(block(*given)))


@pytest.mark.slow
def test_it_is_exported(name: str) -> None:
    build, inputs = BLOCKS[name]
    block, given = build().eval(), inputs()
    same(flat(torch.export.export(block, given).module()(*given)), flat(block(*given)))


class Together(nn.Module):
    """Every block at once: an export costs a second, however little is in it."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleDict({name: build() for name, (build, _) in BLOCKS.items()})

    def forward(self, *given: tuple) -> list[object]:
        return [block(*inputs) for block, inputs in zip(self.blocks.values(), given, strict=True)]


@pytest.mark.slow
def test_onnx_runtime_gives_the_same(tmp_path: Path) -> None:
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    torch.manual_seed(0)
    network, given = Together().eval(), tuple(inputs() for _, inputs in BLOCKS.values())
    path = str(tmp_path / "blocks.onnx")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporter warns of its own deprecations
        torch.onnx.export(network, given, path, dynamo=True, verbose=False)
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    wanted = [i.name for i in session.get_inputs()]
    got = session.run(None, dict(zip(wanted, (t.numpy() for t in flat(given)), strict=True)))
    same([torch.from_numpy(t) for t in got], [t.detach() for t in flat(network(*given))])
