"""What a compiled step looks at before each call, and what compiling leaves alone."""

from __future__ import annotations

import threading

import pytest
import torch
from torch import nn

from rlt.engine.compiler import guards_to_keep, trace_once
from rlt.engine.optimizers import Adam
from rlt.engine.step import Group
from rlt.engine.training import TrainingStep

FACTOR = 2.0


class Scaled(nn.Module):
    """A layer, and a number that is no tensor."""

    modeless = True

    def __init__(self):
        super().__init__()
        self.layer, self.scale = nn.Linear(3, 1), 1.0

    def forward(self, x):
        return self.layer(x) * self.scale


class Owner:
    """An agent with an update and a number that it reads."""

    def __init__(self):
        torch.manual_seed(0)
        self.power = 2
        self.network = Scaled()
        self.step = TrainingStep({"net": Group(self.network, Adam())}, self.update)

    def update(self, step, x, rate):
        return {"loss": step.minimise("net", lambda net: (self.loss(net, x), ()), rate).loss}

    def loss(self, network, x):
        return FACTOR * network(x).abs().pow(self.power).mean()


def own_global(owner, monkeypatch):
    monkeypatch.setitem(globals(), "FACTOR", 3.0)


def own_attribute(owner, monkeypatch):
    owner.power = 3


def module_attribute(owner, monkeypatch):
    owner.network.scale = 0.5


@pytest.fixture
def watched():
    """A step traced as for the real compiler, its graph then run as it is; and how often that was done."""
    torch._dynamo.reset()
    graphs = []

    def backend(graph, inputs):
        graphs.append(graph)
        return graph.forward

    owner = Owner()
    yield owner, torch.compile(
        owner.step._pure, backend=backend, fullgraph=True, dynamic=False, options={"guard_filter_fn": guards_to_keep}
    ), graphs
    torch._dynamo.reset()


X, RATE = torch.linspace(-1, 1, 12).view(4, 3), torch.tensor([0.1])


@pytest.mark.parametrize("change", [own_global, own_attribute, module_attribute])
def test_what_a_user_changes_between_two_compiled_updates_counts(watched, monkeypatch, change):
    owner, compiled, graphs = watched
    with torch.no_grad():
        for _ in range(3):
            compiled(*owner.step._held(), X, RATE)
        assert len(graphs) == 1
        change(owner, monkeypatch)
        expected = owner.loss(owner.network, X)
        metrics, _ = compiled(*owner.step._held(), X, RATE)
    assert len(graphs) == 2
    torch.testing.assert_close(metrics["loss"], expected)


def test_no_guard_is_spent_on_parameters_and_on_what_torch_and_rlt_hold(watched):
    owner, _, _ = watched
    kept = []

    def watching(guards):
        chosen = guards_to_keep(guards)
        kept.extend(guard.name for guard, keep in zip(guards, chosen) if keep)
        return chosen

    compiled = torch.compile(
        owner.step._pure, backend="eager", fullgraph=True, dynamic=False, options={"guard_filter_fn": watching}
    )
    with torch.no_grad():
        compiled(*owner.step._held(), X, RATE)
    assert any("FACTOR" in name for name in kept) and any("power" in name for name in kept)
    assert not [name for name in kept if name.startswith(("G['__import_torch", "G['__import_rlt"))]
    assert not [name for name in kept if name.endswith((".weight", ".bias", "['weight']", "['bias']"))]


def test_a_trace_that_would_break_module_calls_elsewhere_is_made_before_compiling(monkeypatch):
    from torch._inductor.loop_body import InterpreterShim

    traced = []
    original = torch.fx.Tracer.trace

    def trace(self, *arguments, **options):
        traced.append((type(self), threading.current_thread() is threading.main_thread()))
        return original(self, *arguments, **options)

    monkeypatch.setattr(torch.fx.Tracer, "trace", trace)
    InterpreterShim._dummy_gm.cache_clear()
    trace_once()
    assert traced == [(torch.fx.Tracer, True)]
    thread = threading.Thread(target=lambda: InterpreterShim(torch.fx.Graph(), {}))
    thread.start()
    thread.join()
    assert len(traced) == 1
