"""A training step in the mode that a run asks for: eager, or compiled from a configured update on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from rlt.engine.compiler import compiled, trace_once
from rlt.engine.step import EagerStep, Group, PureStep, Step
from rlt.errors import RunError
from rlt.types import Tensor

Update = Callable[..., dict[str, Tensor]]
"""`update(step, *tensors)`: what one training step does; returns metrics."""

_log = logging.getLogger(__name__)


class TrainingStep:
    """`update` over `groups`. `compile_at` is the update from which on it runs compiled (0: from the first; None: never).

    With `compile_at` above 0 the compiler works in a thread while the first updates run eagerly, and the switch waits for
    it: at which update a run goes over depends on the config, never on a clock. On CUDA it works at the switch itself: torch
    keeps CUDA graphs for each thread apart. A network with torch's own LSTM, GRU or RNN stays eager, and the log says so.

    Where the compiler fails, the run stops if compiling is `required`, else it stays eager and the log says so.
    """

    def __init__(self, groups: Mapping[str, Group], update: Update, compile_at: int | None = None) -> None:
        self.groups, self.update = dict(groups), update
        self.compile_at: int | None = None
        self.updates = 0
        self._eager = EagerStep(self.groups)
        self._required = True
        self._compiled: Callable[..., Any] | None = None
        self._worker: threading.Thread | None = None
        self._failure: BaseException | None = None
        self._succeeded = False
        self.compile_from(compile_at)

    @property
    def _device(self) -> torch.device:
        return next(iter(self.groups.values())).flat.buffer.device

    def compile_from(self, compile_at: int | None, required: bool = True) -> None:
        """Before the first update, or between two: sets `compile_at`."""
        self._required = required
        plain = next((m for g in self.groups.values() for m in g.module.modules() if isinstance(m, torch.nn.RNNBase)), None)
        if compile_at is not None and plain is not None:
            # torch's compiler breaks the graph at its own recurrent kernels.
            _log.warning("training runs eager: torch cannot compile nn.%s; rlt.nn.RecurrentCore can be", type(plain).__name__)
            compile_at = None
        self.compile_at = compile_at

    def __call__(self, *tensors: Any) -> dict[str, Tensor]:
        """One update. `tensors` may be tensors or (nested) tuples and dicts of tensors."""
        if self.compile_at is None:
            metrics = self._run_eagerly(tensors)
        elif self.updates >= self.compile_at:
            metrics = self._run_compiled(tensors)
        else:
            self._compile_beside(tensors)
            metrics = self._run_eagerly(tensors)
        self.updates += 1
        return metrics

    def gather(self) -> None:
        """Looks for parameters that were replaced from outside; to be called between updates, not in each."""
        for group in self.groups.values():
            group.gather()

    @contextmanager
    def training(self, *names: str) -> Iterator[None]:
        """The modules of these groups in train mode, afterwards in eval mode; nothing is done where that is the same."""
        modules = [g.module for g in (self.groups[name] for name in names) if g.evaluating is not g.module]
        for module in modules:
            module.train()
        try:
            yield
        finally:
            for module in modules:
                module.eval()

    def average(self, target: str, source: str, tau: float) -> None:
        """`Step.average`, between updates."""
        self._eager.average(target, source, tau)

    def _run_eagerly(self, tensors: tuple[Any, ...]) -> dict[str, Tensor]:
        with torch.no_grad():
            return self.update(self._eager, *tensors)

    def _run_compiled(self, tensors: tuple[Any, ...]) -> dict[str, Tensor]:
        if self._worker is not None:
            self._worker.join()
            self._worker = None
        if self._compiled is None:
            self._compiled = compiled(self._pure, self._device)
        if self._failure is not None:
            return self._without_compiler(self._failure, tensors)
        with torch.no_grad():
            if self._succeeded:
                metrics, statistics = self._compiled(*self._held(), *tensors)
            else:
                try:
                    metrics, statistics = self._compiled(*self._held(), *tensors)
                except Exception as error:
                    return self._without_compiler(error, tensors)
                self._succeeded = True
            for name, written in statistics.items():
                for key, value in written.items():
                    self.groups[name].statistics[key].copy_(value)
        return metrics if self._device.type == "cpu" else _cloned(metrics)  # a CUDA graph's next replay writes over them

    def _without_compiler(self, error: BaseException, tensors: tuple[Any, ...]) -> dict[str, Tensor]:
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        if self._required:
            raise RunError("the training step cannot be compiled", reason[:300], fix="compile=off") from error
        _log.warning("training stays eager: the training step cannot be compiled: %s", reason[:200])
        self.compile_at = None
        return self._run_eagerly(tensors)

    def _held(self) -> tuple[dict[str, Tensor], dict[str, dict[str, Tensor]], dict[str, dict[str, Tensor]]]:
        return (
            {name: group.flat.buffer for name, group in self.groups.items()},
            {name: group.state for name, group in self.groups.items()},
            {name: group.statistics for name, group in self.groups.items()},
        )

    def _pure(
        self,
        values: dict[str, Tensor],
        states: dict[str, dict[str, Tensor]],
        statistics: dict[str, dict[str, Tensor]],
        *tensors: Any,
    ) -> tuple[dict[str, Tensor], dict[str, dict[str, Tensor]]]:
        """The whole step; writes parameters and optimiser states in place, returns metrics and batch-norm statistics."""
        step: Step = PureStep(self.groups, values, states, statistics)
        metrics = self.update(step, *tensors)
        assert isinstance(step, PureStep)
        for name, value in values.items():
            value.copy_(step.values[name])
            for key, held in states[name].items():
                held.copy_(step.states[name][key])
        return metrics, {name: written for name, written in step.statistics.items() if written}

    def _compile_beside(self, tensors: tuple[Any, ...]) -> None:
        """Starts the compiler on copies of what the step writes to, once. What it only reads may change meanwhile."""
        if self._compiled is not None or self._device.type == "cuda":
            return
        self._compiled = compiled(self._pure, self._device)
        trace_once()
        copies = (*_cloned(self._held()), *tensors)
        threads = torch.get_num_threads()

        def work() -> None:
            try:
                torch.set_num_threads(threads)  # a new thread has its own number, and the code is made for one
                with torch.no_grad():
                    assert self._compiled is not None
                    self._compiled(*copies)
            except BaseException as error:
                self._failure = error

        self._worker = threading.Thread(target=work, name="rlt-compile", daemon=True)
        self._worker.start()

    def state(self) -> dict[str, Any]:
        """Optimiser states and the count, for a checkpoint; parameters and buffers are the modules'."""
        return {
            "updates": self.updates,
            "parameters": {name: list(group.names) for name, group in self.groups.items()},
            "optimizers": {
                name: {key: value.clone() for key, value in group.state.items()} for name, group in self.groups.items()
            },
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Takes back what `state` gave."""
        for name, learned in state.get("parameters", {}).items():  # some may be frozen here and not there, or the other way
            if learned != self.groups[name].names:
                for key, parameter in self.groups[name].module.named_parameters():
                    parameter.requires_grad_(key in learned)
        self.gather()
        self.updates = state["updates"]
        for name, group in self.groups.items():
            for key, value in state["optimizers"][name].items():
                group.state[key].copy_(value)


def _cloned(node: Any) -> Any:
    if isinstance(node, Tensor):
        return node.clone()
    if isinstance(node, dict):
        return {key: _cloned(value) for key, value in node.items()}
    if isinstance(node, tuple):
        parts = [_cloned(value) for value in node]
        return type(node)(*parts) if hasattr(node, "_fields") else tuple(parts)
    return node
