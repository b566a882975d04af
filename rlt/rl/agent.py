"""What DQN, PPO and SAC have in common: learning as a run, predicting, evaluating, saving and loading.

An agent says what is its own: `build` (networks and storage), `advance` (collect and update), `act` (of
`rlt.rl.evaluated`), `own_state`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from gymnasium import Space
from torch import nn

from rlt.config import from_mapping, to_mapping
from rlt.engine.choice import settle
from rlt.engine.config import engine_config
from rlt.engine.threads import threads_for, use_threads
from rlt.engine.training import TrainingStep
from rlt.errors import ConfigError, RunError
from rlt.rl.arguments import refuse_positional, refuse_what_stands_elsewhere, whole
from rlt.rl.episodes import EpisodeStatistics
from rlt.rl.evaluated import Evaluated
from rlt.rl.extensions import Extensions
from rlt.rl.generators import Generators
from rlt.rl.named import normal_model, plain_model, plain_name
from rlt.rl.networks import Model
from rlt.rl.predict import all_tensors, from_policy, to_policy
from rlt.rl.saving import copy_weights, load_agent, save_agent
from rlt.rl.seeds import Seeds
from rlt.rl.vector_env import Observation, VectorEnv, check_for_learning
from rlt.run.callbacks import Callback, as_callbacks
from rlt.run.config import EvaluationConfig, LogConfig, RunConfig
from rlt.run.folder import RunFolder
from rlt.run.learner import Metrics, State
from rlt.run.runner import Outcome, Runner
from rlt.run.timetable import resolved
from rlt.types import Test, Train


class Agent(Evaluated, ABC):
    """A learner of `rlt.run` that acts in an environment."""

    name: ClassVar[str]
    Config: ClassVar[type[Any]]
    LOSSES: ClassVar[tuple[str, ...]] = ()
    """What a loss term of somebody else's (`rlt.rl.extensions.LossTerm`) may be added to."""
    score = "return_mean"
    policy: nn.Module
    """The module that acts, normalisers included."""

    def __init__(
        self, env: VectorEnv[Train], *unnamed: Any, eval_env: VectorEnv[Test] | None = None, model: Model = None, seed: int = 0,
        threads: int | None = None, compile: str = "auto", compile_at: int | None = None, **options: Any,
    ) -> None:
        """`options` are the fields of `Config`; `threads`, `compile` and `compile_at` those of `rlt.engine.config`."""
        refuse_positional(type(self).__name__, unnamed)
        check_for_learning(env, type(self).__name__)
        self._engine_and_config(threads, compile, compile_at, options)
        self._build(
            env, eval_env, env.single_observation_space, env.single_action_space, env.num_envs, env.device, model, seed
        )

    def _engine_and_config(
        self, threads: int | None, compile: str, compile_at: int | None, options: Mapping[str, Any]
    ) -> None:
        refuse_what_stands_elsewhere(type(self).__name__, options, self.Config)
        self.config = from_mapping(self.Config, options, "agent")
        self.asked_engine = self.engine = engine_config(threads, compile, compile_at)

    def _build(
        self, env: VectorEnv[Train] | None, eval_env: VectorEnv[Test] | None, observation_space: Space[Any],
        action_space: Space[Any], num_envs: int, device: torch.device, model: Model, seed: int,
    ) -> None:
        self.env = env
        self.evaluate_in(eval_env)
        self.observation_space, self.action_space = observation_space, action_space
        self.device, self.vector_size = device, num_envs
        self.seed = whole("seed", seed, 0)
        self.seeds = Seeds.of(self.seed)
        self.model = normal_model(model)
        self.steps, self._schedule = 0, (0, 0)
        self.generators = Generators(self.seeds, device)
        self.episodes = EpisodeStatistics(num_envs)
        self.current_obs: Observation | None = None
        self.extensions = Extensions(getattr(self.config, "extensions", ()), self.LOSSES, type(self).__name__)
        with self.generators.initial(self.seeds.networks), use_threads(1):  # the same weights whatever the machine's cores
            self.policy = self.build().to(device).eval()  # an update alone puts it in train mode
            self.extensions.prepare(self)
        self.threads = threads_for(self.policy, self.engine.threads)
        self.prepare()

    @classmethod
    def for_spaces(
        cls,
        observation_space: Space[Any],
        action_space: Space[Any],
        *,
        num_envs: int = 1,
        device: str | torch.device = "cpu",
        env: VectorEnv[Train] | None = None,
        model: Model = None,
        seed: int = 0,
        threads: int | None = None,
        compile: str = "auto",
        compile_at: int | None = None,
        **options: Any,
    ) -> Self:
        """An agent without an environment: it predicts, takes weights and plays in environments that it is given."""
        agent = cls.__new__(cls)
        agent._engine_and_config(threads, compile, compile_at, options)
        agent._build(env, None, observation_space, action_space, num_envs, torch.device(device), model, seed)
        return agent

    @abstractmethod
    def build(self) -> nn.Module:
        """The policy, from `self.observation_space`, `self.action_space`, `self.model` and `self.config`."""

    @abstractmethod
    def prepare(self) -> None:
        """Storage and optimisers, once `self.policy` is on its device."""

    training_steps: tuple[TrainingStep, ...] = ()
    """What `compile` applies to; set by `prepare`."""

    def updates_in(self, total_steps: int) -> int:
        """Gradient steps that a run of so many more steps makes."""
        return 0

    @property
    @abstractmethod
    def log_interval(self) -> int:
        """Steps between rows of the log."""

    @property
    def learn_interval(self) -> int:
        """See `rlt.run.learner.Learner`."""
        return self.vector_size

    @property
    def checkpoint_bytes(self) -> int:
        """Disk that one checkpoint takes, at most: the policy, its target, an optimiser's two moments."""
        return 4 * sum(p.nbytes for p in self.policy.parameters()) + 2**20

    @property
    def storage_text(self) -> str | None:
        """What is said of the agent's storage at the start of a run."""
        return None

    @abstractmethod
    def begin(self, total_steps: int) -> int:
        """See `rlt.run.learner.Learner`; must call `self.stretch_schedules`."""

    @abstractmethod
    def advance(self, until: int) -> Metrics:
        """See `rlt.run.learner.Learner`."""

    @abstractmethod
    def own_state(self) -> State:
        """What this agent has beyond policy, counters, generators and environment."""

    @abstractmethod
    def load_own_state(self, state: State) -> str | None:
        """Takes back what `own_state` gave; a sentence where that could not be exact."""

    @abstractmethod
    def open_state(self) -> State:
        """What belongs to the episodes under way: worth nothing where the environment starts anew."""

    @abstractmethod
    def load_open_state(self, state: State) -> None:
        """Takes back what `open_state` gave."""

    # Time

    def stretch_schedules(self, start: int, stop: int) -> None:
        """Schedules run from `start` to `stop`."""
        self._schedule = (start, stop)

    def progress(self) -> float:
        """The part of the schedules that is over, 0 to 1."""
        start, stop = self._schedule
        return min((self.steps - start) / (stop - start), 1.0) if stop > start else 1.0

    def start_environment(self) -> Observation:
        """The current observation; the first call resets. A seed given to `make` stands, else the agent's is used."""
        env = self._training_env()
        if self.current_obs is None:
            self.current_obs = env.reset(self.seeds.environments if env.seed is None else None)
        return self.current_obs

    def _training_env(self) -> VectorEnv[Train]:
        if self.env is None:
            raise ConfigError(f"this {self.name} was loaded without an environment", fix="load(path, env=envs.make(…))")
        check_for_learning(self.env, type(self).__name__)
        return self.env

    def settle(self, total_steps: int) -> None:
        """Decides what `engine` leaves open, for a run of so many more steps; before `describe`."""
        if not self.training_steps and self.asked_engine.compile == "on":
            raise ConfigError(f"compile=on: {self.name} has no training step that can be compiled", fix="compile=auto")
        if self.training_steps:
            self.engine = settle(self.asked_engine, self.training_steps, self.updates_in(total_steps))

    # For people

    def learn(
        self, total_steps: int, callback: Callback | Iterable[Callback] | None = None, run: str | Path | None = None,
        progress: str = "auto",
    ) -> Self:
        """Trains for `total_steps` more steps. `run` names a folder for TensorBoard, metrics.csv, checkpoints and evaluations.
        `progress` is `log.progress`: `auto`, `rich`, `plain` or `off`.

        Schedules run over these steps, each call's anew; counters go on from before.
        """
        total_steps = whole("total_steps", total_steps, 1)
        log = from_mapping(LogConfig, {"progress": progress}, "log")
        self._training_env()  # refused before a folder is made
        callbacks = as_callbacks(callback)
        listens = any(type(c).on_evaluation is not Callback.on_evaluation for c in callbacks)
        evaluation = EvaluationConfig() if run is not None or listens else EvaluationConfig(interval=0)
        self.settle(total_steps)
        asked = RunConfig(total_steps=total_steps, seed=self.seed, evaluation=evaluation, log=log)
        config = resolved(asked, self, str(self.device))
        folder = None
        if run is not None:
            folder = RunFolder.create(run, self.describe() | to_mapping(config), {"status": "running", "experiment": None})
        outcome = self.run(config, folder, callbacks)
        if outcome.signal == "SIGINT":
            raise KeyboardInterrupt  # the step was finished and, in a run's folder, a checkpoint written
        return self

    def run(
        self, config: RunConfig, folder: RunFolder | None, callbacks: Iterable[Callback] = (), resume: State | None = None
    ) -> Outcome:
        """One run as `rlt.train` makes it."""
        self.evaluation = config.evaluation
        with use_threads(self.threads):
            return Runner(self, config, folder, callbacks).run(config.total_steps, resume)

    def describe(self) -> dict[str, Any]:
        """What a config says to make this agent again: groups `agent`, `env` and `model`, and the seeds."""
        env = self.env.config if self.env is not None else None
        return {
            "agent": {"name": self._registered_name()} | to_mapping(self.config), "env": env, "model": plain_model(self.model),
            **to_mapping(self.engine), "threads": self.threads, "seeds": self.seeds.plain(),
        }

    def _registered_name(self) -> str:
        """`sac`, or `package.module:Class` for a class from elsewhere."""
        return self.name if type(self).__module__.startswith("rlt.agents.") else plain_name(type(self))

    @torch.no_grad()
    def predict(
        self, observation: Any, state: Any = None, episode_start: Any = None, deterministic: bool = False
    ) -> tuple[Any, Any]:
        """Actions for one observation or a batch, and the state for the next call (None: this policy has no memory).

        The signature of Stable-Baselines3. numpy in, numpy out; tensors in, tensors out. Actions are the environment's
        own: Discrete from its `start`, Box within its bounds.
        """
        obs, single = to_policy(observation, self.observation_space, self.device)
        action = self.act(obs, None if deterministic else self.generators.prediction)
        return from_policy(action, self.action_space, single, as_tensor=all_tensors(observation)), state

    def headline(self) -> Mapping[str, float]:
        """Mean return and length of the last episodes."""
        return self.episodes.headline()

    # State

    def weights(self) -> State:
        """The policy's state_dict."""
        return {name: value.detach().clone() for name, value in self.policy.state_dict().items()}

    def load_weights(self, weights: State) -> None:
        """Takes the policy from `weights`: same names and shapes, or a RunError that lists the first that differ."""
        copy_weights(self.policy, weights, f"this {self.name}'s network")

    def state(self) -> State:
        """Everything that changes during training."""
        started = self.current_obs is not None
        return {
            "agent": self.name,
            "steps": self.steps,
            "schedule": list(self._schedule),
            "weights": self.weights(),
            "generators": self.generators.state(),
            "episodes": self.episodes.state(),
            "environment": self._training_env().get_state() if started else None,
            "open": self.open_state() if started else None,
            "own": self.own_state(),
            "extensions": self.extensions.state(),
            "open_extensions": self.extensions.open_state() if started else None,
        }

    def load_state(self, state: State) -> str | None:
        """Goes on from `state`, to the bit where the environment can."""
        if state["agent"] != self.name:
            raise RunError(f"the checkpoint is of agent {state['agent']}, expected {self.name}")
        saved = len(state["episodes"]["return"])
        if saved != self.vector_size:
            raise RunError(f"the checkpoint is of {saved} environments, expected {self.vector_size}", fix=f"env.num_envs={saved}")
        inexact = self.load_learning(state)
        if state["environment"] is None:
            return inexact
        env = self._training_env()
        self.episodes.load_state(state["episodes"])
        self.current_obs = env.set_state(state["environment"])
        if env.inexact_resume is None:
            self.load_open_state(state["open"])
            self.extensions.load_open_state(state["open_extensions"])
        else:
            self.episodes.restart()
        return "; ".join(reason for reason in (inexact, env.inexact_resume) if reason) or None

    def load_learning(self, state: State) -> str | None:
        """`load_state` without the environment."""
        self.load_weights(state["weights"])
        self.steps, self._schedule = state["steps"], tuple(state["schedule"])
        self.generators.load_state(state["generators"])
        self.extensions.load_state(state.get("extensions", {}))  # before there were any, states lacked it
        return self.load_own_state(state["own"])

    def save(self, path: str | Path) -> None:
        """One file with everything but the environment: `load` acts, evaluates and learns on from it."""
        save_agent(self, Path(path))

    @classmethod
    def load(cls, path: str | Path, env: VectorEnv[Train] | None = None, trust: tuple[str, ...] | str = ()) -> Self:
        """The agent that `save` wrote. Without `env` it predicts; with one it also learns on.

        `trust` names packages whose network the file may import; nothing else in it can run code.
        """
        return load_agent(cls, Path(path), env, (trust,) if isinstance(trust, str) else tuple(trust))
