"""PPO's training step: every minibatch of every epoch over one rollout, without a host read."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch

from rlt.engine.flat import FlatParameters
from rlt.engine.optimizers import Adam, clip_by_norm
from rlt.rl.distributions import Distribution
from rlt.types import Float, Tensor

from .config import PPOConfig
from .losses import approximate_kl, clip_fraction, clipped_surrogate, normalized, value_loss
from .networks import PPOPolicy

METRICS = ("loss/policy", "loss/value", "loss/entropy", "ppo/approx_kl", "ppo/clip_fraction", "optim/gradient_norm")


class Batch(NamedTuple):
    """Transitions of a rollout, in one dimension. Observations are normalised already."""

    obs: Tensor
    action: Tensor
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


def loss(policy: PPOPolicy, batch: Batch, coefficients: Coefficients, config: PPOConfig) -> tuple[Tensor, list[Tensor]]:
    """Policy, value and entropy terms in one, and the numbers worth watching (`METRICS` without the gradient norm)."""
    distribution: Distribution = policy.distribution
    parameters, value = policy.evaluate(batch.obs)
    log_ratio = distribution.log_prob(parameters, batch.action) - batch.log_prob
    ratio = log_ratio.exp()
    advantage = normalized(batch.advantage) if config.normalize_advantage else batch.advantage
    actor = clipped_surrogate(ratio, advantage, coefficients.clip_range)
    critic = value_loss(value, batch.value, batch.target, config.clip_range_vf)
    entropy = distribution.entropy(parameters).mean()
    total = (actor + config.vf_coef * critic - coefficients.ent_coef * entropy).squeeze()
    with torch.no_grad():
        kl, clipped = approximate_kl(ratio, log_ratio), clip_fraction(ratio, coefficients.clip_range)
    return total, [actor, critic, entropy, kl, clipped]


class PPOUpdate:
    """Parameters in a flat buffer, Adam's state, and the step that changes them."""

    def __init__(self, policy: PPOPolicy, config: PPOConfig) -> None:
        self.policy, self.config = policy, config
        self.flat = FlatParameters(policy.parameters())
        self.adam = Adam(epsilon=config.adam_epsilon)
        self.optimizer_state = self.adam.initial_state(self.flat.buffer)

    def __call__(
        self, rollout: Batch, minibatch_size: int, coefficients: Coefficients, generator: torch.Generator
    ) -> Float[Tensor, "updates metrics"]:
        """`n_epochs` passes in orders drawn from `generator`. Returns a row of `METRICS` per gradient step.

        After a KL stop the remaining steps change nothing, and their rows are NaN."""
        self.flat.gather(self.policy.parameters())
        self.policy.train()
        size, device = rollout.obs.shape[0], rollout.obs.device
        steps = self.config.n_epochs * (size // minibatch_size)
        metrics = torch.empty(steps, len(METRICS), device=device)
        active = torch.ones(1, dtype=torch.bool, device=device) if self.config.target_kl is not None else None
        step = 0
        for _ in range(self.config.n_epochs):
            order = torch.randperm(size, generator=generator, device=device)
            for indices in order.split(minibatch_size):
                batch = Batch(*(part[indices] for part in rollout))
                active = self._minibatch(batch, coefficients, metrics[step], active)
                step += 1
        self.policy.eval()
        return metrics

    def _minibatch(self, batch: Batch, coefficients: Coefficients, row: Tensor, active: Tensor | None) -> Tensor | None:
        flat, config = self.flat, self.config
        flat.gradient.zero_()
        value, terms = loss(self.policy, batch, coefficients, config)
        value.backward()
        with torch.no_grad():
            gradient, norm = clip_by_norm(flat.gradient, config.max_grad_norm)
            new, state = self.adam.step(flat.buffer, gradient, self.optimizer_state, coefficients.learning_rate)
            torch.stack([*(t.detach().reshape(()) for t in terms), norm.reshape(())], out=row)
            if active is not None and config.target_kl is not None:
                # A mask instead of a branch: the device is not asked whether the KL divergence is too large.
                active = active & (row[3] <= 1.5 * config.target_kl)
                new = torch.where(active, new, flat.buffer)
                state = {name: torch.where(active, after, self.optimizer_state[name]) for name, after in state.items()}
                row.masked_fill_(~active, torch.nan)
            flat.buffer.copy_(new)
            for name, after in state.items():
                self.optimizer_state[name].copy_(after)
        return active

    def state(self) -> dict[str, Any]:
        """Adam's state, for a checkpoint; the parameters are the policy's."""
        return {name: value.clone() for name, value in self.optimizer_state.items()}

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Takes back what `state` gave."""
        self.flat.gather(self.policy.parameters())
        for name, value in state.items():
            self.optimizer_state[name].copy_(value)
