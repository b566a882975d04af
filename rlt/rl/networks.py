"""An own network, built by name or class from what it asks for, and tried before anything is trained."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from typing import Any

from gymnasium import Space, spaces
from torch import nn

from rlt import registry
from rlt.config import unknown_key
from rlt.errors import ConfigError
from rlt.nn.config import MLPConfig
from rlt.rl.spaces import space_text

Model = str | type[nn.Module] | Mapping[str, Any] | None
"""A network's name, its class, or a mapping with `name` (either of these) and its options."""

_GIVEN = ("obs_dim", "n_actions", "action_dim", "observation_space", "action_space")


def build_own(
    network: str | type[nn.Module], options: Mapping[str, Any], observation_space: Space[Any], action_space: Space[Any],
    trust: tuple[str, ...] | None = None,
) -> nn.Module:
    """A user's network. Its constructor names what it wants of `obs_dim`, `n_actions` or `action_dim`,
    `observation_space`, `action_space`; its other parameters come from `options` (`model.*`)."""
    cls = network
    if isinstance(network, str):
        if not registry.is_external(network):
            raise ConfigError(
                f"model.name={network}: this agent has no such network for observations {space_text(observation_space)}",
                fix="model=mlp, or your own: package.module:Class",
            )
        registry.check_trust(network, key="model.name", trust=trust)
        cls = registry.load_object(network, key="model.name")
    if isinstance(cls, nn.Module):
        raise ConfigError(
            f"model is a network that is built already, a {type(cls).__name__}",
            "expected its class: the agent builds it, and builds it again on load",
            fix=f"model={type(cls).__name__}, or model={{'name': {type(cls).__name__}, 'hidden': 64}} with its options",
        )
    if not (isinstance(cls, type) and issubclass(cls, nn.Module)):
        raise ConfigError(
            f"model.name={network} is no network", f"expected a class derived from rlt.Module or nn.Module, got {cls!r}"
        )
    given = sizes(observation_space, action_space)
    own = own_parameters(cls)
    for key in options:
        if key not in own:
            raise unknown_key(f"model.{key}", [f"model.{name}" for name in own])
    wanted = {name: p for name, p in _constructor(cls).items() if name in _GIVEN}
    for name in wanted:
        if name not in given:
            raise ConfigError(
                f"{cls.__name__} asks for {name}, which these spaces do not have",
                f"observations: {space_text(observation_space)}",
                f"actions: {space_text(action_space)}",
                "they give: " + ", ".join(given),
                fix=_instead(name, given),
            )
    open_ones = [name for name, p in own.items() if p.default is p.empty and name not in options]
    if open_ones:
        raise ConfigError(
            f"{cls.__name__} wants {', '.join(open_ones)}, which has no value",
            "the spaces give: " + ", ".join(given), "other parameters come from model.NAME=VALUE",
        )
    return cls(**{name: given[name] for name in wanted}, **options)


def refuse_options(model: Mapping[str, Any], agent: str, why: str, *names: str) -> None:
    """ConfigError where one of rlt's networks is given an option that this agent has no use for."""
    defaults = MLPConfig()
    for name in names:
        if model.get(name, getattr(defaults, name)) != getattr(defaults, name):
            raise ConfigError(f"model.{name}={model[name]} and agent.name={agent} contradict each other", why, fix="leave it out")


def own_parameters(cls: type[nn.Module]) -> dict[str, inspect.Parameter]:
    """The constructor's parameters that come from `model.*`: all but those that the spaces give."""
    return {
        name: p for name, p in _constructor(cls).items()
        if name not in _GIVEN and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    }


def _constructor(cls: type[nn.Module]) -> dict[str, inspect.Parameter]:
    """The parameters of `__init__`, without self: the signature of the class itself is its metaclass's."""
    return dict(list(inspect.signature(cls.__init__).parameters.items())[1:])


def _instead(name: str, given: Mapping[str, Any]) -> str:
    """What a constructor can take in the place of `name`."""
    other = {"action_dim": "n_actions", "n_actions": "action_dim"}.get(name, "")
    if other in given:
        kind = "choices, one output each" if other == "n_actions" else "numbers of one action"
        return f"take {other}={given[other]} ({kind}) in __init__"
    space = "observation_space" if name == "obs_dim" else "action_space"
    return f"take {space} in __init__ and read the sizes of its parts"


def sizes(observation_space: Space[Any], action_space: Space[Any]) -> dict[str, Any]:
    """What a constructor can ask for, as far as these spaces have it."""
    given: dict[str, Any] = {"observation_space": observation_space, "action_space": action_space}
    if isinstance(observation_space, spaces.Box):
        given["obs_dim"] = math.prod(observation_space.shape)
    if isinstance(action_space, spaces.Discrete):
        given["n_actions"] = int(action_space.n)
    if isinstance(action_space, spaces.Box):
        given["action_dim"] = math.prod(action_space.shape)
    return given
