"""How each kind of environment is saved and restored."""

from __future__ import annotations

from typing import Any, Protocol

import gymnasium as gym

from rlt.envs.snapshots import generator, plain
from rlt.envs.snapshots.plain import Unsaveable

_NEW_WORLD_AT_RESET = (
    "gymnasium.envs.box2d.lunar_lander:LunarLander",
    "rlt.envs.box2d:LunarLander",
    "rlt.envs.box2d:BipedalWalker",
    "rlt.envs.box2d:CarRacing",
)


class Snapshot(Protocol):
    """Saves and restores one environment. `save` raises `Unsaveable` with the reason where it cannot."""

    def save(self) -> dict[str, Any]: ...
    def restore(self, state: dict[str, Any]) -> None: ...


class Layers:
    """The wrappers one by one, then the environment itself."""

    def __init__(self, env: gym.Env[Any, Any]) -> None:
        self.parts = [_part(layer) for layer in layers(env)]

    def save(self) -> dict[str, Any]:
        return {"layers": [part.save() for part in self.parts]}

    def restore(self, state: dict[str, Any]) -> None:
        for part, saved in zip(self.parts, state["layers"]):
            part.restore(saved)


class Own:
    """An environment or wrapper with its own `get_state()` and `set_state(state)`; and its generator.

    `get_state` returns a tree of arrays, numbers, strings and None; `set_state` comes after a reset.
    """

    def __init__(self, layer: Any) -> None:
        self.layer = layer

    def save(self) -> dict[str, Any]:
        made = vars(self.layer).get("_np_random")
        return {"own": self.layer.get_state(), "generator": None if made is None else generator.save(made)}

    def restore(self, state: dict[str, Any]) -> None:
        if state["generator"] is not None:
            generator.restore(self.layer.np_random, state["generator"])
        self.layer.set_state(state["own"])


class Attributes:
    """An environment or wrapper that holds nothing but plain data."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer

    def save(self) -> dict[str, Any]:
        try:
            return plain.save(self.layer)
        except Unsaveable as error:
            name = type(self.layer).__qualname__
            raise Unsaveable(
                f"{name} offers no get_state and set_state, and its attribute {error}, which cannot be saved"
            ) from None

    def restore(self, state: dict[str, Any]) -> None:
        plain.restore(self.layer, state)


class Refused:
    """An environment that is known not to restore."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def save(self) -> dict[str, Any]:
        raise Unsaveable(self.reason)

    def restore(self, state: dict[str, Any]) -> None:
        raise Unsaveable(self.reason)


def snapshot_of(env: gym.Env[Any, Any]) -> Snapshot:
    """The way to save `env`: by its own methods, by MuJoCo's data, by replay (Box2D), else attribute by attribute."""
    bare = env.unwrapped
    if not _has_own(bare) and _descends(bare, "gymnasium.envs.box2d"):
        kind = f"{type(bare).__module__}:{type(bare).__qualname__}"
        if kind in _NEW_WORLD_AT_RESET:
            from rlt.envs.snapshots.box2d_replay import Replay

            return Replay(env, layers(env)[:-1])
        return Refused(f"{kind} is a Box2D environment that rlt does not know, without its own get_state and set_state")
    return Layers(env)


def restart(env: gym.Env[Any, Any], state: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """A new episode from the saved generator, for an environment whose state could not be saved."""
    if state["generator"] is not None:
        generator.restore(env.unwrapped.np_random, state["generator"])
    return env.reset()


def generator_only(env: gym.Env[Any, Any]) -> dict[str, Any] | None:
    """The state of the environment's generator, None where it has none yet."""
    made = vars(env.unwrapped).get("_np_random")
    return None if made is None else generator.save(made)


def layers(env: gym.Env[Any, Any]) -> list[gym.Env[Any, Any]]:
    """The wrappers from the outermost on, then the environment itself."""
    found = [env]
    while isinstance(found[-1], gym.Wrapper):
        found.append(found[-1].env)
    return found


def _has_own(layer: Any) -> bool:
    return callable(getattr(type(layer), "get_state", None)) and callable(getattr(type(layer), "set_state", None))


def _descends(env: Any, package: str) -> bool:
    return any(cls.__module__.startswith(package) for cls in type(env).__mro__)


def _part(layer: Any) -> Snapshot:
    if _has_own(layer):
        return Own(layer)
    if _descends(layer, "gymnasium.envs.mujoco.mujoco_env"):
        from rlt.envs.snapshots.mujoco import MujocoSnapshot

        return MujocoSnapshot(layer)
    if type(layer).__module__.startswith("gymnasium.envs.classic_control."):
        from rlt.envs.snapshots.classic import ClassicSnapshot

        return ClassicSnapshot(layer)
    return Attributes(layer)
