"""From what a person names (an id, a class, a function) to one environment; each mistake on the way has its message."""

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
import re
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
from gymnasium.envs.registration import EnvSpec, load_env_creator

from rlt.envs import faults
from rlt.envs.mujoco import messages
from rlt.envs.wrappers.names import Inner, Named, time_limits
from rlt.errors import ConfigError, EnvironmentFault, MissingExtra, nearest, one_of
from rlt.registry import load_module

# Gymnasium's own classes, and ours: faster, and with a new Box2D world at each reset also where Gymnasium's keep one.
_OURS = {
    "gymnasium.envs.box2d:LunarLander": "rlt.envs.box2d:LunarLander",
    "gymnasium.envs.box2d.lunar_lander:LunarLander": "rlt.envs.box2d:LunarLander",
    "gymnasium.envs.box2d:BipedalWalker": "rlt.envs.box2d:BipedalWalker",
    "gymnasium.envs.box2d.bipedal_walker:BipedalWalker": "rlt.envs.box2d:BipedalWalker",
    "gymnasium.envs.box2d:CarRacing": "rlt.envs.box2d:CarRacing",
    "gymnasium.envs.box2d.car_racing:CarRacing": "rlt.envs.box2d:CarRacing",
}


@dataclass(frozen=True)
class Source:
    """How to build one sub-environment, any number of times."""

    target: str | Callable[..., Any]
    """A Gymnasium id, `package.module:Id-v0`, `package.module:Class`, a class, a function that makes an environment."""
    options: dict[str, Any]
    """Arguments of the constructor; for an id also `max_episode_steps` (-1: no limit)."""
    wrappers: tuple[Inner, ...] = ()
    """Applied in order to each sub-environment, on top of those that the id brings."""

    def __post_init__(self) -> None:
        if not isinstance(self.target, str) and not callable(self.target):
            what = f"{faults.short(self.target)} names no environment"
            raise ConfigError(what, "expected: an id, a gymnasium.Env class, or a function that makes one")
        limit = self.options.get("max_episode_steps")
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or (limit < 1 and limit != -1)):
            raise ConfigError(
                f"max_episode_steps={limit!r} is no number of steps", "expected: a whole number of at least 1, or -1 for no limit"
            )

    @property
    def id(self) -> str:
        """The id as it was given; `module:Class` for a class or function."""
        if isinstance(self.target, str):
            return self.target
        named: Any = self.target
        while isinstance(named, functools.partial):
            named = named.func
        named = named if hasattr(named, "__qualname__") else type(named)
        return f"{named.__module__}:{named.__qualname__}"

    @property
    def is_named(self) -> bool:
        """Whether the id alone leads back to what was given: not to a lambda, an instance or a partial."""
        if isinstance(self.target, str):
            return True
        found: Any = sys.modules.get(getattr(self.target, "__module__", ""))
        for name in getattr(self.target, "__qualname__", "<").split("."):
            found = getattr(found, name, None)
        return found is self.target

    def spec(self) -> EnvSpec | None:
        """Gymnasium's registration, None for a class or function. Raises `EnvironmentFault` for an unknown id."""
        target = self._target()
        return find_spec(target) if isinstance(target, str) else None

    @property
    def time_limit(self) -> int | None:
        """Steps after which an episode is truncated, None without a limit that is known from outside."""
        spec = self.spec()
        own = self.options.get("max_episode_steps", None if spec is None else spec.max_episode_steps)
        limits = [*([] if own in (None, -1) else [int(own)]), *time_limits(self.wrappers)]
        return min(limits, default=None)

    def build(self) -> gym.Env[Any, Any]:
        """A new environment, wrapped, not yet reset."""
        env = self._bare()
        self._look_at(env)
        for wrapper in self.wrappers:
            name = wrapper.name if isinstance(wrapper, Named) else getattr(wrapper, "__name__", wrapper)
            try:
                env = wrapper(env)
            except ConfigError:
                raise
            except Exception as error:
                raise ConfigError(f"the wrapper {name} could not be put on {self.id}", *faults.cause(error)) from error
            if not isinstance(env, gym.Env):
                raise ConfigError(
                    f"the wrapper {name} gave no environment",
                    "expected: gymnasium.Env",
                    f"got: {type(env).__name__}",
                )
        return env

    def _look_at(self, env: gym.Env[Any, Any]) -> None:
        for name in ("observation_space", "action_space"):
            space = getattr(env, name, None)
            if not isinstance(space, gym.Space):
                raise EnvironmentFault(
                    f"{self.id} has no {name}", "expected: a gymnasium.Space", f"got: {faults.short(space)}",
                    fix=f"self.{name} = gymnasium.spaces.…, in its __init__ or in its class",
                )
        mode, known = self.options.get("render_mode"), [*((env.metadata or {}).get("render_modes") or ())]
        made = ("human", "rgb_array_list") if "rgb_array" in known and env.spec is not None else ()  # by gym.make
        if mode is not None and mode not in {*known, *made}:
            what = f"{self.id} cannot render as render_mode={mode!r}"
            if known:
                raise ConfigError(what, one_of(str(mode), known))
            why = "its metadata names no render_modes"
            raise ConfigError(what, why, fix=f"metadata = {{'render_modes': [{str(mode)!r}], 'render_fps': 30}}   in its class")

    def _target(self) -> str | Callable[..., Any]:
        """A string only where Gymnasium's registry is to be asked."""
        if not isinstance(self.target, str) or ":" not in self.target:
            return self.target
        module_name, _, name = self.target.partition(":")
        module = load_module(module_name, what=f"env.id={self.target}")
        found: Any = getattr(module, name, None)
        if callable(found):
            return found
        if name not in gym.registry and not re.search(r"-v\d+$", name):
            classes = [n for n, one in vars(module).items() if inspect.isclass(one) and issubclass(one, gym.Env)]
            offered = one_of(name, classes) if classes else "it has no class of environments"
            raise EnvironmentFault(f"there is no {name} in {module_name}", offered)
        return name

    @property
    def is_vector(self) -> bool:
        """Whether it is a class that steps all copies by itself."""
        target = self._target()
        return inspect.isclass(target) and issubclass(target, gym.vector.VectorEnv)

    def build_vector(self, num_envs: int) -> gym.vector.VectorEnv[Any, Any, Any]:
        """`num_envs` copies, of a class that steps all by itself."""
        if self.wrappers:
            raise ConfigError(f"{self.id} steps all its copies by itself: there are no single ones to put wrappers on")
        target: Any = self._target()
        try:
            env: gym.vector.VectorEnv[Any, Any, Any] = target(num_envs=num_envs, **self.options)
        except Exception as error:
            raise _not_made(self.id, self.options, error) from error
        return env

    def _bare(self) -> gym.Env[Any, Any]:
        target = self._target()
        if not isinstance(target, str):
            return self._construct(target)
        spec = find_spec(target)
        entry = spec.entry_point
        if isinstance(entry, str) and "box2d" in entry and _has_box2d():  # without it Gymnasium says how to get it
            spec = copy.deepcopy(spec)
            spec.entry_point = _OURS.get(entry, entry)
        if isinstance(entry, str) and "mujoco" in entry:
            with contextlib.suppress(ImportError):  # told by Gymnasium, with the command that installs it
                messages.route()
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message=".*is being initialised with render_mode")  # `_look_at` refuses it
                return gym.make(spec, disable_env_checker=True, **self.options)
        except gym.error.DependencyNotInstalled as error:
            raise _missing(self.id, error) from error
        except TypeError as error:
            if "unexpected keyword argument" in str(error):
                raise self._unknown_option(load_env_creator(entry) if isinstance(entry, str) else entry) from error
            raise
        except Exception as error:
            raise _not_made(self.id, self.options, error) from error

    def _construct(self, make_one: Callable[..., Any]) -> gym.Env[Any, Any]:
        options = dict(self.options)
        limit = options.pop("max_episode_steps", None)
        parameters = inspect.signature(make_one).parameters
        open_ended = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
        if not open_ended and not set(options) <= set(parameters):
            raise self._unknown_option(make_one)
        try:
            env = make_one(**options)
        except gym.error.DependencyNotInstalled as error:
            raise _missing(self.id, error) from error
        except Exception as error:
            raise _not_made(self.id, self.options, error) from error
        if not isinstance(env, gym.Env):
            raise _no_environment(self.id, env)
        return gym.wrappers.TimeLimit(env, limit) if limit is not None and limit != -1 else env

    def _unknown_option(self, creator: Any) -> ConfigError:
        if "render_mode" in self.options and "render_mode" not in inspect.signature(creator).parameters:
            return ConfigError(
                f"{self.id} cannot draw itself: its constructor takes no render_mode",
                fix="def __init__(self, …, render_mode=None), metadata = {'render_modes': ['rgb_array']}, and a render()",
            )
        known = [n for n in inspect.signature(creator).parameters if n not in ("self", "kwargs", "args")]
        unknown = [n for n in self.options if n not in known and n != "max_episode_steps"]
        lines = [f"{name}: {one_of(name, [*known, 'max_episode_steps'])}" for name in unknown]
        lines = lines or [f"it takes: {', '.join(known)}"]
        return ConfigError(f"{self.id} does not take the option {', '.join(unknown) or sorted(self.options)}", *lines)


def find_spec(env_id: str) -> EnvSpec:
    """The registration of `env_id`; an `EnvironmentFault` with the nearest ids where there is none."""
    try:
        spec = gym.spec(env_id)
    except gym.error.DeprecatedEnv as error:
        raise EnvironmentFault(f"env.id={env_id} is no longer supported", str(error)) from None
    except gym.error.Error:
        name = env_id.rpartition(":")[2]
        known = list(gym.registry)
        close = nearest(name, known)
        details = ["did you mean " + " or ".join(close) + "?"] if close else [f"{len(known)} ids are registered"]
        if name.startswith("ALE/"):
            details.append("Atari: pip install 'gymnasium[atari]', then env.id=ale_py:" + name)
        elif ":" not in env_id:
            details.append("an environment of another package: env.id=package.module:" + name)
        raise EnvironmentFault(f"there is no environment {env_id}", *details) from None
    return spec


def _has_box2d() -> bool:
    # SWIG's module raises DeprecationWarnings while it is imported; where warnings are errors, that ends the process.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import Box2D  # noqa: F401
        except ImportError:
            return False
    return True


def _missing(env_id: str, error: Exception) -> MissingExtra:
    text = str(error)
    command = next((part for part in text.split("`") if part.startswith("pip install")), None)
    return MissingExtra(f"{env_id} needs a package that is not installed", text, fix=command)


def _no_environment(env_id: str, made: Any) -> EnvironmentFault:
    wrong = f"{env_id} did not make an environment", "expected: gymnasium.Env", f"got: {type(made).__name__}"
    if any(cls.__module__.partition(".")[0] == "gym" for cls in type(made).__mro__):
        why = "its class is one of the package gym, which Gymnasium has replaced"
        return EnvironmentFault(*wrong, why, fix="import gymnasium as gym, and its step and reset as Gymnasium has them")
    return EnvironmentFault(*wrong)


def _not_made(env_id: str, options: dict[str, Any], error: Exception) -> EnvironmentFault:
    given = ", ".join(f"{k}={v!r}" for k, v in options.items()) or "none"
    return EnvironmentFault(f"{env_id} could not be made", *faults.cause(error), f"options: {given}")
