"""Which tasks backend `native` has, and its construction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium as gym

from rlt.envs import classic, mujoco
from rlt.envs.backends.batch import BatchTask, BatchVectorEnv
from rlt.envs.recipe import Recipe
from rlt.envs.source import Source
from rlt.envs.wrappers.names import skips
from rlt.errors import ConfigError

Builder = Callable[[str, Any, int], BatchTask]


def why_not(source: Source) -> str | None:
    """None if `native` can run this source, else why it cannot."""
    spec = source.spec()
    if spec is None:
        return f"{source.id} is a class or function, and native knows Gymnasium's own ids"
    if skips(source.wrappers) or spec.additional_wrappers:
        return "native has no single environments to put wrappers on"
    if source.options.get("render_mode") is not None:
        return "native cannot render"
    if _builder(spec.entry_point) is None:
        return f"native has no {spec.id}"
    return None


def build(recipe: Recipe) -> BatchVectorEnv[Any]:
    """The native vector environment; `ConfigError` where there is none."""
    reason = why_not(recipe.source)
    if reason is not None:
        raise ConfigError(f"backend=native cannot run {recipe.source.id}", reason, fix="backend=auto")
    spec = recipe.source.spec()
    assert spec is not None
    builder = _builder(spec.entry_point)
    assert builder is not None
    form = recipe.source.build()
    task = builder(str(spec.entry_point), form.unwrapped, recipe.num_envs)
    return BatchVectorEnv(recipe, task, form)


def _builder(entry_point: gym.envs.registration.EnvCreator | str | None) -> Builder | None:
    if not isinstance(entry_point, str):
        return None
    if classic.covers(entry_point):
        return classic.build
    return mujoco.build if mujoco.covers(entry_point) else None
