"""DQN: act by the highest value or at random, store, learn from what is stored."""

from __future__ import annotations

from typing import Any

import torch
from gymnasium import Space, spaces
from torch import nn

import rlt
from rlt.config import from_mapping
from rlt.errors import ConfigError, SpaceError
from rlt.nn.config import CNNConfig, MLPConfig
from rlt.rl.networks import build_own, refuse_options
from rlt.rl.off_policy import OffPolicyAgent
from rlt.rl.vector_env import Observation
from rlt.run.learner import State
from rlt.types import Float, Int64, Tensor

from .config import DQNConfig
from .networks import DQNPolicy, checked, cnn, mlp
from .update import METRICS, DQNUpdate


class DQN(OffPolicyAgent):
    """Deep Q-learning for Discrete actions. Options: `DQNConfig`; the page: `agents/dqn/README.md`."""

    name = "dqn"
    Config = DQNConfig
    METRICS = METRICS
    LOSSES = ("q",)
    config: DQNConfig
    policy: DQNPolicy

    action_shape = ()
    action_dtype = torch.int64

    def build(self) -> DQNPolicy:
        space, actions, config = self.observation_space, self.action_space, self.config
        if not isinstance(actions, spaces.Discrete):
            raise SpaceError(
                f"DQN cannot serve actions {actions}", "expected Discrete: it compares the values of all actions",
                fix=_served_by(actions),
            )
        self.check_observations()
        assert isinstance(space, spaces.Box)
        n = int(actions.n)
        options = {key: value for key, value in self.model.items() if key != "name"}
        name = self.model["name"]
        network: nn.Module
        if name == "mlp":
            refuse_options(options, "dqn", "DQN has one network, of action values", "shared", "log_std_init", "critic")
            network = mlp(space, n, from_mapping(MLPConfig, options, "model"), config.dueling)
        elif name == "cnn":
            network = cnn(space, n, from_mapping(CNNConfig, options, "model"), config.dueling)
        elif config.dueling:
            raise ConfigError(
                "agent.dueling=true and a model of your own contradict each other",
                "the last layer of your network is your own", fix="rlt.nn.DuelingHead in your network, and agent.dueling=false",
            )
        else:
            network = checked(build_own(name, options, space, actions), space, actions)
        return DQNPolicy(network, space)

    def prepare_update(self) -> None:
        assert isinstance(self.action_space, spaces.Discrete)
        self._n_actions = int(self.action_space.n)
        self._update = DQNUpdate(self.policy, self.config, terms=self.extensions.terms("q"))
        self.training_steps = (self._update.step,)

    def load_weights(self, weights: State) -> None:
        super().load_weights(weights)
        self._update.copy_target()  # else it would value actions by the network that was drawn at first

    def explore(self, obs: Observation, warming: bool) -> Tensor:
        return self.policy.explore(obs, 1.0 if warming else self._epsilon(), self.generators.exploration, self._n_actions)

    def act(self, obs: Observation, generator: torch.Generator | None) -> Tensor:
        if generator is None:
            return self.policy.act(obs)
        return self.policy.explore(obs, self._epsilon(), generator, self._n_actions)

    def _epsilon(self) -> float:
        return self.config.exploration.at(self.progress())

    @rlt.typed
    def update(self, indices: Int64[Tensor, "updates batch_size"]) -> Float[Tensor, "updates metrics"]:
        rate = self.config.learning_rate.at(self.progress())
        return self._update(self.replay.storage, indices, torch.tensor([rate], device=self.device))

    def after_step(self, before: int, now: int) -> None:
        interval = self.config.copy_interval
        if interval is not None and now // interval > before // interval:
            self._update.move_target()

    def numbers(self) -> dict[str, float]:
        return {
            "optim/learning_rate": self.config.learning_rate.at(self.progress()), "dqn/epsilon": self._epsilon(),
            "dqn/replay": float(self.replay.size),
        }

    def update_state(self) -> State:
        return self._update.state()

    def load_update_state(self, state: State) -> None:
        self._update.load_state(state)


def _served_by(actions: Space[Any]) -> str:
    if not isinstance(actions, spaces.Box):
        return "agent=ppo"
    if actions.dtype is None or actions.dtype.kind != "f":
        return "a gymnasium.ActionWrapper with actions MultiDiscrete, and agent=ppo"
    return "agent=ppo or agent=sac" if actions.is_bounded() else "agent=ppo"
