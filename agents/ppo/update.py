"""PPO's training step: every minibatch of every epoch over one rollout, without a host read."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch

import rlt
from rlt.engine.flat import FlatParameters
from rlt.engine.optimizers import Adam
from rlt.engine.step import Group, Network, Step
from rlt.engine.training import TrainingStep
from rlt.rl.distributions import Distribution
from rlt.rl.extensions import Terms
from rlt.rl.trees import tree_map
from rlt.rl.vector_env import Action, Observation
from rlt.types import Float, Tensor

from .config import PPOConfig
from .losses import approximate_kl, clip_fraction, clipped_surrogate, normalized, value_loss
from .networks import PPOPolicy

METRICS = ("loss/policy", "loss/value", "loss/entropy", "ppo/approx_kl", "ppo/clip_fraction", "optim/gradient_norm")


class Batch(NamedTuple):
    """Transitions of a rollout, in one dimension. Observations are normalised already."""

    obs: Observation
    action: Action
    log_prob: Float[Tensor, "batch"]
    """Under the policy that acted, as is `value`."""
    value: Float[Tensor, "batch"]
    advantage: Float[Tensor, "batch"]
    target: Float[Tensor, "batch"]


class Coefficients(NamedTuple):
    """What schedules give for one rollout. Tensors: a compiled step is then compiled once."""

    learning_rate: Float[Tensor, "1"]
    clip_range: Float[Tensor, "1"]
    ent_coef: Float[Tensor, "1"]


def loss(
    network: Network, distribution: Distribution, batch: Batch, coefficients: Coefficients, config: PPOConfig
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Policy, value and entropy terms in one, and the numbers worth watching (`METRICS` without the gradient norm)."""
    parameters, value = network(batch.obs, True)
    log_ratio = distribution.log_prob(parameters, batch.action) - batch.log_prob
    ratio = log_ratio.exp()
    advantage = normalized(batch.advantage) if config.normalize_advantage else batch.advantage
    actor = clipped_surrogate(ratio, advantage, coefficients.clip_range)
    critic = value_loss(value, batch.value, batch.target, config.clip_range_vf)
    entropy = distribution.entropy(parameters).mean()
    total = (actor + config.vf_coef * critic - coefficients.ent_coef * entropy).squeeze()
    with torch.no_grad():
        kl, clipped = approximate_kl(ratio, log_ratio), clip_fraction(ratio, coefficients.clip_range)
    return total, (actor.detach(), critic.detach(), entropy.detach(), kl, clipped)


class PPOUpdate:
    """The policy's parameters and Adam's state, and the training step over one minibatch that changes them."""

    def __init__(
        self, policy: PPOPolicy, config: PPOConfig, compile_at: int | None = None, terms: Terms = Terms()
    ) -> None:
        self.policy, self.config, self.terms = policy, config, terms
        self.metrics = (*METRICS, *terms.names)
        network = Group(policy, Adam(epsilon=config.adam_epsilon), config.max_grad_norm)
        self.step = TrainingStep({"policy": network}, self._minibatch, compile_at)

    @rlt.typed
    def __call__(
        self, rollout: Batch, minibatch_size: int, coefficients: Coefficients, generator: torch.Generator
    ) -> Float[Tensor, "updates metrics"]:
        """`n_epochs` passes in orders drawn from `generator`. Returns a row of `metrics` per gradient step.

        After a KL stop the remaining steps change nothing, and their rows are NaN. A number that came out NaN is infinite."""
        self.step.gather()
        size, device = rollout.log_prob.shape[0], rollout.log_prob.device
        rows = []
        active = torch.ones(1, dtype=torch.bool, device=device)
        with self.step.training("policy"):
            for _ in range(self.config.n_epochs):
                order = torch.randperm(size, generator=generator, device=generator.device).to(device)
                for indices in order.split(minibatch_size):
                    made = self.step(rollout, indices, coefficients, active)
                    rows.append(made["row"])
                    active = made["active"]
        return torch.stack(rows)

    def _minibatch(
        self, step: Step, rollout: Batch, indices: Tensor, coefficients: Coefficients, active: Tensor
    ) -> dict[str, Tensor]:
        config = self.config
        batch = Batch(*(tree_map(lambda leaf: leaf[indices], part) for part in rollout))
        stop = None if config.target_kl is None else 1.5 * config.target_kl

        def of_policy(network: Network) -> tuple[Tensor, Any]:
            made = loss(network, self.policy.distribution, batch, coefficients, config)
            return self.terms.added(made, lambda obs: network(obs, True), batch)

        done = step.minimise(
            "policy",
            of_policy,
            coefficients.learning_rate,
            # A mask instead of a branch: the device is not asked whether the KL divergence is too large.
            active=None if stop is None else lambda kept: active & (kept[0][3] <= stop),
        )
        kept, own = done.kept
        row = torch.cat([*(number.reshape(1) for number in kept), done.norm, *(number.reshape(1) for number in own)])
        spoilt = ~torch.isfinite(row).all()
        row = row.nan_to_num(torch.inf, torch.inf, -torch.inf)  # what is spoilt must not pass for what was stopped
        if done.active is not None:
            active = done.active
            row = torch.where(active | spoilt, row, torch.nan)
        return {"row": row, "active": active}

    @property
    def flat(self) -> FlatParameters:
        """The policy's parameters, as one buffer."""
        return self.step.groups["policy"].flat

    def state(self) -> dict[str, Any]:
        """Adam's state, for a checkpoint; the parameters are the policy's."""
        return self.step.state()

    def load_state(self, state: dict[str, Any]) -> None:
        """Takes back what `state` gave."""
        self.step.load_state(state)
