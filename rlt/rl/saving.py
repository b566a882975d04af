"""An agent as one file."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import nn

from rlt import registry
from rlt.errors import RunError
from rlt.rl.named import own_names
from rlt.rl.spaces import decode, difference, encode
from rlt.rl.vector_env import VectorEnv
from rlt.store.tree import load_tree, save_tree
from rlt.types import Train

if TYPE_CHECKING:
    from rlt.rl.agent import Agent

_log = logging.getLogger(__name__)

A = TypeVar("A", bound="Agent")


def save_agent(agent: Agent, path: Path) -> None:
    """Config, network, spaces and the whole learning state; the environment stays outside."""
    described = agent.describe()
    tree = {
        "agent": agent.name,
        "config": described["agent"],
        "model": described["model"],
        "env": described["env"],
        "seed": agent.seed,
        "num_envs": agent.vector_size,
        "threads": agent.threads,
        "compile": agent.asked_engine.compile,
        "compile_at": agent.asked_engine.compile_at,
        "spaces": {"observation": encode(agent.observation_space), "action": encode(agent.action_space)},
        "state": agent.state() | {"environment": None, "open": None, "open_extensions": None},
    }
    save_tree(path, tree, kind="agent")


def load_agent(cls: type[A], path: Path, env: VectorEnv[Train] | None, trust: tuple[str, ...]) -> A:
    """The agent in `path`. RunError where it is another agent or was saved for other spaces, TrustError where it names
    a network from outside that is not trusted."""
    tree = load_tree(path, kind="agent")
    if tree["agent"] != cls.name:
        raise RunError(f"{path} holds the agent {tree['agent']}, expected {cls.name}")
    for key, name in own_names(tree["model"], tree["config"].get("extensions", ())):
        registry.check_trust(name, key=key, trust=trust, repeat=f"{cls.__name__}.load(…) with")
    observation, action = decode(tree["spaces"]["observation"]), decode(tree["spaces"]["action"])
    num_envs, device = tree["num_envs"], torch.device("cpu")
    if env is not None:
        num_envs, device = env.num_envs, env.device
        _check_spaces(path, "observations", observation, env.single_observation_space)
        _check_spaces(path, "actions", action, env.single_action_space)
    options = {key: value for key, value in tree["config"].items() if key != "name"}
    agent = cls.for_spaces(
        observation, action, num_envs=num_envs, device=device, env=env, model=tree["model"], seed=tree["seed"],
        threads=tree["threads"], compile=tree["compile"], compile_at=tree.get("compile_at"), **options,
    )
    inexact = agent.load_learning(tree["state"])
    if inexact:
        _log.warning("%s: %s", path, inexact)
    return agent


@torch.no_grad()
def copy_weights(module: nn.Module, weights: Mapping[str, Any], whose: str) -> None:
    """Copies `weights` into `module`: same names and shapes, or a RunError that lists the first that differ."""
    own = module.state_dict()
    wrong = [
        f"{name}: expected {_shape(own.get(name))}, got {_shape(weights.get(name))}"
        for name in {**own, **weights} if _shape(own.get(name)) != _shape(weights.get(name))
    ]
    if wrong:
        more = [f"and {len(wrong) - 4} more"] if len(wrong) > 4 else []
        raise RunError(f"these weights do not fit {whose}", *wrong[:4], *more)
    for name, value in own.items():
        value.copy_(weights[name])


def _shape(value: Any) -> str:
    return "nothing" if value is None else f"{tuple(value.shape)}"


def _check_spaces(path: Path, what: str, saved: Any, given: Any) -> None:
    differs = difference(saved, given)
    if differs:
        raise RunError(f"{path} was saved for other {what}", differs)
