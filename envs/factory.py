"""`make`: from an id to a `VectorEnv`."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Literal, overload

import gymnasium as gym
import torch

from rlt.envs import headless
from rlt.envs.backends.vector import ArrayVectorEnv
from rlt.envs.recipe import Recipe
from rlt.envs.source import Source
from rlt.envs.wrappers.names import Asked, read
from rlt.errors import ConfigError, one_of
from rlt.rl.vector_env import VectorEnv
from rlt.types import Test, Train

headless.prepare()

Autoreset = Literal["same_step", "next_step", "disabled"]
AUTORESETS = ("same_step", "next_step", "disabled")
BACKENDS = ("auto", "sync", "native", "pool", "vector", "envpool", "warp")
Id = str | type[gym.Env[Any, Any]] | type[gym.vector.VectorEnv[Any, Any, Any]] | Callable[..., gym.Env[Any, Any]]


@overload
def make(
    id: Id,
    num_envs: int = 1,
    *,
    backend: str = "auto",
    device: str | torch.device = "cpu",
    seed: int | None = None,
    autoreset: Autoreset = "same_step",
    wrappers: Sequence[Asked] = (),
    workers: int | None = None,
    timeout: float = 120.0,
    purpose: type[Train] = Train,
    **kwargs: Any,
) -> VectorEnv[Train]: ...


@overload
def make(
    id: Id,
    num_envs: int = 1,
    *,
    backend: str = "auto",
    device: str | torch.device = "cpu",
    seed: int | None = None,
    autoreset: Autoreset = "same_step",
    wrappers: Sequence[Asked] = (),
    workers: int | None = None,
    timeout: float = 120.0,
    purpose: type[Test],
    **kwargs: Any,
) -> VectorEnv[Test]: ...


def make(
    id: Id,
    num_envs: int = 1,
    *,
    backend: str = "auto",
    device: str | torch.device = "cpu",
    seed: int | None = None,
    autoreset: Autoreset = "same_step",
    wrappers: Sequence[Asked] = (),
    workers: int | None = None,
    timeout: float = 120.0,
    purpose: type[Train] | type[Test] = Train,
    **kwargs: Any,
) -> VectorEnv[Train] | VectorEnv[Test]:
    """`num_envs` copies of an environment, stepped together.

    `id` is a Gymnasium id, `package.module:Id-v0`, `package.module:Class`, a `gymnasium.Env` class, a function that returns
    an environment, or a `gymnasium.vector.VectorEnv` class that takes `num_envs`. `kwargs` go to its constructor
    (`max_episode_steps` to Gymnasium's time limit).

    `seed=None` leaves seeding to the first `reset(seed)`; a seed given here stands for a first `reset()`.
    `wrappers`, innermost first, are names (`frame_stack`, `package.module:Wrapper`), names with options
    (`{"name": "frame_stack", "size": 4}`), objects of `rlt.envs.wrappers`, or what is called with each sub-environment.

    `autoreset` is for people who use environments
    alone: agents need `same_step`. `next_step` resets on the step after an episode's end, whose action is ignored;
    `disabled` leaves it to `reset(only=ended)`. `workers` (None: one for each core but one, and the
    caller steps a share) and `timeout` (seconds after which a
    worker counts as hung) concern `backend="pool"`.

    Raises `EnvironmentFault` (unknown id, environment that cannot be made), `SpaceError` (a space that no agent could
    be given), `MissingExtra` (a package to install), `ConfigError` (everything else).
    """
    num_envs = _whole("num_envs", num_envs, least=1)
    seed = None if seed is None else _whole("seed", seed, least=0)
    workers = None if workers is None else _whole("workers", workers, least=1)
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout > 0:
        raise ConfigError("timeout must be a number of seconds above 0", f"got: {timeout!r}")
    if autoreset not in AUTORESETS:
        raise ConfigError(f"autoreset={autoreset!r}: there is no such mode", one_of(str(autoreset), AUTORESETS))
    if backend not in BACKENDS:
        raise ConfigError(f"backend={backend!r}: there is no such backend", one_of(str(backend), BACKENDS))
    if purpose not in (Train, Test):
        raise ConfigError("purpose must be rlt.types.Train or rlt.types.Test", f"got: {purpose!r}")
    inner, outer = read(wrappers)
    source = Source(id, dict(kwargs), inner)
    recipe = Recipe(source, num_envs, str(_device(device)), seed, autoreset, purpose, workers, timeout, outer)
    return build(recipe, backend)


def build(recipe: Recipe, backend: str) -> VectorEnv[Any]:
    """The vector environment of `recipe` on `backend`."""
    if backend == "warp":
        from rlt.envs.backends.warp import WarpVectorEnv

        return WarpVectorEnv(recipe)
    bare = _build(recipe, backend)
    if not recipe.vector_wrappers:
        return bare
    from rlt.envs.backends.wrapped import WrappedVectorEnv

    try:
        return WrappedVectorEnv(recipe, bare)
    except BaseException:
        bare.close()
        raise


def _build(recipe: Recipe, backend: str) -> ArrayVectorEnv[Any]:
    if recipe.source.is_vector:
        if backend not in ("auto", "vector"):
            why = "it steps all its copies by itself"
            raise ConfigError(f"backend={backend} cannot run {recipe.source.id}", why, fix="backend=auto")
        from rlt.envs.backends.gymnasium_vector import GymnasiumVectorEnv

        return GymnasiumVectorEnv(recipe)
    if backend == "vector":
        what = f"backend=vector is for classes of gymnasium.vector.VectorEnv, and {recipe.source.id} is none"
        raise ConfigError(what, fix="backend=auto")
    if backend == "native":
        from rlt.envs.backends import native

        return native.build(recipe)
    if backend == "envpool":
        from rlt.envs.backends.envpool import EnvpoolVectorEnv

        return EnvpoolVectorEnv(recipe)
    if backend == "pool":
        from rlt.envs.backends.pool import PoolVectorEnv

        return PoolVectorEnv(recipe)
    if backend == "sync":
        from rlt.envs.backends.sync import SyncVectorEnv

        return SyncVectorEnv(recipe)
    from rlt.envs.choice import choose

    return choose(recipe)


def _whole(name: str, value: Any, least: int) -> int:
    try:
        number = operator.index(value)  # numpy's integers too
    except TypeError:
        number = least - 1
    if isinstance(value, bool) or number < least:
        raise ConfigError(f"{name} must be a whole number of at least {least}", f"got: {value!r}")
    return number


def _device(name: str | torch.device) -> torch.device:
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ConfigError(f"device={name}: torch knows no such device", "expected: cpu, cuda or cuda:N") from None
    if device.type == "cuda":
        if not torch.cuda.is_available():
            raise ConfigError(f"device={name}: this machine has no CUDA device that torch can use", fix="device=cpu")
        if device.index is not None and device.index >= torch.cuda.device_count():
            count = torch.cuda.device_count()
            raise ConfigError(f"device={name}: there are {count} CUDA devices", f"expected: cuda:0 to cuda:{count - 1}")
    return device
