"""`compile=auto`: compiled or eager, by a rule that asks no clock. The page of this room states it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from torch import nn

from rlt.engine.compiler import has_compiler
from rlt.engine.config import EngineConfig
from rlt.engine.step import Group
from rlt.engine.training import TrainingStep
from rlt.errors import ConfigError

UPDATES = 40_000
"""From so many updates on, compiling (15 to 30 s of a core) pays: a compiled update of a small network saves 0.5 ms and more."""
PARAMETERS = 1_000_000
"""From so many on, time goes into matrix products and memory, and the eager step with its gradient views is the faster one."""
SWITCH = 10_000
"""The update at which a run goes over: by then the compiler is done in most cases, and else it is waited for."""

_NO_COMPILER = "torch.compile needs a C++ compiler (g++ or clang++), and none was found"
_log = logging.getLogger(__name__)


def settle(config: EngineConfig, steps: Sequence[TrainingStep], updates: int) -> EngineConfig:
    """`config` with nothing left open, for a run that will make `updates` more; `steps`, which share them, are told. What was
    decided to be compiled stays so.

    ConfigError where compile=on and this machine cannot."""
    groups = {id(group): group for step in steps for group in step.groups.values()}
    on_cpu = all(group.flat.buffer.device.type == "cpu" for group in groups.values())
    decided = config.compile
    if decided == "on" and on_cpu and not has_compiler():
        raise ConfigError("compile=on: " + _NO_COMPILER, fix="apt install g++, or compile=off")
    begun = [step.compile_at for step in steps if step.compile_at is not None]
    if decided == "auto":
        decided = "on" if begun or _pays(list(groups.values()), updates, on_cpu) else "off"
    begin = config.compile_at
    if begin is None and begun:
        begin = min(begun)
    elif begin is None and decided == "on":
        begin = 0 if config.compile == "on" or not on_cpu else max(step.updates for step in steps) + SWITCH
    for step in steps:
        step.compile_from(begin if decided == "on" else None, required=config.compile == "on")
    return replace(config, compile=decided, compile_at=begin if decided == "on" else None)


def _pays(groups: Sequence[Group], updates: int, on_cpu: bool) -> bool:
    modules = [module for group in groups for module in group.module.modules()]
    parameters = sum(group.flat.buffer.numel() for group in groups if group.optimizer is not None)
    convolves = any(isinstance(m, nn.Conv1d | nn.Conv2d | nn.Conv3d) for m in modules)
    recurrent = any(isinstance(m, nn.RNNBase) for m in modules)
    known = all(group.flat.buffer.device.type in ("cpu", "cuda") for group in groups)
    if updates < UPDATES or parameters >= PARAMETERS or (on_cpu and convolves) or recurrent or not known:
        return False
    if on_cpu and not has_compiler():
        _log.warning("training runs eager: %s", _NO_COMPILER)
        return False
    return True
