"""Environments and agents from a checked configuration or a run's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rlt import registry
from rlt.assembly.root import Experiment, parse
from rlt.config import to_mapping
from rlt.errors import ConfigError, RunError
from rlt.rl.agent import Agent
from rlt.rl.vector_env import VectorEnv
from rlt.run.checkpoint import find_weights
from rlt.run.folder import RunFolder
from rlt.types import Test, Train


def make_env(
    experiment: Experiment,
    *,
    purpose: type[Train] | type[Test] = Train,
    num_envs: int | None = None,
    seed: int | None = None,
    autoreset: str = "same_step",
    render_mode: str | None = None,
) -> VectorEnv[Any]:
    """The environment of `experiment`, on its device. One with a `render_mode` is not on `native`, which cannot draw."""
    make = registry.load_object("rlt.envs:make", key="env")
    env = experiment.env
    shown = {} if render_mode is None else {"render_mode": render_mode}
    made: VectorEnv[Any] = make(
        env.id,
        num_envs or env.num_envs,
        backend="auto" if shown and env.backend == "native" else env.backend,
        device=device_of(experiment),
        seed=seed,
        wrappers=list(env.wrappers),
        workers=env.workers,
        timeout=env.timeout,
        purpose=purpose,
        autoreset=autoreset,
        **env.options | shown,
    )
    return made


def device_of(experiment: Experiment) -> str:
    """`device=auto` is the CPU for vector networks: they lose more to launching kernels than they gain. ConfigError
    where CUDA is asked for and not there."""
    import torch

    device = experiment.run.device
    if device == "auto":
        return "cpu"
    if device.startswith("cuda") and not torch.cuda.is_available():
        built = "is built without CUDA" if torch.version.cuda is None else f"wants a driver for CUDA {torch.version.cuda}"
        raise ConfigError(
            f"device={device}: there is no CUDA device that torch can use",
            f"torch {torch.__version__} {built}; python -m rlt.doctor says more",
            fix="device=cpu",
        )
    return device


def agent_class(name: str) -> type[Agent]:
    """The class of agent `name`: a package of rlt or of an entry point has it as `Agent`, `package.module:Class` is it."""
    found = registry.load("agents", name, key="agent.name")
    cls: type[Agent] = getattr(found, "Agent", found)
    return cls


def make_agent(experiment: Experiment, env: VectorEnv[Train]) -> Agent:
    """The agent of `experiment` in `env`."""
    return agent_class(experiment.agent_name)(env, **_arguments(experiment))


def _arguments(experiment: Experiment) -> dict[str, Any]:
    """What every way to make the agent takes from the configuration."""
    return {
        "model": {"name": experiment.model_name, **experiment.model}, "seed": experiment.run.seed,
        **to_mapping(experiment.engine), **vars(experiment.agent),
    }


def experiment_of(folder: RunFolder, trust: tuple[str, ...], repeat: str) -> Experiment:
    """What a run was started with. TrustError where its config names code from outside that is not in `trust`."""
    config = folder.config()
    if config.get("env") is None:
        raise RunError(
            f"the environment of {folder.path} has no name", "the run was made in Python, with an environment from an object",
            fix="agent.save and load, with the environment given",
        )
    try:
        return parse(config, folder.record().get("experiment"), trust, repeat)
    except ConfigError as error:
        raise RunError(f"{folder.config_file} cannot be used", str(error)) from None


def evaluated_agent(
    folder: RunFolder, checkpoint: str, num_envs: int, exactly: bool, trust: tuple[str, ...], repeat: str, **shown: Any
) -> tuple[Agent, VectorEnv[Test], int]:
    """The agent of a run with the weights of `checkpoint`, test environments for it, and the step of the weights.

    `num_envs` is taken as it is if `exactly`, else it bounds the number that the run trained in. `shown` may be
    `autoreset` and `render_mode` of the environments."""
    weights, steps = find_weights(_checkpoint_path(folder, checkpoint), checkpoint)
    experiment = experiment_of(folder, trust, repeat)
    count = num_envs if exactly else min(num_envs, experiment.env.num_envs)
    env = make_env(experiment, purpose=Test, num_envs=count, **shown)
    agent = agent_class(experiment.agent_name).for_spaces(
        env.single_observation_space, env.single_action_space, num_envs=experiment.env.num_envs, device=env.device,
        **_arguments(experiment) | ({"extensions": ()} if hasattr(experiment.agent, "extensions") else {}),  # of learning alone
    )
    agent.load_weights(weights)
    return agent, env, steps


def _checkpoint_path(folder: RunFolder, checkpoint: str) -> Path:
    return folder.path if checkpoint in ("last", "best") else Path(checkpoint)
