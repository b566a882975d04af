"""The whole configuration of a run, checked once and frozen. Imports no torch."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rlt import registry
from rlt.config import from_mapping, to_mapping, unknown_key
from rlt.engine.config import EngineConfig
from rlt.errors import ConfigError
from rlt.nn.config import CNNConfig, MLPConfig
from rlt.rl.named import own_names
from rlt.run.config import RunConfig

MODELS: dict[str, type] = {"mlp": MLPConfig, "cnn": CNNConfig}
"""Options of the networks that come with the agents, by `model.name`."""

_GROUPS = ("agent", "env", "model")


@dataclass(frozen=True)
class Experiment:
    """What is to be run."""

    agent_name: str
    agent: Any
    """The agent's own frozen config."""
    env: Any
    """`rlt.envs.config.EnvConfig`."""
    model_name: str
    model: Mapping[str, Any]
    """Options of the network: checked for rlt's own, passed on for others."""
    run: RunConfig
    engine: EngineConfig = dataclasses.field(default_factory=EngineConfig)
    name: str | None = None
    """Of the experiment file, where there was one."""

    def describe(self) -> dict[str, Any]:
        """As plain values, in the order of the YAML files."""
        return {
            "agent": {"name": self.agent_name} | to_mapping(self.agent), "env": to_mapping(self.env),
            "model": {"name": self.model_name} | dict(self.model), **to_mapping(self.engine), **to_mapping(self.run),
        }


def env_config() -> type[Any]:
    """The dataclass of group `env`."""
    cls: type[Any] = registry.load_object("rlt.envs.config:EnvConfig", key="env")
    return cls


def agent_config(name: str, trust: tuple[str, ...] | None = None, repeat: str | None = None) -> type[Any]:
    """The dataclass of agent `name`."""
    found = registry.load("agents", name, key="agent.name", trust=trust, repeat=repeat)
    cls: type[Any] = found.Config
    return cls


def parse(
    values: Mapping[str, Any], name: str | None = None, trust: tuple[str, ...] | None = None, repeat: str | None = None
) -> Experiment:
    """Every key and value checked. `trust` is a tuple where `values` came from a file (see `rlt.registry`)."""
    run_fields = [f.name for f in dataclasses.fields(RunConfig)]
    engine_fields = [f.name for f in dataclasses.fields(EngineConfig)]
    known = [*_GROUPS, *run_fields, *engine_fields]
    for key in values:
        if key not in (*known, "seeds"):
            raise unknown_key(key, known)
    groups = {group: _group(values, group) for group in _GROUPS}
    agent, model = dict(groups["agent"]), dict(groups["model"])
    agent_name, model_name = str(agent.pop("name", "ppo")), str(model.pop("name", "mlp"))
    _check_names(groups["env"], groups["model"], agent.get("extensions"), trust, repeat)
    if model_name in MODELS:
        model = to_mapping(from_mapping(MODELS[model_name], model, "model"))
    elif not registry.is_external(model_name):
        raise ConfigError(
            f"model.name={model_name}: there is no such network",
            "there is: " + ", ".join(MODELS),
            "or your own: package.module:Class",
        )
    return Experiment(
        agent_name,
        from_mapping(agent_config(agent_name, trust, repeat), agent, "agent"),
        from_mapping(env_config(), groups["env"], "env"),
        model_name,
        model,
        from_mapping(RunConfig, {k: v for k, v in values.items() if k in run_fields}),
        from_mapping(EngineConfig, {k: v for k, v in values.items() if k in engine_fields}),
        name,
    )


def _group(values: Mapping[str, Any], group: str) -> Mapping[str, Any]:
    value = values.get(group)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ConfigError(
            f"{group}={value} does not fit", f"expected keys of group {group}, such as {group}.name", fix=f"{group}.name={value}"
        )
    return value


def _check_names(
    env: Mapping[str, Any], model: Mapping[str, Any], extensions: Any, trust: tuple[str, ...] | None, repeat: str | None
) -> None:
    for key, name in [*_env_names(env), *own_names(model, extensions)]:
        registry.check_trust(name, key=key, trust=trust, repeat=repeat)


def _env_names(env: Mapping[str, Any]) -> list[tuple[str, str]]:
    wrappers = [w.get("name", "") if isinstance(w, Mapping) else w for w in env.get("wrappers") or ()]
    return [("env.id", str(env.get("id", ""))), *(("env.wrappers", str(name)) for name in wrappers)]


def trusted(words: Iterable[str]) -> tuple[str, ...]:
    """The packages of `trust=A,B` among words of a command line."""
    lists = [word.partition("=")[2].strip("[]").split(",") for word in words if word.startswith("trust=")]
    return tuple(package.strip() for found in lists for package in found if package.strip())


def trust_words(values: Mapping[str, Any]) -> str:
    """What `resume=`, `rlt.evaluate` and others want to read of a run with these values: ` trust=A,B`, if anything."""
    agent = values["agent"]
    named = [*_env_names(values["env"]), *own_names(values["model"], agent.get("extensions")), ("agent.name", agent["name"])]
    packages = dict.fromkeys(p for _, name in named if (p := registry.untrusted_package(name, ())) is not None)
    return f" trust={','.join(packages)}" if packages else ""
