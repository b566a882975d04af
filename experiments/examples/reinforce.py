"""REINFORCE as an agent of one's own: whole episodes, `rlt.rl.agent.Agent`, rlt's public names.

    python -m rlt.train agent.name=experiments.examples.reinforce:Reinforce env.id=CartPole-v1 env.num_envs=8 total_steps=40_000

The method: Williams 1992 (doi:10.1007/BF00992696), with the mean return of a batch as baseline.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from gymnasium import spaces

from rlt.config import from_mapping
from rlt.engine.optimizers import Adam
from rlt.engine.step import Group, Network, Step
from rlt.engine.training import TrainingStep
from rlt.errors import NumericsError, SpaceError
from rlt.nn import MLP, MLPConfig
from rlt.rl.agent import Agent
from rlt.rl.distributions import Categorical
from rlt.rl.named import Handed
from rlt.rl.returns import generalized_advantages
from rlt.rl.schedules import Schedule
from rlt.run.learner import Metrics, State
from rlt.types import Float, Int64, Tensor

METRICS = ("loss/policy", "loss/entropy", "optim/gradient_norm", "optim/learning_rate")


@dataclass(frozen=True)
class ReinforceConfig:
    """REINFORCE, Williams 1992 (doi:10.1007/BF00992696)."""

    episodes: int = 8
    """Episodes that must have ended before an update. More: less noise, fewer updates. 1 to 32."""
    learning_rate: Schedule = Schedule("constant", 1e-2, 1e-2)
    """Adam's step size. 1e-3 to 1e-2."""
    gamma: float = 0.99
    """Discount: how far ahead rewards count, about 1 / (1 - gamma) steps. 0.9 to 0.9999."""
    extensions: tuple[Handed, ...] = ()
    """Loss terms, intrinsic rewards, an exploration of your own."""


class Batch(NamedTuple):
    """The transitions of episodes that ended."""

    obs: Float[Tensor, "batch *shape"]
    action: Int64[Tensor, "batch"]
    advantage: Float[Tensor, "batch"]


class Reinforce(Agent):
    """Monte-Carlo policy gradient for Discrete actions. A truncated episode's return is what it had."""

    name = "reinforce"
    Config = ReinforceConfig
    LOSSES = ("policy",)

    def build(self) -> torch.nn.Module:
        space, actions = self.observation_space, self.action_space
        if not (isinstance(space, spaces.Box) and isinstance(actions, spaces.Discrete)):
            raise SpaceError(f"REINFORCE cannot serve {space} and {actions}", "expected observations Box, actions Discrete")
        self.distribution = Categorical(int(actions.n))
        asked = from_mapping(MLPConfig, {k: v for k, v in self.model.items() if k != "name"}, "model")
        return MLP(math.prod(space.shape), int(actions.n), asked.hidden or (64, 64), asked.activation or "tanh")

    def prepare(self) -> None:
        # Batches are of any size, and a compiled step has one shape: so no `training_steps`, and it runs eagerly.
        self.step = TrainingStep({"policy": Group(self.policy, Adam())}, self.one_update)
        self.rows: list[tuple[Tensor, ...]] = []  # a vector step each: obs, action, reward, whether it ended, whether it waits
        self.ended = 0

    @property
    def log_interval(self) -> int:
        return max(1000, self.vector_size)

    def begin(self, total_steps: int) -> int:
        stop = self.steps + -(-total_steps // self.vector_size) * self.vector_size
        self.stretch_schedules(self.steps, stop)
        return stop

    def act(self, obs: Tensor, generator: torch.Generator | None) -> Tensor:
        logits, d = self.policy(obs.flatten(1)), self.distribution
        return d.mode(logits) if generator is None else d.sample(logits, d.noise(len(obs), generator).to(self.device))

    def advance(self, until: int) -> Metrics:
        obs, own, learned = self.start_environment(), self.extensions, []
        assert self.env is not None  # start_environment refuses it
        choose = self.act if own.exploration is None else own.explored
        with self.generators.own():
            while self.steps < until:
                with torch.no_grad():
                    action = choose(obs, self.generators.exploration)
                    step = self.env.step(action)
                    reward = own.seen(obs, action, step).reward
                done = step.terminated | step.truncated
                self.rows.append((obs, action, reward, done, torch.ones_like(done)))
                self.episodes.update(step)
                obs = self.current_obs = step.obs
                self.steps += self.vector_size
                self.ended += int(done.sum())
                if self.ended >= self.config.episodes:
                    learned.append(self.update())
        names = (*METRICS, *own.columns)
        table = torch.stack(learned) if learned else torch.zeros(0, len(names))
        return self.episodes.take() | own.take() | dict(zip(names, table.unbind(1)))

    def update(self) -> Tensor:
        """A gradient step on the episodes that ended since the last one. Returns `METRICS` and the terms' numbers."""
        obs, action, reward, done, waits = (torch.stack(part) for part in zip(*self.rows))
        zero, never = torch.zeros_like(reward), torch.zeros_like(done)
        returns = generalized_advantages(reward, zero, zero, done, never, self.config.gamma, 1.0)  # without values: returns
        over = done.int().flip(0).cummax(0).values.flip(0).bool()  # an end comes at this row or after it
        use, waits = waits & over, waits & ~over
        advantage = (returns[use] - returns[use].mean()) / (returns[use].std() + 1e-8)
        rate = torch.tensor([self.config.learning_rate.at(self.progress())], device=self.device)
        self.step.gather()
        row: Tensor = self.step(Batch(obs[use].flatten(1), action[use], advantage), rate)["row"]
        if not bool(torch.isfinite(row).all()):
            raise NumericsError(f"REINFORCE's update at step {self.steps} gave NaN", fix="a lower agent.learning_rate")
        self.rows = [(*self.rows[t][:4], waits[t]) for t in waits.any(1).nonzero().flatten().tolist()]
        self.ended = 0
        return row

    def one_update(self, step: Step, batch: Batch, rate: Tensor) -> dict[str, Tensor]:
        def loss(network: Network) -> tuple[Tensor, tuple[Tensor, tuple[Tensor, ...]]]:
            logits = network(batch.obs)
            value = -(batch.advantage * self.distribution.log_prob(logits, batch.action)).mean()
            made = value, self.distribution.entropy(logits).mean().detach()
            return self.extensions.terms("policy").added(made, network, batch)

        done = step.minimise("policy", loss, rate)
        entropy, numbers = done.kept
        return {"row": torch.cat([n.reshape(1) for n in (done.loss, entropy, done.norm, rate, *numbers)])}

    def own_state(self) -> State:
        return {"step": self.step.state()}

    def load_own_state(self, state: State) -> str | None:
        self.step.load_state(state["step"])
        return None

    def open_state(self) -> State:
        return {"rows": list(self.rows), "ended": self.ended}

    def load_open_state(self, state: State) -> None:
        self.rows = [tuple(part.to(self.device) for part in row) for row in state["rows"]]
        self.ended = state["ended"]
