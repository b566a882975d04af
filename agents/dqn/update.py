"""DQN's training step: gather from replay, target, loss, Adam, and the soft target, without a host read."""

from __future__ import annotations

import copy
from typing import Any

import torch

import rlt
from rlt.engine.optimizers import Adam
from rlt.engine.step import Group, Network, Step
from rlt.engine.training import TrainingStep
from rlt.rl.extensions import Terms
from rlt.rl.replay import Storage, Transitions, gather
from rlt.types import Float, Int64, Tensor

from .config import DQNConfig
from .losses import td_loss, td_target, value_of, widened
from .networks import DQNPolicy

METRICS = ("loss/q", "dqn/q", "dqn/td_error", "optim/gradient_norm")


def loss(network: Network, batch: Transitions, target: Tensor, config: DQNConfig) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """The loss, and beside it the mean action value and the mean absolute error."""
    value = value_of(network(batch.obs), batch.action)
    with torch.no_grad():
        seen = value.mean(), (value - target).abs().mean()
    return td_loss(value, target, config.loss), seen


class DQNUpdate:
    """The networks, Adam's state, and the training step over one batch that changes them."""

    def __init__(
        self, policy: DQNPolicy, config: DQNConfig, compile_at: int | None = None, terms: Terms = Terms()
    ) -> None:
        self.config, self.policy, self.terms = config, policy, terms
        self.target = copy.deepcopy(policy).eval()
        self.groups = {
            "q": Group(policy, Adam(epsilon=config.adam_epsilon), config.max_grad_norm),
            "target": Group(self.target, None),
        }
        self.step = TrainingStep(self.groups, self._one, compile_at)

    @rlt.typed
    def __call__(
        self, storage: Storage, indices: Int64[Tensor, "updates batch_size"], learning_rate: Float[Tensor, "1"]
    ) -> Float[Tensor, "updates metrics"]:
        """One gradient step for each row of places in `storage`. Returns a row of `METRICS`, and of the terms', for each."""
        self.step.gather()
        with self.step.training("q"):
            rows = [self.step(storage, index, learning_rate)["row"] for index in indices.unbind(0)]
        return torch.stack(rows)

    def _one(self, step: Step, storage: Storage, index: Tensor, learning_rate: Tensor) -> dict[str, Tensor]:
        config = self.config
        batch = gather(storage, index, config.gamma, config.n_steps)
        next_q = step.network("target")(batch.next_obs)
        choosing_q = step.network("q", evaluate=True)(batch.next_obs) if config.double else next_q
        target = td_target(batch.reward, batch.discount, next_q, choosing_q)
        if config.advantage_learning:
            target = widened(target, step.network("target")(batch.obs), batch.action, config.advantage_learning)

        def of_network(network: Network) -> tuple[Tensor, Any]:
            return self.terms.added(loss(network, batch, target, config), network, batch)

        done = step.minimise("q", of_network, learning_rate)
        if config.copy_interval is None:
            step.average("target", "q", config.tau)
        (q, error), own = done.kept
        return {"row": torch.stack([done.loss, q, error, done.norm.squeeze(0), *own])}

    def move_target(self) -> None:
        """An update of the target network that goes by steps: a copy, or `tau` of the way."""
        self.step.average("target", "q", self.config.tau)

    def copy_target(self) -> None:
        """The target network as the network is: after weights came from outside."""
        self.step.average("target", "q", 1.0)

    def state(self) -> dict[str, Any]:
        """The target network and Adam's state, for a checkpoint; the network is the policy's."""
        target = {name: value.clone() for name, value in self.target.state_dict().items()}
        return {"target": target, "step": self.step.state()}

    def load_state(self, state: dict[str, Any]) -> None:
        """Takes back what `state` gave."""
        self.target.load_state_dict(state["target"])
        self.step.load_state(state["step"])
