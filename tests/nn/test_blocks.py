"""The blocks of rlt.nn against torch's own layers and the papers' equations."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
import torch
from torch import nn

import rlt
from rlt.errors import ConfigError
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
    ResidualBlock,
    StackedLinear,
    StackedMLP,
    initialize,
)
from rlt.types import Float, Tensor

BLOCKS = {
    "mlp": (lambda: MLP(3, 2, (8, 8), "tanh"), (5, 3), (5, 2)),
    "mlp with layer norm": (lambda: MLP(3, 2, layer_norm=True), (4, 5, 3), (4, 5, 2)),
    "conv stack": (lambda: ConvStack(3, [(8, 3, 2, 1), (4, 3, 1)]), (2, 3, 9, 9), (2, 4, 3, 3)),
    "residual": (lambda: ResidualBlock(8, 8), (2, 8, 6, 6), (2, 8, 6, 6)),
    "residual, strided": (lambda: ResidualBlock(8, 16, 2), (2, 8, 6, 6), (2, 16, 3, 3)),
    "bottleneck": (lambda: BottleneckBlock(8, 4, 2), (2, 8, 6, 6), (2, 16, 3, 3)),
    "noisy linear": (lambda: NoisyLinear(3, 4), (2, 3), (2, 4)),
    "dueling": (lambda: DuelingHead(3, 4), (2, 3), (2, 4)),
    "quantile": (lambda: QuantileHead(3, 4, 5), (2, 3), (2, 4, 5)),
    "categorical": (lambda: CategoricalHead(3, 4, 7), (2, 3), (2, 4, 7)),
    "stacked linear": (lambda: StackedLinear(4, 3, 2), (4, 5, 3), (4, 5, 2)),
    "stacked mlp": (lambda: StackedMLP(4, 3, 2, (8, 8), "tanh"), (5, 3), (4, 5, 2)),
    "ensemble": (lambda: Ensemble(lambda: MLP(3, 2), 4), (5, 3), (4, 5, 2)),
}


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_gives_its_shape_and_survives_copy_pickle_and_state_dict(name):
    build, given, wanted = BLOCKS[name]
    block, x = build().eval(), torch.randn(given)
    out = block(x)
    assert out.shape == wanted
    assert torch.equal(copy.deepcopy(block)(x), out)
    if name != "ensemble":  # it is built from a lambda, yet its members pickle too
        assert torch.equal(pickle.loads(pickle.dumps(block))(x), out)
    other = build().eval()
    other.load_state_dict(block.state_dict())
    assert torch.equal(other(x), out)


@pytest.mark.parametrize("name", [n for n in BLOCKS if n != "ensemble"])
def test_vmap_over_parameters_equals_a_loop(name):
    build, given, _ = BLOCKS[name]
    members, x = [build().eval() for _ in range(3)], torch.randn(given)
    parameters, buffers = torch.func.stack_module_state(members)
    together = torch.func.vmap(lambda p, b: torch.func.functional_call(members[0], (p, b), (x,)))(parameters, buffers)
    torch.testing.assert_close(together, torch.stack([m(x) for m in members]), rtol=1e-5, atol=1e-6)


def test_nature_cnn_takes_bytes_and_has_the_papers_sizes():
    net = NatureCNN(4, 84, 84)
    assert net.linear.in_features == 3136
    assert net(torch.full((2, 4, 84, 84), 255, dtype=torch.uint8)).shape == (2, 512)
    assert NatureCNN(1, 64, 64).linear.in_features == 1024


def test_a_dueling_head_is_equation_9():
    head, x = DuelingHead(3, 4), torch.randn(2, 3)
    value, advantage = head.value(x), head.advantage(x)
    torch.testing.assert_close(head(x), value + advantage - advantage.mean(1, keepdim=True))


def test_a_gaussian_head_clamps_its_log_std():
    head = GaussianHead(3, 2, -5.0, 2.0)
    mean, log_std = head(1e4 * torch.randn(64, 3))
    assert mean.shape == log_std.shape == (64, 2)
    assert log_std.min() == -5
    assert log_std.max() == 2


def test_noise_is_factorised_reproducible_and_absent_when_switched_off():
    layer, x = NoisyLinear(3, 4), torch.randn(2, 3)
    layer.resample(torch.Generator().manual_seed(1))
    noisy = layer(x)
    layer.resample(torch.Generator().manual_seed(2))
    assert not torch.equal(layer(x), noisy)
    layer.resample(torch.Generator().manual_seed(1))
    assert torch.equal(layer(x), noisy)
    weight = layer.weight + layer.weight_sigma * layer.noise_out[:, None] * layer.noise_in[None]
    torch.testing.assert_close(noisy, x @ weight.T + layer.bias + layer.bias_sigma * layer.noise_out)
    layer.noisy = False
    torch.testing.assert_close(layer(x), x @ layer.weight.T + layer.bias)


@pytest.mark.parametrize("kind", ["lstm", "gru"])
@pytest.mark.parametrize("layers", [1, 2])
def test_a_core_is_torchs_layer_under_torchs_names(kind, layers):
    torchs = (nn.LSTM if kind == "lstm" else nn.GRU)(3, 5, layers)
    core = RecurrentCore(3, 5, layers, kind)
    assert core.state_dict().keys() == torchs.state_dict().keys()
    torch.manual_seed(7)
    seeded = RecurrentCore(3, 5, layers, kind)
    torch.manual_seed(7)
    same = (nn.LSTM if kind == "lstm" else nn.GRU)(3, 5, layers)
    assert all(torch.equal(a, b) for a, b in zip(seeded.parameters(), same.parameters()))
    core.load_state_dict(torchs.state_dict())
    x = torch.randn(9, 4, 3)
    out, state = core(x, core.initial_state(4), torch.zeros(9, 4, dtype=torch.bool))
    want, last = torchs(x)
    assert torch.equal(out, want)
    assert torch.equal(state.hidden, last[0] if kind == "lstm" else last)


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_the_cell_loop_equals_the_kernel_with_resets_anywhere(kind):
    core = RecurrentCore(3, 5, 2, kind).double()
    x, start = torch.randn(40, 4, 3, dtype=torch.float64), torch.rand(40, 4) < 0.15
    begin = core.initial_state(4)
    kernel, cells = core._by_kernel(x, begin, start), core._by_cells(x, begin, start)
    for a, b in ((kernel[0], cells[0]), *zip(kernel[1], cells[1])):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_a_reset_forgets_and_only_there(kind):
    core = RecurrentCore(3, 5, 1, kind)
    x, start = torch.randn(8, 2, 3), torch.zeros(8, 2, dtype=torch.bool)
    start[5, 0] = True
    out, _ = core(x, core.initial_state(2), start)
    fresh, _ = core(x[5:], core.initial_state(2), torch.zeros(3, 2, dtype=torch.bool))
    straight, _ = core(x, core.initial_state(2), torch.zeros(8, 2, dtype=torch.bool))
    torch.testing.assert_close(out[5:, 0], fresh[:, 0])
    torch.testing.assert_close(out[:, 1], straight[:, 1])
    assert not torch.allclose(out[5:, 0], straight[5:, 0])


def test_an_ensemble_is_its_members_and_each_loads_a_plain_checkpoint():
    ensemble, x = Ensemble(lambda: MLP(3, 2), 3), torch.randn(5, 3)
    members = [MLP(3, 2) for _ in range(3)]
    for i, member in enumerate(members):
        ensemble.load_member(i, member.state_dict())
    torch.testing.assert_close(ensemble(x), torch.stack([m(x) for m in members]))
    assert len(list(ensemble.parameters())) == len(list(members[0].parameters()))


def test_an_ensemble_refuses_batch_norm_and_no_members():
    with pytest.raises(ConfigError, match="batch norm"):
        Ensemble(lambda: ResidualBlock(4, 4), 2)
    with pytest.raises(ConfigError, match="at least 1"):
        Ensemble(lambda: MLP(3, 2), 0)


@pytest.mark.parametrize("name", ["orthogonal", "xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal", "torch"])
def test_an_initialiser_by_name_is_torchs(name):
    layer = nn.Linear(6, 4)
    want = copy.deepcopy(layer)
    torch.manual_seed(3)
    initialize(nn.Sequential(layer), name, gain=1.5)
    torch.manual_seed(3)
    weight = want.weight.data
    if name == "orthogonal":
        nn.init.orthogonal_(weight, 1.5)
    elif name.startswith("xavier"):
        getattr(nn.init, name + "_")(weight, 1.5)
    elif name.startswith("kaiming"):
        getattr(nn.init, name + "_")(weight, nonlinearity="relu")
        weight.mul_(1.5)
    assert torch.equal(layer.weight, want.weight)
    assert bool((layer.bias == 0).all()) == (name != "torch")


def test_names_that_do_not_exist_name_the_nearest():
    with pytest.raises(ConfigError, match="orthogonal"):
        initialize(nn.Linear(2, 2), "ortogonal")
    with pytest.raises(ConfigError, match="tanh"):
        MLP(2, 2, (4,), "tahn")


def test_a_width_alone_and_a_kind_that_does_not_exist_are_refused():
    one: Any = 64
    for make in (lambda: MLP(8, 4, one), lambda: StackedMLP(2, 8, 4, one)):
        with pytest.raises(ConfigError, match=r"hidden=64 is one width\n.*\n  fix: hidden=\(64,\)"):
            make()
    with pytest.raises(ConfigError, match=r"no kind 'gruu'\n  expected \"lstm\" or \"gru\"\n  fix: kind=\"gru\""):
        RecurrentCore(8, 16, 1, "gruu")  # type: ignore[arg-type]


def test_blocks_that_do_not_fit_are_refused_when_built():
    class Wrong(rlt.Module):
        def __init__(self, n: int) -> None:
            super().__init__()
            self.body, self.head = MLP(n, 7), DuelingHead(8, 2)

        @rlt.typed
        def forward(self, x: Float[Tensor, "batch n"]) -> Float[Tensor, "batch 2"]:
            return self.head(self.body(x))

    with pytest.raises(rlt.errors.ShapeError, match="n_in is 8 in this network, here it is 7"):
        Wrong(3)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mlp", "noisy linear", "dueling", "ensemble", "residual"])
def test_a_block_compiles_as_one_graph_and_gives_the_same(name):
    build, given, _ = BLOCKS[name]
    block, x = build().eval(), torch.randn(given)
    compiled = torch.compile(block, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), block(x))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_a_core_compiles_by_its_cell_loop(kind):
    core, x = RecurrentCore(3, 5, 1, kind), torch.randn(6, 2, 3)
    start = torch.zeros(6, 2, dtype=torch.bool)
    start[3, 1] = True
    compiled = torch.compile(core, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x, core.initial_state(2), start)[0], core(x, core.initial_state(2), start)[0])


def test_each_member_of_a_stack_is_a_network_of_plain_layers_and_starts_as_one():
    stack, x = StackedMLP(3, 4, 2, (8, 8), "relu").double(), torch.randn(6, 4, dtype=torch.float64)
    out = stack(x)
    for i in range(3):
        plain = MLP(4, 2, (8, 8), "relu").double()
        layers = [layer for layer in (*stack.hidden, stack.out) if isinstance(layer, StackedLinear)]
        for mine, layer in zip([layer for layer in plain.modules() if isinstance(layer, nn.Linear)], layers):
            mine.load_state_dict({"weight": layer.weight[i], "bias": layer.bias[i]})
        torch.testing.assert_close(plain(x), out[i], rtol=1e-12, atol=1e-12)
    torch.manual_seed(3)
    expected = [nn.Linear(4, 8) for _ in range(3)]
    torch.manual_seed(3)
    made = StackedLinear(3, 4, 8)
    assert torch.equal(made.weight, torch.stack([layer.weight for layer in expected]))
    assert torch.equal(made.bias, torch.stack([layer.bias for layer in expected]))
