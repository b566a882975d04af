"""SAC: act, store, and learn from replay as often as was asked."""

from __future__ import annotations

import torch
from gymnasium import spaces

import rlt
from rlt.config import from_mapping
from rlt.nn.config import MLPConfig
from rlt.rl.distributions import Categorical
from rlt.rl.off_policy import OffPolicyAgent
from rlt.rl.schedules import Schedule
from rlt.rl.vector_env import Observation
from rlt.run.learner import Metrics, State
from rlt.types import Float, Int64, Tensor

from .config import SACConfig
from .networks import SACPolicy, networks
from .update import METRICS, OF_THE_ACTOR, Coefficients, SACUpdate


class SAC(OffPolicyAgent):
    """Soft actor-critic for bounded Box and for Discrete actions. Options: `SACConfig`; the page: `agents/sac/README.md`."""

    name = "sac"
    Config = SACConfig
    METRICS = METRICS
    LOSSES = ("critics", "actor")
    config: SACConfig
    policy: SACPolicy

    def build(self) -> SACPolicy:
        space = self.observation_space
        self.check_observations()
        assert isinstance(space, spaces.Box)
        own = self.model["name"] != "mlp"
        options = {key: value for key, value in self.model.items() if key != "name"}
        config = None if own else from_mapping(MLPConfig, options, "model")
        policy, self._critics = networks(self.model, config, space, self.action_space, self.config.n_critics)
        discrete = isinstance(policy.distribution, Categorical)
        self.action_shape = () if discrete else tuple(self.action_space.shape or ())
        self.action_dtype = torch.int64 if discrete else torch.float32
        return policy

    def prepare_update(self) -> None:
        self._update = SACUpdate(
            self.policy, self._critics.to(self.device), self.config, critic_terms=self.extensions.terms("critics"),
            actor_terms=self.extensions.terms("actor"),
        )
        self.training_steps = self._update.training_steps

    def act(self, obs: Observation, generator: torch.Generator | None) -> Tensor:
        return self.policy.act(obs, generator)

    def explore(self, obs: Observation, warming: bool) -> Tensor:
        generator = self.generators.exploration
        return self.policy.random_actions(self.vector_size, generator) if warming else self.policy.act(obs, generator)

    def advance(self, until: int) -> Metrics:
        self._update.gather()
        return super().advance(until)

    @rlt.typed
    def update(self, indices: Int64[Tensor, "updates batch_size"]) -> Float[Tensor, "updates metrics"]:
        update, numbers = self._update, self.numbers()
        rates = [numbers[f"optim/{name}_learning_rate"] for name in _LEARNERS]
        coefficients = Coefficients(*(torch.tensor([rate], device=self.device) for rate in rates))
        noise = update.noise(indices.shape[0], indices.shape[1], self.generators.batches)
        with update.training():
            rows = [update(self.replay.storage, index, n, coefficients) for index, n in zip(indices, noise)]
        return torch.stack(rows)

    def numbers(self) -> dict[str, float]:
        config = self.config
        own = (config.actor_learning_rate, config.critic_learning_rate, config.temperature_learning_rate)
        schedules: list[Schedule] = [config.learning_rate if schedule is None else schedule for schedule in own]
        progress = self.progress()
        return {f"optim/{name}_learning_rate": schedule.at(progress) for name, schedule in zip(_LEARNERS, schedules)}

    def _learned(self, rows: list[Tensor]) -> dict[str, Tensor]:
        delay = self.config.policy_delay
        if delay == 1 or not rows:
            return super()._learned(rows)
        table = torch.cat(rows)
        last = self._update.updates
        acted = torch.arange(last - len(table) + 1, last + 1, device=table.device) % delay == 0
        of_the_actor = (*OF_THE_ACTOR, *self.extensions.terms("actor").names)
        actors = [self.columns.index(name) for name in of_the_actor]
        table[:, actors] = table[:, actors].where(acted.unsqueeze(1), 0.0)  # left out by intent: no NaN to stop for
        learned = super()._learned([table])
        return learned | {name: learned[name][acted] for name in of_the_actor}

    def update_state(self) -> State:
        return self._update.state()

    def load_update_state(self, state: State) -> None:
        self._update.load_state(state)


_LEARNERS = ("actor", "critic", "temperature")
