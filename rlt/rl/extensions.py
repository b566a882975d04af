"""What an agent may be handed beside its options: terms of its loss, intrinsic rewards, an exploration of one's own.

An extension is a dataclass whose fields are its options. The agent makes it anew from them, so that two agents share no
state, a configuration can name it, and a saved agent has it again.
"""

from __future__ import annotations

import inspect
import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import torch

from rlt import registry
from rlt.config import from_mapping
from rlt.engine.step import Network
from rlt.errors import ConfigError, NumericsError, RunError, ShapeError, one_of
from rlt.rl.named import Handed
from rlt.rl.trees import tree_map
from rlt.rl.vector_env import Action, Observation, Step
from rlt.run.learner import State
from rlt.shapes.spaces import example_observation
from rlt.types import Float32, Tensor

if TYPE_CHECKING:
    from rlt.rl.agent import Agent


@dataclass(eq=False)
class Extension:
    """What the three kinds have in common."""

    def prepare(self, agent: Agent) -> None:
        """Called once, when the agent's policy is on its device and before storage and optimisers are made. Draws from torch's
        global generator come from the network's seed."""
        self.agent = agent

    def state(self) -> State:
        """What changes while the agent learns: a tree of tensors, numbers and strings."""
        return {}

    def load_state(self, state: State) -> None:
        """Takes back what `state` gave."""

    def open_state(self) -> State:
        """The same of the episodes under way: worth nothing where the environments start anew."""
        return {}

    def load_open_state(self, state: State) -> None:
        """Takes back what `open_state` gave."""


class LossTerm(Extension, ABC):
    """Added to a loss of the agent, with whatever weight it gives itself."""

    of: ClassVar[str] = ""
    """Which loss (`Agent.LOSSES`); empty where the agent has one."""
    METRICS: ClassVar[tuple[str, ...]] = ()
    """Names of the numbers that it gives beside its value."""

    @abstractmethod
    def __call__(self, network: Network, batch: Any) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The value, one number `[]`, and those of `METRICS`, each `[]`. `network` maps `batch.obs` to what the agent's network
        gives. Part of the training step: a function of tensors, without a host read or a draw of its own."""


class IntrinsicReward(Extension, ABC):
    """Added to the environment's rewards in what is learned from, and not in the returns that are reported."""

    @abstractmethod
    def reward(self, obs: Observation, action: Action, step: Step) -> Float32[Tensor, "envs"]:
        """For the transitions of one vector step: `action` at `obs` led to `step.final_obs`. May learn from them too."""


class Exploration(Extension, ABC):
    """Chooses the actions that an agent takes while it learns, in place of its own drawing."""

    @abstractmethod
    def explore(self, obs: Observation, generator: torch.Generator) -> Action:
        """Actions to take and to store, one per environment, each drawn for itself with `generator`."""

    def observe(self, step: Step) -> None:
        """What came of them: where episodes ended, say. Nothing, unless it remembers."""


class Terms(NamedTuple):
    """The terms of one loss, and the names of the numbers that they give."""

    terms: tuple[LossTerm, ...] = ()
    names: tuple[str, ...] = ()

    def added(self, made: tuple[Tensor, Any], network: Network, batch: Any) -> tuple[Tensor, tuple[Any, tuple[Tensor, ...]]]:
        """`made`, a loss and what was kept of it, with the terms: their sum, and beside what was kept the numbers of `names`."""
        value, kept = made
        numbers: list[Tensor] = []
        for term in self.terms:
            given = term(network, batch)
            own, metrics = given if isinstance(given, tuple) and len(given) == 2 else (given, ())
            found = (own, *metrics) if isinstance(metrics, tuple) else (own, metrics)
            if len(found) != 1 + len(term.METRICS) or any(not isinstance(n, Tensor) or n.shape != () for n in found):
                shapes = ", ".join(str(tuple(n.shape)) if isinstance(n, Tensor) else type(n).__name__ for n in found)
                raise ShapeError(
                    f"{type(term).__name__} must give a value and {len(term.METRICS)} metrics, each one number of shape ()",
                    f"got: {shapes}", fix="value.mean(), (metric.mean(), …)",
                )
            value = value + own
            numbers += [number.detach() for number in found]
        return value, (kept, tuple(numbers))


class Extensions:
    """What one agent was handed."""

    def __init__(self, handed: Sequence[Handed], losses: tuple[str, ...], agent_name: str) -> None:
        """`losses` are the agent's: what a term may be added to."""
        self.all: dict[str, Extension] = {}
        """By the names that logs and checkpoints use: `my_term`, and `my_term_2` for a second one of the class."""
        counts: Counter[str] = Counter()
        for one in handed:
            label = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", re.split(r"[.:]", one.name)[-1]).lower()
            counts[label] += 1
            self.all[label if counts[label] == 1 else f"{label}_{counts[label]}"] = _made(one)
        self._losses, self._agent_name = losses, agent_name
        for one in self.all.values():
            if isinstance(one, LossTerm):
                self._loss_of(one)
        self.rewards = {name: one for name, one in self.all.items() if isinstance(one, IntrinsicReward)}
        explorations = [one for one in self.all.values() if isinstance(one, Exploration)]
        if len(explorations) > 1:
            raise ConfigError(
                " and ".join(type(one).__name__ for one in explorations) + " contradict each other",
                "each chooses the agent's actions while it learns", fix="one of them",
            )
        self.exploration: Exploration | None = explorations[0] if explorations else None
        self._intrinsic: dict[str, list[Tensor]] = {name: [] for name in self.rewards}

    def _loss_of(self, term: LossTerm) -> str:
        what, losses = type(term).__name__, self._losses
        if not losses:
            raise ConfigError(f"{self._agent_name} takes no terms of a loss, and {what} is one")
        if term.of in losses or (not term.of and len(losses) == 1):
            return term.of or losses[0]
        if not term.of:
            raise ConfigError(
                f"{what} does not say which loss of {self._agent_name} it is a term of", "there is: " + ", ".join(losses),
                fix=f'of = "{losses[0]}" in its class',
            )
        raise ConfigError(f"{what}: {self._agent_name} has no loss of {term.of}", one_of(term.of, losses))

    def terms(self, loss: str) -> Terms:
        """The terms of one of the agent's losses."""
        found = {n: t for n, t in self.all.items() if isinstance(t, LossTerm) and self._loss_of(t) == loss}
        names = [name for n, t in found.items() for name in (f"loss/{n}", *(f"{n}/{metric}" for metric in t.METRICS))]
        return Terms(tuple(found.values()), tuple(names))

    @property
    def columns(self) -> tuple[str, ...]:
        """What every update has numbers for, beside the agent's own: the terms', in the order of the agent's losses."""
        return tuple(name for loss in self._losses for name in self.terms(loss).names)

    def prepare(self, agent: Agent) -> None:
        """See `Extension.prepare`."""
        self._actions = example_observation(agent.action_space, agent.vector_size)
        for one in self.all.values():
            one.prepare(agent)

    def explored(self, obs: Observation, generator: torch.Generator) -> Action:
        """Actions by the own exploration. ShapeError where they are not what the agent stores."""
        assert self.exploration is not None
        action = self.exploration.explore(obs, generator)

        def check(wanted: Tensor, got: Any) -> None:
            if not isinstance(got, Tensor) or got.shape != wanted.shape or got.dtype != wanted.dtype:
                came = f"{got.dtype} {tuple(got.shape)}" if isinstance(got, Tensor) else type(got).__name__
                raise ShapeError(
                    f"{type(self.exploration).__name__} must give an action for each environment",
                    f"expected {wanted.dtype} {tuple(wanted.shape)}", f"got {came}",
                )

        tree_map(check, self._actions, action)
        return action

    @torch.no_grad()
    def seen(self, obs: Observation, action: Action, step: Step) -> Step:
        """`step` as it is learned from: with the intrinsic rewards."""
        if self.exploration is not None:
            self.exploration.observe(step)
        reward = step.reward
        for name, one in self.rewards.items():
            own = one.reward(obs, action, step)
            if not isinstance(own, Tensor) or own.shape != reward.shape:
                raise ShapeError(
                    f"{type(one).__name__} must give a reward for each environment", f"expected {tuple(reward.shape)}",
                    f"got {tuple(own.shape) if isinstance(own, Tensor) else type(own).__name__}",
                )
            reward = reward + own
            self._intrinsic[name].append(own.mean())
        return step if reward is step.reward else step._replace(reward=reward)

    def refuse_nan(self) -> None:
        """NumericsError where an intrinsic reward since the last `take` was NaN or infinite: then what was learned from it is."""
        for name, found in self._intrinsic.items():
            if found and not bool(torch.isfinite(torch.stack(found)).all()):
                what = type(self.rewards[name]).__name__
                raise NumericsError(f"{what} gave a reward that is NaN or infinite", fix=f"the numbers that {what} computes")

    def take(self) -> dict[str, Tensor]:
        """The mean of each intrinsic reward in every vector step since the last call."""
        taken = {f"intrinsic/{n}": torch.stack(found) if found else torch.zeros(0) for n, found in self._intrinsic.items()}
        self._intrinsic = {name: [] for name in self.rewards}
        return taken

    def state(self) -> dict[str, State]:
        """For a checkpoint."""
        return {name: one.state() for name, one in self.all.items()}

    def load_state(self, state: Mapping[str, State]) -> None:
        """Takes back what `state` gave. RunError where it is of other extensions."""
        if list(state) != list(self.all):
            raise RunError(
                "the saved agent has other extensions", f"expected: {', '.join(self.all) or 'none'}",
                f"saved: {', '.join(state) or 'none'}",
            )
        for name, one in self.all.items():
            one.load_state(state[name])

    def open_state(self) -> dict[str, State]:
        """See `Extension.open_state`."""
        return {name: one.open_state() for name, one in self.all.items()}

    def load_open_state(self, state: Mapping[str, State]) -> None:
        """Takes back what `open_state` gave."""
        for name, one in self.all.items():
            one.load_open_state(state[name])


def _made(handed: Handed) -> Extension:
    kind = handed.kind
    cls = registry.load_object(kind, key="agent.extensions") if isinstance(kind, str) else kind
    kinds = (LossTerm, IntrinsicReward, Exploration)
    if not (isinstance(cls, type) and issubclass(cls, kinds)):
        raise ConfigError(
            f"agent.extensions={handed.name} is no extension",
            "expected a class derived from LossTerm, IntrinsicReward or Exploration of rlt.rl.extensions", f"got {cls!r}",
        )
    _check_options(cls)
    made: Extension = from_mapping(cls, handed.options, f"agent.extensions {handed.name}")
    return made


def _check_options(cls: type) -> None:
    """ConfigError where its constructor takes what is no field: the agent would make it anew without."""
    fields = set(cls.__dataclass_fields__)  # type: ignore[attr-defined]  # those that only the constructor reads included
    rest = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    other = [name for name, p in inspect.signature(cls).parameters.items() if name not in fields and p.kind not in rest]
    if other:
        raise ConfigError(
            f"{cls.__name__} takes options that are no fields: {', '.join(other)}",
            "an agent makes its extensions anew from their fields", fix=f"@dataclass above class {cls.__name__}, and fields",
        )
