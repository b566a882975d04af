"""Between a group's optimiser state and `torch.optim`'s: training goes on in plain torch, and back, with the same numbers."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from rlt.engine.optimizers import SGD, Adam, RMSprop
from rlt.engine.step import Group
from rlt.errors import ConfigError
from rlt.types import Tensor

_NAMES: dict[type, dict[str, str]] = {
    Adam: {"moment": "exp_avg", "square": "exp_avg_sq"},
    RMSprop: {"square": "square_avg", "momentum": "momentum_buffer", "mean": "grad_avg"},
    SGD: {"momentum": "momentum_buffer"},
}
"""What torch calls the state of one parameter."""


def to_torch(group: Group, learning_rate: float) -> torch.optim.Optimizer:
    """The optimiser of `torch.optim` over the group's parameters that goes on where the group's stands.

    Its state is a copy, the parameters are the network's own: `Group.gather` takes what it makes of them."""
    optimizer = _made(group, learning_rate)
    names = _NAMES[type(group.optimizer)]
    step = float(group.state["step"]) if "step" in group.state else 0.0
    if type(group.optimizer) is SGD and not step:
        return optimizer  # torch makes the buffer in the first step
    views = {theirs: group.views(group.state[ours]) for ours, theirs in names.items() if ours in group.state}
    for name, parameter in zip(group.names, group.flat.parameters):
        state: dict[str, Any] = {theirs: pieces[name].clone() for theirs, pieces in views.items()}
        if type(group.optimizer) is not SGD:
            state["step"] = torch.tensor(step)
        if state:
            optimizer.state[parameter] = state
    return optimizer


@torch.no_grad()
def from_torch(group: Group, optimizer: torch.optim.Optimizer) -> None:
    """Takes the state of `optimizer`, one of `torch.optim` over the group's parameters; of what it never stepped, none.

    ConfigError where it is of another kind or over other parameters, or where its parameters have made unequal numbers of
    steps, for which the group has one count."""
    kind = type(_made(group, 0.0))
    held = {id(p) for part in optimizer.param_groups for p in part["params"]}
    if type(optimizer) is not kind or any(part.get("amsgrad") for part in optimizer.param_groups):
        wanted = f"expected {kind.__name__} without amsgrad"
        raise ConfigError("this optimiser's state does not fit", wanted, f"got {optimizer!r}")
    missing = [name for name, p in zip(group.names, group.flat.parameters) if id(p) not in held]
    if missing:
        raise ConfigError(
            "this optimiser holds other parameters", "it lacks " + ", ".join(missing[:4]), fix="torch.optim over the module's own"
        )
    states = {name: optimizer.state.get(p, {}) for name, p in zip(group.names, group.flat.parameters)}
    steps = {_steps(state) for state in states.values()}
    if len(steps) > 1:
        raise ConfigError("this optimiser's parameters have made unequal numbers of steps", f"got {sorted(steps)}")
    for ours, theirs in _NAMES[type(group.optimizer)].items():
        if ours in group.state:
            for name, view in group.views(group.state[ours]).items():
                view.copy_(states[name].get(theirs, torch.zeros_like(view)))
    if "step" in group.state:
        group.state["step"].fill_(steps.pop())


def _steps(state: dict[str, Any]) -> float:
    if "step" in state:
        return float(state["step"])
    return float(state.get("momentum_buffer") is not None)  # SGD counts none: all that matters is whether there was one


def _made(group: Group, learning_rate: float) -> torch.optim.Optimizer:
    rule, parameters = group.optimizer, list[nn.Parameter | Tensor](group.flat.parameters)
    if type(rule) is Adam:
        kind = torch.optim.AdamW if rule.decoupled else torch.optim.Adam
        return kind(
            parameters, lr=learning_rate, betas=(rule.beta1, rule.beta2), eps=rule.epsilon, weight_decay=rule.weight_decay
        )
    if type(rule) is RMSprop:
        return torch.optim.RMSprop(
            parameters, lr=learning_rate, alpha=rule.alpha, eps=rule.epsilon, momentum=rule.momentum, centered=rule.centered,
            weight_decay=rule.weight_decay,
        )
    if type(rule) is SGD:
        return torch.optim.SGD(
            parameters, lr=learning_rate, momentum=rule.momentum, dampening=rule.dampening, nesterov=rule.nesterov,
            weight_decay=rule.weight_decay,
        )
    raise ConfigError(f"{type(rule).__name__} has no counterpart in torch.optim", "expected Adam, RMSprop or SGD of rlt.engine")
