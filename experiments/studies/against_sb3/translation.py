"""Our configuration as the arguments of Stable-Baselines3's constructor.

Every option of ours either has a counterpart there, which it becomes, or must keep its default, which is what SB3 does. What
can be neither raises ConfigError: a comparison never leaves a value out in silence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from rlt.assembly.root import Experiment
from rlt.config import defaults, from_mapping, to_mapping
from rlt.errors import ConfigError, one_of
from rlt.nn.config import MLPConfig
from rlt.nn.mlp import activation
from rlt.rl.schedules import Schedule

SILENT = {"backend", "workers", "timeout"}
"""Options of `env` that change how fast and no number."""


@dataclass(frozen=True)
class Translation:
    """What makes the other side."""

    algorithm: str
    """Name of the class in `stable_baselines3`."""
    arguments: dict[str, Any]
    """Of its constructor, policy and environment apart."""
    env_id: str
    num_envs: int


class _Options:
    """Options of one group. `take` gives a value; what nobody took must be at its default."""

    def __init__(self, group: str, config: Any) -> None:
        self.group, self._values = group, dict(vars(config))
        self._plain, self._defaults = to_mapping(config), defaults(type(config))

    def take(self, name: str) -> Any:
        return self._values.pop(name)

    def keep(self, names: Iterable[str], *, why: str) -> None:
        """ConfigError unless these have their defaults."""
        for name in names:
            del self._values[name]
            value, default = self._plain[name], self._defaults[name]
            if value != default:
                raise ConfigError(
                    f"{self.group}.{name}={_text(value)} has no counterpart in Stable-Baselines3", why,
                    fix=f"{self.group}.{name}={_text(default)}",
                )

    def close(self) -> None:
        """ConfigError unless all that is left has its default."""
        self.keep(list(self._values), why="only the default is what it does")


def translate(experiment: Experiment) -> Translation:
    """Both sides then learn by the same values. ConfigError names the first option that SB3 has not."""
    agent_name = experiment.agent_name
    if agent_name not in _ALGORITHMS:
        raise ConfigError(f"agent.name={agent_name} has no counterpart here", one_of(agent_name, _ALGORITHMS))
    if experiment.model_name != "mlp":
        raise ConfigError(f"model.name={experiment.model_name} is not compared", "expected mlp", fix="model=mlp")
    env = _Options("env", experiment.env)
    env_id, num_envs = env.take("id"), env.take("num_envs")
    for name in SILENT:
        env.take(name)
    env.close()
    name, algorithm = _ALGORITHMS[agent_name]
    agent, model = _Options("agent", experiment.agent), _Options("model", from_mapping(MLPConfig, experiment.model, "model"))
    arguments = algorithm(agent, model, num_envs)
    agent.close()
    model.close()
    return Translation(name, arguments, env_id, num_envs)


def _ppo(agent: _Options, model: _Options, num_envs: int) -> dict[str, Any]:
    take = agent.take
    network = _network(model, orthogonal=True) | {
        "log_std_init": model.take("log_std_init"), "optimizer_kwargs": {"eps": take("adam_epsilon")},
    }
    agent.keep(
        ("normalize_observation", "normalize_reward"), why="VecNormalize's statistics move during a rollout, ours after it"
    )
    return {
        "n_steps": take("n_steps"), "batch_size": take("minibatch_size"), "n_epochs": take("n_epochs"),
        "learning_rate": _schedule(take("learning_rate")), "gamma": take("gamma"), "gae_lambda": take("gae_lambda"),
        "clip_range": _schedule(take("clip_range")), "clip_range_vf": take("clip_range_vf"),
        "ent_coef": _number(take("ent_coef"), "agent.ent_coef"), "vf_coef": take("vf_coef"),
        "max_grad_norm": _norm(take("max_grad_norm")), "normalize_advantage": take("normalize_advantage"),
        "target_kl": take("target_kl"), "policy_kwargs": network,
    }


def _off_policy(agent: _Options, num_envs: int) -> dict[str, Any]:
    if num_envs > 1:
        raise ConfigError(
            f"env.num_envs={num_envs} makes other intervals in Stable-Baselines3",
            "it counts train_freq in vector steps, rlt in steps", fix="env.num_envs=1",
        )
    same = ("buffer_size", "learning_starts", "train_freq", "gradient_steps", "batch_size", "gamma", "n_steps")
    return {name: agent.take(name) for name in same} | {"learning_rate": _schedule(agent.take("learning_rate"))}


def _dqn(agent: _Options, model: _Options, num_envs: int) -> dict[str, Any]:
    arguments, tau = _off_policy(agent, num_envs), agent.take("tau")
    interval, epsilon = agent.take("target_update_interval"), agent.take("exploration")
    if interval is None and tau < 1:
        raise ConfigError(
            f"agent.tau={tau} without an interval moves the target with every gradient step",
            "Stable-Baselines3 moves it by steps alone", fix="agent.target_update_interval=1",
        )
    if epsilon.kind == "cosine":
        raise ConfigError(f"agent.exploration={epsilon.plain()} has no counterpart in Stable-Baselines3", "expected linear:…")
    network = _network(model, orthogonal=False) | {"optimizer_kwargs": {"eps": agent.take("adam_epsilon")}}
    return arguments | {
        "tau": tau, "target_update_interval": 10_000 if interval is None else interval,
        "exploration_initial_eps": epsilon.start, "exploration_final_eps": epsilon.end, "exploration_fraction": epsilon.fraction,
        "max_grad_norm": _norm(agent.take("max_grad_norm")), "policy_kwargs": network,
    }


def _sac(agent: _Options, model: _Options, num_envs: int) -> dict[str, Any]:
    arguments, temperature, start = _off_policy(agent, num_envs), agent.take("temperature"), agent.take("temperature_init")
    agent.keep(("target_update_interval",), why="its counter of updates begins anew with every call: see issue 2158")
    network = _network(model, orthogonal=False) | {"n_critics": agent.take("n_critics")}
    return arguments | {
        "tau": agent.take("tau"), "ent_coef": f"auto_{start}" if temperature == "auto" else temperature, "policy_kwargs": network,
    }


def _network(model: _Options, orthogonal: bool) -> dict[str, Any]:
    """`net_arch` and `activation_fn` where they are not left to the agent, whose own are the same on both sides."""
    hidden, name, gains = model.take("hidden"), model.take("activation"), model.take("orthogonal_init")
    if gains and not orthogonal:
        raise ConfigError("model.orthogonal_init=true is an option of PPO alone in Stable-Baselines3", fix="leave it out")
    arguments: dict[str, Any] = {} if hidden is None else {"net_arch": list(hidden)}
    arguments |= {} if name is None else {"activation_fn": activation(name)}
    return arguments | ({"ortho_init": gains is not False} if orthogonal else {})


def _schedule(schedule: Schedule) -> float | Callable[[float], float]:
    """SB3's schedules are functions of what remains of the run, from 1 to 0."""
    return schedule.start if schedule.is_constant else lambda remaining: schedule.at(1.0 - remaining)


def _number(schedule: Schedule, key: str) -> float:
    if not schedule.is_constant:
        raise ConfigError(
            f"{key}={schedule.plain()} has no counterpart in Stable-Baselines3", "it has no schedule there",
            fix=f"{key}={schedule.start}",
        )
    return schedule.start


def _norm(limit: float | None) -> float:
    """SB3 always clips; at infinity it changes nothing."""
    return math.inf if limit is None else limit


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


_ALGORITHMS: dict[str, tuple[str, Callable[[_Options, _Options, int], dict[str, Any]]]] = {
    "ppo": ("PPO", _ppo), "dqn": ("DQN", _dqn), "sac": ("SAC", _sac),
}
