"""TD3 as an agent of one's own: one file, rlt's public names, and with them configuration, evaluation, TensorBoard, the compiled
step, shape checks and runs that resume to the bit.

    python -m rlt.train agent.name=experiments.examples.td3:TD3 env.id=Pendulum-v1 env.num_envs=1 total_steps=20_000

The method: Fujimoto, van Hoof and Meger 2018 (arXiv:1802.09477).
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import Any

import torch
from gymnasium import spaces
from torch import nn

import rlt
from rlt.config import from_mapping
from rlt.engine.optimizers import Adam
from rlt.engine.step import Group, Network, Step
from rlt.engine.training import TrainingStep
from rlt.errors import SpaceError
from rlt.nn import MLP, MLPConfig, StackedMLP
from rlt.rl.off_policy import OffPolicyAgent
from rlt.rl.off_policy_config import OffPolicyConfig
from rlt.rl.replay import Storage, gather
from rlt.rl.schedules import Schedule
from rlt.types import Float, Int64, Tensor

METRICS = ("loss/critic", "loss/actor", "td3/q", "optim/critic_gradient_norm")


@dataclass(frozen=True)
class TD3Config(OffPolicyConfig):
    """Twin delayed deep deterministic policy gradient, Fujimoto et al. 2018 (arXiv:1802.09477)."""

    learning_rate: Schedule = Schedule("constant", 1e-3, 1e-3)
    """Adam's step size for actor and critics. 1e-4 to 1e-3."""
    tau: float = 0.005
    """How far the targets move at each update of the actor. 0.005 to 0.02."""
    policy_delay: int = 2
    """Updates of the critics for each of the actor and the targets. 1 to 3."""
    exploration_noise: float = 0.1
    """Standard deviation of the noise on actions in training, in units of -1 to 1. 0.05 to 0.3."""
    target_noise: float = 0.2
    """Standard deviation of the noise on the target's actions: values near one action become alike. 0.1 to 0.3."""
    target_noise_clip: float = 0.5
    """Where that noise is clipped."""


class Policy(rlt.Module):
    """Actions in the environment's units; `actor` gives them in units of -1 to 1 before the tanh."""

    low: Float[Tensor, "action_dim"]
    high: Float[Tensor, "action_dim"]

    def __init__(self, space: spaces.Box, obs_dim: int, action_dim: int, hidden: tuple[int, ...], activation: str) -> None:
        super().__init__()
        self.shape = tuple(space.shape)
        self.actor = nn.Sequential(MLP(obs_dim, action_dim, hidden, activation), nn.Tanh())
        self.register_buffer("low", torch.as_tensor(space.low).float().flatten())
        self.register_buffer("high", torch.as_tensor(space.high).float().flatten())

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch action_dim"]:
        return self.actor(obs)

    @rlt.typed
    def unit(self, action: Float[Tensor, "batch *shape"]) -> Float[Tensor, "batch action_dim"]:
        """From the environment's units to -1 … 1."""
        return 2 * (action.flatten(1) - self.low) / (self.high - self.low) - 1

    @rlt.typed
    def in_bounds(self, unit: Float[Tensor, "batch action_dim"]) -> Float[Tensor, "batch *shape"]:
        """And back."""
        action = self.low + (unit.clamp(-1, 1) + 1) / 2 * (self.high - self.low)
        return action.clamp(self.low, self.high).reshape(-1, *self.shape)


class Critics(rlt.Module):
    """Two values of an action at an observation."""

    modeless = True

    def __init__(self, obs_dim: int, action_dim: int, hidden: tuple[int, ...], activation: str) -> None:
        super().__init__()
        self.stack = StackedMLP(2, obs_dim + action_dim, 1, hidden, activation)

    @rlt.typed
    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]
    ) -> Float[Tensor, "2 batch"]:
        return self.stack(torch.cat([obs, action], -1)).squeeze(-1)


class TD3(OffPolicyAgent):
    """Twin critics, a delayed actor, smoothed targets."""

    name = "td3"
    Config = TD3Config
    METRICS = METRICS
    config: TD3Config
    policy: Policy
    action_dtype = torch.float32

    def build(self) -> Policy:
        self.check_observations()
        if not (isinstance(self.action_space, spaces.Box) and self.action_space.is_bounded()):
            raise SpaceError(f"TD3 cannot serve actions {self.action_space}", "expected a bounded Box")
        network = from_mapping(MLPConfig, {k: v for k, v in self.model.items() if k != "name"}, "model")
        sizes = math.prod(self.observation_space.shape or ()), math.prod(self.action_space.shape)
        layers = network.hidden or (256, 256), network.activation or "relu"
        self.action_shape = self.action_space.shape
        self.critics = Critics(*sizes, *layers)
        return Policy(self.action_space, *sizes, *layers)

    def prepare_update(self) -> None:
        self.critics.to(self.device)
        self.groups = {
            "actor": Group(self.policy.actor, Adam()),
            "critics": Group(self.critics, Adam()),
            "target_actor": Group(copy.deepcopy(self.policy.actor).eval(), None),
            "target_critics": Group(copy.deepcopy(self.critics).eval(), None),
        }
        self.step = TrainingStep(self.groups, self.one_update)
        self.training_steps = (self.step,)

    def act(self, obs: Tensor, generator: torch.Generator | None) -> Tensor:
        unit = self.policy(obs.flatten(1))
        if generator is not None:
            unit = unit + self.config.exploration_noise * self.normal(unit.shape, generator)
        return self.policy.in_bounds(unit)

    def explore(self, obs: Tensor, warming: bool) -> Tensor:
        generator = self.generators.exploration
        if not warming:
            return self.act(obs, generator)
        drawn = torch.rand(self.vector_size, self.policy.low.numel(), generator=generator, device=generator.device)
        return self.policy.in_bounds(2 * drawn.to(self.device) - 1)

    def normal(self, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
        """Normal noise from one of the agent's own generators, so that runs repeat and resume."""
        return torch.randn(shape, generator=generator, device=generator.device).to(self.device)

    def update(self, indices: Int64[Tensor, "updates batch_size"]) -> Float[Tensor, "updates metrics"]:
        self.step.gather()
        rate = torch.tensor([self.numbers()["optim/learning_rate"]], device=self.device)
        rows = []
        for index in indices:
            noise = self.normal((len(index), self.policy.low.numel()), self.generators.batches)
            due = torch.tensor([(self.step.updates + 1) % self.config.policy_delay == 0], device=self.device)
            rows.append(self.step(self.replay.storage, index, noise, rate, due)["row"])
        return torch.stack(rows)

    def one_update(
        self, step: Step, storage: Storage, index: Tensor, noise: Tensor, rate: Tensor, due: Tensor
    ) -> dict[str, Tensor]:
        """Algorithm 1 of the paper: pure, so that the engine runs it eagerly or compiles it. Equations 13 to 15."""
        config = self.config
        batch = gather(storage, index, config.gamma, config.n_steps)
        obs, next_obs, action = batch.obs.flatten(1), batch.next_obs.flatten(1), self.policy.unit(batch.action)
        smoothing = (config.target_noise * noise).clamp(-config.target_noise_clip, config.target_noise_clip)
        next_action = (step.network("target_actor")(next_obs) + smoothing).clamp(-1, 1)
        target = batch.reward + batch.discount * step.network("target_critics")(next_obs, next_action).amin(0)

        def of_critics(critics: Network) -> tuple[Tensor, Tensor]:
            q = critics(obs, action)
            return (q - target).square().mean(1).sum(), q.detach().mean()

        def of_actor(actor: Network) -> tuple[Tensor, tuple[()]]:
            return -step.network("critics")(obs, actor(obs))[0].mean(), ()

        critic = step.minimise("critics", of_critics, rate)
        actor = step.minimise("actor", of_actor, rate, active=lambda kept: due)
        step.average("target_actor", "actor", config.tau * due.to(noise.dtype))
        step.average("target_critics", "critics", config.tau * due.to(noise.dtype))
        return {"row": torch.cat([critic.loss.reshape(1), actor.loss.reshape(1), critic.kept.reshape(1), critic.norm])}

    def numbers(self) -> dict[str, float]:
        return {"optim/learning_rate": self.config.learning_rate.at(self.progress())}

    def update_state(self) -> dict[str, Any]:
        networks = {name: group.flat.buffer.clone() for name, group in self.groups.items() if name != "actor"}
        return {"networks": networks, "step": self.step.state()}

    def load_update_state(self, state: dict[str, Any]) -> None:
        self.step.load_state(state["step"])
        for name, buffer in state["networks"].items():
            self.groups[name].flat.buffer.copy_(buffer)
