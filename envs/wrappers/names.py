"""Wrappers as a config or a person names them, and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium as gym

from rlt.config import from_mapping, to_mapping
from rlt.envs.wrappers.inner import TimeLimit
from rlt.envs.wrappers.wrapper import VectorWrapper
from rlt.errors import ConfigError, one_of
from rlt.registry import is_external, load_object

OWN = {
    "clip_action": "actions:ClipAction", "clip_reward": "rewards:ClipReward", "flatten": "trees:Flatten",
    "frame_skip": "inner:FrameSkip", "frame_stack": "stack:FrameStack", "grey": "pictures:Grey",
    "rescale_action": "actions:RescaleAction", "resize": "pictures:Resize", "scale_reward": "rewards:ScaleReward",
    "select": "trees:Select", "time_aware": "clock:TimeAware", "time_limit": "inner:TimeLimit",
}  # fmt: skip
"""Names that stand for classes of this package."""

Inner = Callable[[gym.Env[Any, Any]], gym.Env[Any, Any]]
Asked = str | Mapping[str, Any] | VectorWrapper | Inner


@dataclass(frozen=True)
class Named:
    """`package.module:Wrapper` with arguments, put on each sub-environment."""

    name: str
    options: tuple[tuple[str, Any], ...] = ()

    def __call__(self, env: gym.Env[Any, Any]) -> gym.Env[Any, Any]:
        wrapped: gym.Env[Any, Any] = load_object(self.name, key="env.wrappers")(env, **dict(self.options))
        return wrapped


def read(asked: Sequence[Asked]) -> tuple[tuple[Inner, ...], tuple[VectorWrapper, ...]]:
    """What is put on each sub-environment, and then what is put on the whole vector, each innermost first.

    Something of the first kind after something of the second would have to be inside of it: a `ConfigError`.
    """
    if isinstance(asked, (str, Mapping)):
        raise ConfigError(f"env.wrappers={asked!r} is one wrapper", "expected: a list of them", fix=f"wrappers=[{asked!r}]")
    inner: list[Inner] = []
    outer: list[VectorWrapper] = []
    for one in asked:
        wrapper = _read(one)
        if isinstance(wrapper, VectorWrapper):
            outer.append(wrapper)
        elif outer:
            raise ConfigError(
                f"the wrapper {_shown(one)} is put on each sub-environment, and {_shown(outer[-1])} on all together",
                "wrappers stand innermost first", fix=f"{_shown(one)} before {_shown(outer[0])}",
            )
        else:
            inner.append(wrapper)
    return tuple(inner), tuple(outer)


def describe(wrapper: Inner | VectorWrapper) -> str | dict[str, Any] | None:
    """What a config says for `wrapper`; None where it has no name."""
    if isinstance(wrapper, Named):
        return {"name": wrapper.name, **dict(wrapper.options)} if wrapper.options else wrapper.name
    own = {where.partition(":")[2]: name for name, where in OWN.items()}
    kind = type(wrapper)
    if kind.__module__.startswith("rlt.envs.wrappers.") and dataclasses.is_dataclass(wrapper):
        options = to_mapping(wrapper)
        return {"name": own[kind.__name__], **options} if options else own[kind.__name__]
    if dataclasses.is_dataclass(wrapper) and isinstance(wrapper, VectorWrapper):
        return {"name": f"{kind.__module__}:{kind.__qualname__}", **to_mapping(wrapper)}
    name = f"{getattr(wrapper, '__module__', '<')}:{getattr(wrapper, '__qualname__', '<')}"
    return None if "<" in name or name.startswith("__main__:") else name


def _read(asked: Asked) -> Inner | VectorWrapper:
    if isinstance(asked, str):
        return _of_name(asked, {})
    if isinstance(asked, Mapping):
        options = {str(key): value for key, value in asked.items() if key != "name"}
        if not isinstance(asked.get("name"), str):
            raise ConfigError(f"env.wrappers: {dict(asked)} does not say which wrapper", fix="{name: frame_stack, size: 4}")
        return _of_name(asked["name"], options)
    if isinstance(asked, type) and issubclass(asked, VectorWrapper):
        raise ConfigError(f"the wrapper {asked.__name__} is a class", fix=f"{asked.__name__}(…)")
    if isinstance(asked, VectorWrapper) or callable(asked):
        wrapper: Any = asked
        return wrapper
    raise ConfigError(f"env.wrappers: {asked!r} is no wrapper", "expected a name, a name with options, or what wraps")


def _of_name(name: str, options: dict[str, Any]) -> Inner | VectorWrapper:
    if name in OWN:
        cls = load_object(f"rlt.envs.wrappers.{OWN[name]}", key="env.wrappers")
        made: Inner | VectorWrapper = from_mapping(cls, options, f"env.wrappers {name}")
        return made
    if not is_external(name):
        raise ConfigError(f"env.wrappers={name}: there is no such wrapper", one_of(name, OWN), "or package.module:Wrapper")
    found = load_object(name, key="env.wrappers")
    if isinstance(found, type) and issubclass(found, VectorWrapper):
        vector: VectorWrapper = from_mapping(found, options, f"env.wrappers {name}")
        return vector
    return Named(name, tuple(sorted(options.items())))


def _shown(wrapper: Any) -> str:
    if isinstance(wrapper, Mapping):
        return str(wrapper.get("name"))
    if isinstance(wrapper, str):
        return wrapper
    return str(getattr(wrapper, "__name__", type(wrapper).__name__))


def time_limits(inner: Sequence[Any]) -> list[int]:
    """The limits that wrappers of this package set."""
    return [wrapper.steps for wrapper in inner if isinstance(wrapper, TimeLimit)]


def skips(inner: Sequence[Any]) -> bool:
    """Whether something other than a time limit is put on each sub-environment."""
    return any(not isinstance(wrapper, TimeLimit) for wrapper in inner)


