"""What an agent can be handed: a term of its loss, an exploration, an intrinsic reward. Each with rlt's public names.

    python -m rlt.train +experiment=dqn_cartpole 'agent.extensions=[experiments.examples.extensions:Lasting]'
    python -m rlt.train +experiment=dqn_cartpole 'agent.extensions=[{name: experiments.examples.extensions:RND, weight: 0.1}]'
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from gymnasium.spaces import Discrete
from torch import nn

import rlt
from rlt.engine.optimizers import Adam
from rlt.engine.step import Group, Network, Step
from rlt.engine.training import TrainingStep
from rlt.errors import ConfigError
from rlt.nn import MLP
from rlt.rl.agent import Agent
from rlt.rl.extensions import Exploration, IntrinsicReward, LossTerm
from rlt.rl.normalizers import ObservationNormalizer, ReturnScaler
from rlt.rl.replay import Transitions
from rlt.rl.vector_env import Step as Transition
from rlt.types import Float, Float32, Int64, Tensor


@dataclass(eq=False)
class Conservative(LossTerm):
    """Keeps DQN's values of actions that replay does not hold below those that it does: CQL(H), Kumar et al. 2020
    (arXiv:2006.04779), equation 4."""

    METRICS = ("gap",)

    weight: float = 0.1
    """Of the term. 0.01 to 5: more trusts replay alone."""

    @rlt.typed
    def __call__(self, network: Network, batch: Transitions) -> tuple[Float[Tensor, ""], tuple[Float[Tensor, ""]]]:
        q = network(batch.obs)
        gap = (q.logsumexp(1) - q.gather(1, batch.action.unsqueeze(1)).squeeze(1)).mean()
        return self.weight * gap, (gap,)


@dataclass(eq=False)
class Lasting(Exploration):
    """A random action of DQN's lasts for a random time: temporally extended epsilon-greedy, Dabney et al. 2020
    (arXiv:2006.01782). Epsilon, the chance that one begins, is the agent's own."""

    exponent: float = 2.0
    """A duration n has probability proportional to n ** -exponent. 1.5 (long) to 3 (short)."""
    longest: int = 100
    """Of all durations, in steps."""

    def prepare(self, agent: Agent) -> None:
        super().prepare(agent)
        if not isinstance(agent.action_space, Discrete):
            raise ConfigError("Lasting draws among actions", "expected: a Discrete space", f"got: {agent.action_space}")
        self.n_actions = int(agent.action_space.n)
        self.chances = torch.arange(1, self.longest + 1, device=agent.generators.exploration.device) ** -self.exponent
        self.left = torch.zeros(agent.vector_size, dtype=torch.int64, device=agent.device)
        self.kept = torch.zeros_like(self.left)

    @rlt.typed
    def explore(self, obs: Tensor, generator: torch.Generator) -> Int64[Tensor, "envs"]:
        n, device = len(self.left), self.left.device
        coin = torch.rand(n, generator=generator, device=generator.device).to(device)
        drawn = torch.randint(self.n_actions, (n,), generator=generator, device=generator.device).to(device)
        duration = 1 + torch.multinomial(self.chances, n, replacement=True, generator=generator).to(device)
        begins = (self.left == 0) & (coin < self.agent.config.exploration.at(self.agent.progress()))
        self.left, self.kept = torch.where(begins, duration, self.left), torch.where(begins, drawn, self.kept)
        action = torch.where(self.left > 0, self.kept, self.agent.act(obs, None))
        self.left = (self.left - 1).clamp_min(0)
        return action

    def observe(self, step: Transition) -> None:
        self.left = self.left.masked_fill(step.terminated | step.truncated, 0)

    def open_state(self) -> dict[str, Any]:
        return {"left": self.left, "kept": self.kept}

    def load_open_state(self, state: dict[str, Any]) -> None:
        self.left, self.kept = (state[name].to(self.agent.device) for name in ("left", "kept"))


@dataclass(eq=False)
class RND(IntrinsicReward):
    """What a network cannot foretell of another, random one is new: random network distillation, Burda et al. 2018
    (arXiv:1810.12894). For any agent on vector observations; learns a step from each vector step."""

    weight: float = 1.0
    """Of the reward, whose discounted sum has a standard deviation of 1 before. 0.01 to 1."""
    features: int = 32
    """Numbers that are foretold. 16 to 512."""
    learning_rate: float = 1e-4
    """Adam's step size. 1e-5 to 1e-3."""

    def prepare(self, agent: Agent) -> None:
        super().prepare(agent)
        n = math.prod(agent.observation_space.shape or ())
        self.seen, self.scaler = ObservationNormalizer((n,), clip=5.0), ReturnScaler()
        networks = {"target": MLP(n, self.features), "predictor": MLP(n, self.features)}
        self.parts = nn.ModuleDict({**networks, "seen": self.seen, "scaler": self.scaler}).to(agent.device)
        self.step = TrainingStep({"predictor": Group(self.parts["predictor"], Adam())}, self.learn)
        self.rate = torch.tensor([self.learning_rate], device=agent.device)
        self.running = torch.zeros(agent.vector_size, device=agent.device)

    def learn(self, step: Step, obs: Tensor) -> dict[str, Tensor]:
        """A step of the predictor, and each observation's error before it."""

        def loss(predictor: Network) -> tuple[Tensor, Tensor]:
            error = (predictor(obs) - self.parts["target"](obs).detach()).square().mean(1)
            return error.mean(), error.detach()

        return {"error": step.minimise("predictor", loss, self.rate).kept}

    @rlt.typed
    def reward(self, obs: Tensor, action: Any, step: Transition) -> Float32[Tensor, "envs"]:
        reached = step.final_obs.flatten(1)
        self.seen.update(reached)
        error = self.step(self.seen(reached))["error"]
        self.running = self.agent.config.gamma * self.running + error
        self.scaler.update(self.running)
        return self.weight * self.scaler(error)

    def state(self) -> dict[str, Any]:
        parts = {name: value.clone() for name, value in self.parts.state_dict().items()}
        return {"parts": parts, "step": self.step.state()}

    def load_state(self, state: dict[str, Any]) -> None:
        self.parts.load_state_dict(state["parts"])
        self.step.load_state(state["step"])

    def open_state(self) -> dict[str, Any]:
        return {"running": self.running}

    def load_open_state(self, state: dict[str, Any]) -> None:
        self.running = state["running"].to(self.agent.device)
