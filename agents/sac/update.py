"""SAC's training step: critics, actor, temperature, target critics, without a host read."""

from __future__ import annotations

import copy
import math
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

import torch
from torch import nn

import rlt
from rlt.engine.optimizers import Adam
from rlt.engine.step import Group, Network, Step
from rlt.engine.training import TrainingStep
from rlt.rl.distributions import Categorical, GaussianParameters
from rlt.rl.extensions import Terms
from rlt.rl.replay import Storage, Transitions, gather
from rlt.rl.squashed import SquashedGaussian
from rlt.types import Float, Int64, Tensor

from .config import SACConfig
from .losses import actor_loss, critic_loss, exact_entropy, exact_soft_value, soft_value, td_target, temperature_loss
from .networks import SACPolicy, Temperature, parameters_of

METRICS = (
    "loss/critic", "sac/q", "optim/critic_gradient_norm", "loss/actor", "sac/entropy", "optim/actor_gradient_norm",
    "sac/temperature",
)
OF_THE_ACTOR = METRICS[3:6]
"""What an update that leaves the actor out has no value for."""


class Noise(NamedTuple):
    """What the actions of one update are drawn with; empty where expectations are exact."""

    next_action: Float[Tensor, "batch d"]
    action: Float[Tensor, "batch d"]


class Coefficients(NamedTuple):
    """What schedules give for one update. Tensors: a compiled step is then compiled once."""

    actor_learning_rate: Float[Tensor, "1"]
    critic_learning_rate: Float[Tensor, "1"]
    temperature_learning_rate: Float[Tensor, "1"]


class Expectation(Protocol):
    """How a mean over the policy's actions is taken: by one sample, or exactly."""

    def value(self, parameters: Any, noise: Tensor, critics: Network, obs: Tensor, temperature: Tensor) -> tuple[Tensor, Tensor]:
        """The soft value of each observation, and the policy's entropy there."""

    def taken(self, critics: Network, batch: Transitions) -> Tensor:
        """`[critics, batch]`: the values of the actions that were taken."""


class OneSample:
    """Box: one action per observation, reparametrised, so that gradients pass through it."""

    def __init__(self, distribution: SquashedGaussian) -> None:
        self.distribution = distribution

    @rlt.typed
    def value(
        self, parameters: GaussianParameters, noise: Float[Tensor, "batch d"], critics: Network, obs: Tensor,
        temperature: Float[Tensor, "1"],
    ) -> tuple[Float[Tensor, "batch"], Float[Tensor, "batch"]]:
        pre_tanh = self.distribution.pre_tanh(parameters, noise)
        log_prob = self.distribution.log_prob(parameters, pre_tanh)
        return soft_value(critics(obs, pre_tanh.tanh()), log_prob, temperature), -log_prob.detach()

    def taken(self, critics: Network, batch: Transitions) -> Tensor:
        q: Tensor = critics(batch.obs, self.distribution.unit(batch.action))
        return q


class AllActions:
    """Discrete: the critics give every action's value at once, so nothing is drawn."""

    @rlt.typed
    def value(
        self, parameters: Float[Tensor, "batch actions"], noise: Tensor, critics: Network, obs: Tensor,
        temperature: Float[Tensor, "1"],
    ) -> tuple[Float[Tensor, "batch"], Float[Tensor, "batch"]]:
        log_probs = parameters.log_softmax(-1)
        return exact_soft_value(critics(obs), log_probs, temperature), exact_entropy(log_probs.detach())

    def taken(self, critics: Network, batch: Transitions) -> Tensor:
        q: Tensor = critics(batch.obs)
        return q.gather(-1, batch.action.view(1, -1, 1).expand(q.shape[0], -1, 1)).squeeze(-1)


class SACUpdate:
    """Critics, target critics, temperature, all optimiser states, and the training step that changes them."""

    def __init__(
        self, policy: SACPolicy, critics: nn.Module, config: SACConfig, compile_at: int | None = None,
        critic_terms: Terms = Terms(), actor_terms: Terms = Terms(),
    ) -> None:
        self.policy, self.critics, self.config = policy, critics, config
        self.critic_terms, self.actor_terms = critic_terms, actor_terms
        d = policy.distribution
        self.expectation: Expectation = AllActions() if isinstance(d, Categorical) else OneSample(d)
        self.noise_size = 0 if isinstance(d, Categorical) else d.size
        self.targets = copy.deepcopy(critics).requires_grad_(True).eval()
        device, dtype = next((p.device, p.dtype) for p in critics.parameters())
        auto = config.temperature == "auto"
        start = config.temperature_init if config.temperature == "auto" else config.temperature
        self.temperature = Temperature(start, dtype).to(device) if auto else None
        self.fixed_temperature = torch.tensor([start], device=device, dtype=dtype)
        target = config.target_entropy
        self.target_entropy = policy.default_target_entropy if target == "auto" else target
        groups = {
            "actor": Group(policy.actor, Adam(epsilon=config.adam_epsilon), config.max_grad_norm),
            "critics": Group(critics, Adam(epsilon=config.adam_epsilon), config.max_grad_norm),
            "targets": Group(self.targets, None),
        }
        if self.temperature is not None:
            groups["temperature"] = Group(self.temperature, Adam(epsilon=config.adam_epsilon))
        self.step = TrainingStep(groups, self._all, compile_at)
        # With a policy delay two steps take turns over the same groups, so that each compiles as one graph.
        self.critics_step = None if config.policy_delay == 1 else TrainingStep(groups, self._critics_alone, compile_at)

    @property
    def training_steps(self) -> tuple[TrainingStep, ...]:
        """What can be compiled."""
        return (self.step,) if self.critics_step is None else (self.step, self.critics_step)

    @property
    def updates(self) -> int:
        """Updates of the critics so far."""
        return self.step.updates + (self.critics_step.updates if self.critics_step is not None else 0)

    def noise(self, updates: int, batch: int, generator: torch.Generator) -> list[Noise]:
        """What so many updates draw."""
        drawn = torch.empty(updates, 2, batch, self.noise_size, device=generator.device).normal_(generator=generator)
        return [Noise(*pair.unbind(0)) for pair in drawn.to(self.fixed_temperature.device).unbind(0)]

    @rlt.typed
    def __call__(
        self, storage: Storage, index: Int64[Tensor, "batch"], noise: Noise, coefficients: Coefficients
    ) -> Float[Tensor, "metrics"]:
        """One update: the values of `METRICS`, then of the critics' terms and the actor's; NaN for the actor's where
        `policy_delay` leaves it out."""
        config, number = self.config, self.updates + 1
        delayed = self.critics_step is not None and number % config.policy_delay != 0
        step = self.critics_step if delayed and self.critics_step is not None else self.step
        row = step(storage, index, noise, coefficients)["row"]
        if config.target_update_interval > 1 and number % config.target_update_interval == 0:
            self.step.average("targets", "critics", config.tau)
        return row

    def _all(
        self, step: Step, storage: Storage, index: Tensor, noise: Noise, coefficients: Coefficients
    ) -> dict[str, Tensor]:
        batch, temperature = self._batch(storage, index), self._temperature(step)
        critics, own = self._learn_critics(step, batch, noise, coefficients, temperature)

        def of_actor(actor: Network) -> tuple[Tensor, Any]:
            value, entropy = self.expectation.value(
                parameters_of(actor(batch.obs)), noise.action, step.network("critics"), batch.obs, temperature
            )
            return self.actor_terms.added((actor_loss(value), entropy), actor, batch)

        actor = step.minimise("actor", of_actor, coefficients.actor_learning_rate)
        entropy, own_of_actor = actor.kept
        if self.temperature is not None:
            step.minimise(
                "temperature", lambda t: (temperature_loss(t(), entropy, self.target_entropy), ()),
                coefficients.temperature_learning_rate,
            )
        self._move_targets(step)
        row = [*critics, actor.loss.reshape(1), entropy.mean().reshape(1), actor.norm, temperature, *own]
        return {"row": torch.cat([*row, *(number.reshape(1) for number in own_of_actor)])}

    def _critics_alone(
        self, step: Step, storage: Storage, index: Tensor, noise: Noise, coefficients: Coefficients
    ) -> dict[str, Tensor]:
        batch, temperature = self._batch(storage, index), self._temperature(step)
        critics, own = self._learn_critics(step, batch, noise, coefficients, temperature)
        self._move_targets(step)
        none = torch.full_like(temperature, math.nan)
        return {"row": torch.cat([*critics, none, none, none, temperature, *own, *[none] * len(self.actor_terms.names)])}

    def _batch(self, storage: Storage, index: Tensor) -> Transitions:
        batch, observe = gather(storage, index, self.config.gamma, self.config.n_steps), self.policy.observe
        return batch._replace(obs=observe(batch.obs), next_obs=observe(batch.next_obs))

    def _learn_critics(
        self, step: Step, batch: Transitions, noise: Noise, coefficients: Coefficients, temperature: Tensor
    ) -> tuple[list[Tensor], list[Tensor]]:
        """The critics' metrics, and those of their terms."""
        parameters = parameters_of(step.network("actor")(batch.next_obs))
        next_value, _ = self.expectation.value(
            parameters, noise.next_action, step.network("targets"), batch.next_obs, temperature
        )
        target = td_target(batch.reward, batch.discount, next_value).detach()

        def of_critics(critics: Network) -> tuple[Tensor, Any]:
            q = self.expectation.taken(critics, batch)
            return self.critic_terms.added((critic_loss(q, target), q.detach().mean()), critics, batch)

        done = step.minimise("critics", of_critics, coefficients.critic_learning_rate)
        q, own = done.kept
        return [done.loss.reshape(1), q.reshape(1), done.norm], [number.reshape(1) for number in own]

    def _move_targets(self, step: Step) -> None:
        if self.config.target_update_interval == 1:  # part of the compiled step; rarer ones come between steps
            step.average("targets", "critics", self.config.tau)

    def _temperature(self, step: Step) -> Tensor:
        """As it was before this update; no gradient flows into it."""
        if self.temperature is None:
            return self.fixed_temperature
        logarithm: Tensor = step.network("temperature")()
        return logarithm.detach().exp()

    def training(self) -> AbstractContextManager[None]:
        """Actor and critics in train mode for updates, afterwards in eval mode; targets stay in eval mode."""
        return self.step.training("actor", "critics")

    def gather(self) -> None:
        """Looks for parameters that were replaced from outside; to be called between updates, not in each."""
        self.step.gather()

    def state(self) -> dict[str, Any]:
        """Critics, targets, temperature and optimiser states, for a checkpoint; the actor is the policy's."""
        return {
            "networks": {
                name: {key: value.detach().clone() for key, value in group.module.state_dict().items()}
                for name, group in self.step.groups.items() if name != "actor"
            },
            "step": self.step.state(),
            "critics_updates": 0 if self.critics_step is None else self.critics_step.updates,
        }

    @torch.no_grad()
    def load_state(self, state: dict[str, Any]) -> None:
        """Takes back what `state` gave."""
        for name, saved in state["networks"].items():
            for key, value in self.step.groups[name].module.state_dict().items():
                value.copy_(saved[key])
        self.step.load_state(state["step"])
        if self.critics_step is not None:
            self.critics_step.updates = state["critics_updates"]
