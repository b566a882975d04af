"""Typed, checked networks under torch's own tools: saving, copying, vmap, compile, export, ONNX, threads."""

from __future__ import annotations

import copy
import io
import pickle
import threading
import warnings

import pytest
import torch
from torch import nn

import rlt
from rlt.errors import ShapeError
from rlt.types import Float, Tensor


class Plain(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(8, 64), nn.Linear(64, 4)

    def forward(self, x):
        return self.b(torch.tanh(self.a(x)))


class Checked(rlt.Module):
    def __init__(self, n_in: int = 8, n_out: int = 4) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(n_in, 64), nn.Linear(64, n_out)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch n_in"]) -> Float[Tensor, "batch n_out"]:
        return self.b(torch.tanh(self.a(x)))


@pytest.fixture
def x():
    return torch.randn(3, 8, generator=torch.Generator().manual_seed(0))


def test_state_dicts_are_torchs_own_in_both_directions(x):
    plain, checked = Plain(), Checked()
    checked.load_state_dict(plain.state_dict())
    torch.testing.assert_close(checked(x), plain(x), rtol=0, atol=0)
    Plain().load_state_dict(checked.state_dict())


def test_pickle_deepcopy_and_torch_save_keep_the_network_and_its_sizes(x):
    checked = Checked()
    buffer = io.BytesIO()
    torch.save(checked, buffer)
    buffer.seek(0)
    for again in (pickle.loads(pickle.dumps(checked)), copy.deepcopy(checked), torch.load(buffer, weights_only=False)):
        torch.testing.assert_close(again(x), checked(x), rtol=0, atol=0)
        with pytest.raises(ShapeError, match="n_in is 8 in this network, here it is 9"):
            again(torch.randn(3, 9))


def test_vmap_over_stacked_parameters_sees_shapes_without_the_mapped_dimension(x):
    checked = Checked()
    stacked = {k: torch.stack([v, 2 * v]) for k, v in checked.named_parameters()}
    both = torch.func.vmap(lambda p, v: torch.func.functional_call(checked, p, (v,)), (0, None))(stacked, x)
    torch.testing.assert_close(both[0], checked(x))
    assert both.shape == (2, 3, 4)


def test_func_grad_and_jacrev_go_through_the_checks(x):
    checked = Checked()
    parameters = dict(checked.named_parameters())
    gradients = torch.func.grad(lambda p: torch.func.functional_call(checked, p, (x,)).sum())(parameters)
    checked(x).sum().backward()
    for name, p in checked.named_parameters():
        torch.testing.assert_close(gradients[name], p.grad)


@pytest.mark.parametrize("dynamic", [False, True])
def test_compiles_as_one_graph_without_a_break(x, dynamic):
    torch._dynamo.reset()
    checked = Checked()
    compiled = torch.compile(checked, fullgraph=True, backend="eager", dynamic=dynamic)
    torch.testing.assert_close(compiled(x), checked(x))
    torch.testing.assert_close(compiled(x[:2]), checked(x[:2]))


def test_typed_functions_with_containers_compile_as_one_graph():
    torch._dynamo.reset()

    @rlt.typed
    def td_error(
        pair: tuple[Float[Tensor, "batch n"], Float[Tensor, "batch"]], mask: Float[Tensor, "batch"] | None = None
    ) -> Float[Tensor, "batch"]:
        out = pair[0].amax(1) - pair[1]
        return out if mask is None else out * mask

    compiled = torch.compile(td_error, fullgraph=True, backend="eager")
    q, v = torch.randn(5, 3), torch.randn(5)
    torch.testing.assert_close(compiled((q, v)), td_error((q, v)))


def test_exports_with_a_dynamic_batch(x):
    checked = Checked()
    exported = torch.export.export(checked, (x,), dynamic_shapes=({0: torch.export.Dim("batch", min=2, max=512)},))
    torch.testing.assert_close(exported.module()(x.repeat(7, 1)), checked(x.repeat(7, 1)))


def test_export_leaves_no_trace_of_the_checks_in_the_graph(x):
    def operations(network):
        return [str(n.target) for n in torch.export.export(network, (x,)).graph.nodes if n.op == "call_function"]

    assert operations(Checked()) == operations(Plain())


def test_onnx_gives_the_same_numbers(x, tmp_path):
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    checked = Checked().eval()
    path = str(tmp_path / "net.onnx")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporter warns of its own deprecations
        torch.onnx.export(checked, (x,), path, dynamo=True, verbose=False)
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (got,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    torch.testing.assert_close(torch.from_numpy(got), checked(x).detach(), rtol=1e-4, atol=1e-5)


def test_networks_built_in_many_threads_are_each_checked_for_themselves():
    wrong: list[bool] = []
    fine: list[Checked] = []
    gate = threading.Barrier(8)

    class Wrong(rlt.Module):
        def __init__(self, n: int) -> None:
            super().__init__()
            self.inner = Checked()
            self.fc = nn.Linear(n + 1, 3)

        def forward(self, x: Float[Tensor, "batch n"]) -> Float[Tensor, "batch 3"]:
            return self.fc(x)

    def build(i: int) -> None:
        gate.wait()
        for _ in range(20):
            if i % 2:
                fine.append(Checked(8 + i, 4))
            else:
                try:
                    Wrong(10 + i)
                except ShapeError as error:
                    wrong.append(f"{11 + i} input features, gets {10 + i}" in str(error))

    threads = [threading.Thread(target=build, args=(i,)) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(fine) == 80
    assert wrong == [True] * 80


def test_a_check_in_one_thread_does_not_disturb_a_forward_of_the_same_network_in_another(x):
    checked = Checked()
    expected = checked(x)
    stop = threading.Event()
    failures: list[BaseException] = []

    def use() -> None:
        try:
            while not stop.is_set():
                torch.testing.assert_close(checked(x), expected, rtol=0, atol=0)
        except BaseException as error:
            failures.append(error)

    user = threading.Thread(target=use)
    user.start()
    for _ in range(50):
        rlt.check_network(checked)
    stop.set()
    user.join()
    assert not failures
