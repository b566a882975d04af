"""A training step written once and driven two ways.

An agent's update is a function `update(step, *tensors) -> metrics` that says what is minimised, in which order, with the
parameters of which network:

    def update(step: Step, batch: Batch, numbers: Numbers) -> dict[str, Tensor]:
        td_target = target_of(step.network("target"), batch)
        loss, q = step.minimise("q", lambda q: critic_loss(q, batch, td_target), numbers.learning_rate)
        step.average("target", "q", tau)
        return {"loss/q": loss}

`EagerStep` runs it with `.backward()` into gradient views; `PureStep` with `functional_call` and `func.grad`, so that
`torch.compile` sees gathering, forward, gradient, clipping, optimiser, target update and metrics as one graph. Tests hold
the two equal.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import nn
from torch.func import functional_call, grad

import rlt
from rlt.engine.compiler import stay
from rlt.engine.flat import FlatParameters
from rlt.engine.optimizers import Optimizer, OptimizerState, clip_by_norm, clip_scale
from rlt.errors import ConfigError
from rlt.types import Float, Tensor

Network: TypeAlias = Callable[..., Any]
Loss: TypeAlias = Callable[[Network], tuple[Tensor, Any]]
"""From a network to the loss (one number) and whatever else the update wants to keep of it (tensors, without gradient)."""


Active: TypeAlias = Callable[[Any], Tensor]


class Minimised(NamedTuple):
    """What came of one optimiser step."""

    loss: Tensor
    kept: Any
    """What the loss gave beside its value."""
    norm: Float[Tensor, "1"]
    """Of the gradient, before clipping."""
    active: Tensor | None
    """Whether the step was taken, where that was asked."""


@dataclass
class Group:
    """A network whose parameters live in a flat buffer, with the optimiser that changes them; None: it is only averaged."""

    module: nn.Module
    optimizer: Optimizer | None
    max_grad_norm: float | None = None
    names: list[str] = field(init=False)
    flat: FlatParameters = field(init=False)
    state: OptimizerState = field(init=False)
    statistics: dict[str, Tensor] = field(init=False)
    """Buffers that the forward itself writes to (batch norm): they go into a pure step and come out of it."""
    evaluating: nn.Module = field(init=False)
    """The module itself where train and eval mode are the same to it, else a copy in eval mode that shares every tensor."""
    learning: nn.Module = field(init=False)
    """The same in train mode: a compiler that works beside must not see the module change its mode."""

    def __post_init__(self) -> None:
        self.names = self._trained()
        self.flat = FlatParameters(self.module.parameters())
        self.state = self.optimizer.initial_state(self.flat.buffer) if self.optimizer is not None else {}
        self._look()

    def _look(self) -> None:
        self.statistics = _written_buffers(self.module)
        stay(self.flat.buffer, *self.state.values(), *self.statistics.values())
        self._buffers = [id(b) for b in self.module.buffers()]
        self.evaluating = self.learning = self.module
        if depends_on_mode(self.module):
            shared = {id(t): t for t in (*self.module.parameters(), *self.module.buffers())}
            trains = self.module.training if self.optimizer is None else True
            self.evaluating = copy.deepcopy(self.module, dict(shared)).eval()
            self.learning = copy.deepcopy(self.module, dict(shared)).train(trains)

    def _trained(self) -> list[str]:
        return [name for name, p in self.module.named_parameters() if p.requires_grad]

    @rlt.typed
    def views(self, buffer: Float[Tensor, "size"]) -> dict[str, Tensor]:
        """Each parameter by name, as a view of `buffer`."""
        return _views(buffer, self.names, self.flat.parameters)

    def like(self, other: Group, values: Tensor) -> Tensor:
        """`values` of another group over a network like this one as values of this one's parameters: some may be frozen there."""
        if self.flat.buffer.shape == other.flat.buffer.shape:
            return values
        pieces, held = other.views(values), dict(other.module.named_parameters())
        return torch.cat([(pieces[n] if n in pieces else held[n].detach()).reshape(-1) for n in self.names])

    def gather(self) -> None:
        """Looks for parameters that were replaced from outside; to be called between updates, not in each."""
        before = self.flat.parameters
        replaced = self.flat.gather(self.module.parameters())
        if replaced and (names := self._trained()) != self.names:
            self._regroup(names, before)
        if replaced or (self.learning is not self.module and [id(b) for b in self.module.buffers()] != self._buffers):
            self._look()


    def _regroup(self, names: list[str], before: list[nn.Parameter]) -> None:
        """Parameters were frozen or unfrozen; `before` were those until now. What is left keeps its part of the optimiser's
        state, what is new has none."""
        old, self.names = self.names, names
        if self.optimizer is None:
            return
        held, self.state = self.state, self.optimizer.initial_state(self.flat.buffer)
        size = sum(p.numel() for p in before)
        for key, value in self.state.items():
            if held[key].numel() != size:
                value.copy_(held[key])  # a count of steps, no number for each parameter
                continue
            pieces = _views(held[key], old, before)
            for name, view in self.views(value).items():
                if name in pieces:
                    view.copy_(pieces[name])


def _views(buffer: Tensor, names: list[str], parameters: list[nn.Parameter]) -> dict[str, Tensor]:
    pieces = buffer.split([p.numel() for p in parameters])
    return {name: piece.view(p.shape) for name, piece, p in zip(names, pieces, parameters)}


class Step(ABC):
    """What an update may do."""

    @abstractmethod
    def network(self, name: str, *, evaluate: bool = False) -> Network:
        """The network as it is now. Gradients may flow through it to what it is given, never into its own parameters; its
        batch-norm statistics change in its own `minimise` alone. With `evaluate` it runs in eval mode."""

    @abstractmethod
    def minimise(self, name: str, loss: Loss, learning_rate: Float[Tensor, "1"], active: Active | None = None) -> Minimised:
        """One optimiser step of group `name` on `loss`, which gets its network. Where `active` of what the loss kept (bool
        `[1]`) is false, nothing changes."""

    @abstractmethod
    def average(self, target: str, source: str, tau: float | Tensor) -> None:
        """target ← (1 - tau) target + tau source; a tensor `tau` `[1]` may be 0 where no update is due. Batch-norm statistics
        are the source's."""


class EagerStep(Step):
    """Runs at once, on the modules themselves."""

    def __init__(self, groups: Mapping[str, Group]) -> None:
        self.groups = groups

    def network(self, name: str, *, evaluate: bool = False) -> Network:
        group = self.groups[name]
        module = group.evaluating if evaluate else group.module
        if not group.statistics:
            return module
        return lambda *inputs: functional_call(module, _clones(group.statistics), inputs)

    @rlt.typed
    def minimise(self, name: str, loss: Loss, learning_rate: Float[Tensor, "1"], active: Active | None = None) -> Minimised:
        group = self.groups[name]
        assert group.optimizer is not None
        flat = group.flat
        with torch.enable_grad():
            value, kept = loss(group.module)
        if not value.requires_grad:
            raise ConfigError(
                f"the loss of {name} has no gradient", "the network runs under torch.no_grad, or detaches what it gives",
                fix=f"neither, in the forward of {type(group.module).__name__} and what it calls",
            )
        # With respect to these alone: nothing is computed for networks that the loss only passes through.
        found = torch.autograd.grad(value, flat.parameters, allow_unused=True)
        with torch.no_grad():
            gradients = [torch.zeros_like(p) if g is None else g for g, p in zip(found, flat.parameters)]
            torch.cat([g.reshape(-1) for g in gradients], out=flat.gradient)
            del found, gradients
            scale, norm = clip_scale(flat.gradient, group.max_grad_norm)
            taken = None if active is None else active(kept)
            self._apply(group, scale, learning_rate, taken)
        return Minimised(value.detach(), kept, norm, taken)

    def _apply(self, group: Group, scale: Tensor | None, learning_rate: Tensor, taken: Tensor | None) -> None:
        assert group.optimizer is not None
        buffer, gradient = group.flat.buffer, group.flat.gradient
        if taken is None and buffer.numel() >= _LARGE and group.optimizer.step_in_place(
            buffer, gradient, group.state, learning_rate, scale
        ):
            return
        new, state = group.optimizer.step(buffer, gradient if scale is None else gradient * scale, group.state, learning_rate)
        if taken is not None:
            new = torch.where(taken, new, buffer)
            state = {key: torch.where(taken, after, group.state[key]) for key, after in state.items()}
        buffer.copy_(new)
        for key, after in state.items():
            group.state[key].copy_(after)

    @torch.no_grad()
    def average(self, target: str, source: str, tau: float | Tensor) -> None:
        group, other = self.groups[target], self.groups[source]
        group.flat.buffer.lerp_(group.like(other, other.flat.buffer), tau)
        for key, statistic in self.groups[target].statistics.items():
            statistic.copy_(self.groups[source].statistics[key])


class PureStep(Step):
    """Keeps new values to itself: `values`, `states` and `statistics` hold them for whoever writes them back."""

    def __init__(
        self, groups: Mapping[str, Group], values: Mapping[str, Tensor], states: Mapping[str, OptimizerState],
        statistics: Mapping[str, dict[str, Tensor]],
    ) -> None:
        self.groups, self.values, self.states, self.statistics = groups, dict(values), dict(states), dict(statistics)

    def network(self, name: str, *, evaluate: bool = False) -> Network:
        group = self.groups[name]
        module = group.evaluating if evaluate else group.learning
        views, statistics = group.views(self.values[name]), self.statistics[name]
        return lambda *inputs: functional_call(module, views | _clones(statistics), inputs)

    @rlt.typed
    def minimise(self, name: str, loss: Loss, learning_rate: Float[Tensor, "1"], active: Active | None = None) -> Minimised:
        group = self.groups[name]
        assert group.optimizer is not None
        before = self.statistics[name]

        def of(parameters: dict[str, Tensor]) -> tuple[Tensor, tuple[Tensor, Any, dict[str, Tensor]]]:
            written = _clones(before)
            value, kept = loss(lambda *inputs: functional_call(group.learning, parameters | written, inputs))
            return value, (value, kept, written)

        gradients, (value, kept, written) = grad(of, has_aux=True)(group.views(self.values[name]))
        flat = torch.cat([gradients[key].reshape(-1) for key in group.names])
        gradient, norm = clip_by_norm(flat, group.max_grad_norm)
        new, state = group.optimizer.step(self.values[name], gradient, self.states[name], learning_rate)
        taken = None if active is None else active(kept)
        if taken is not None:
            new = torch.where(taken, new, self.values[name])
            state = {key: torch.where(taken, after, self.states[name][key]) for key, after in state.items()}
        self.values[name], self.states[name], self.statistics[name] = new, state, written
        return Minimised(value, kept, norm, taken)

    def average(self, target: str, source: str, tau: float | Tensor) -> None:
        moved = self.groups[target].like(self.groups[source], self.values[source])
        self.values[target] = self.values[target].lerp(moved, tau)
        if self.statistics[target]:
            self.statistics[target] = dict(self.statistics[source])


_LARGE = 2**20
"""Numbers from which on an eager optimiser is bound by memory: then it runs as one kernel, where there is one."""

_MODELESS = (
    nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Sequential, nn.ModuleList, nn.ModuleDict, nn.Identity, nn.Flatten,
    nn.Unflatten, nn.LayerNorm, nn.GroupNorm, nn.Embedding, nn.Tanh, nn.ReLU, nn.GELU, nn.ELU, nn.SiLU, nn.LeakyReLU,
    nn.Sigmoid, nn.Softplus,
)


def depends_on_mode(module: nn.Module) -> bool:
    """Whether some part of `module` may work otherwise in train than in eval mode. A class of rlt's own says so by
    `modeless`; of a class that nothing is known about it is assumed."""
    return any(
        type(part) not in _MODELESS and not vars(type(part)).get("modeless", False) for part in module.modules()
    )


def _clones(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in tensors.items()}


def _written_buffers(module: nn.Module) -> dict[str, Tensor]:
    return {
        f"{path}.{name}" if path else name: buffer
        for path, part in module.named_modules() if isinstance(part, nn.modules.batchnorm._NormBase)
        for name, buffer in part.named_buffers(recurse=False)
    }
