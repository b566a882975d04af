"""What off-policy agents share: collecting into replay, and when to learn from it.

An agent says what is its own: `build`, `prepare_update`, `explore`, `update`, `act`.

One vector step: choose the action, `send` it, make the updates that fall due with it from what is stored by now, `recv` and
store. A parallel backend steps while the learner learns, and no number depends on how it does.
"""

from __future__ import annotations

import logging
import time
from abc import abstractmethod
from typing import Any

import torch
from gymnasium import spaces

from rlt.engine.compiler import stay
from rlt.errors import NumericsError, SpaceError
from rlt.rl.agent import Agent
from rlt.rl.memory import refuse_beyond_memory, size_text
from rlt.rl.replay import Replay
from rlt.rl.spaces import space_text
from rlt.rl.stacked import Stacked
from rlt.rl.stacks import stacked_in
from rlt.rl.vector_env import Observation
from rlt.run.learner import Metrics, State
from rlt.types import Float, Int64, Tensor

_log = logging.getLogger(__name__)


class OffPolicyAgent(Agent):
    """An agent that learns from replay. `Config` derives from `rlt.rl.off_policy_config.OffPolicyConfig`."""

    config: Any

    action_shape: tuple[int, ...]
    """Of one stored action; set by `build`, as is its dtype."""
    action_dtype: torch.dtype

    METRICS: tuple[str, ...]
    """Names of the columns that `update` gives; with terms of its `LOSSES`, `self.extensions.columns` follow."""

    @abstractmethod
    def prepare_update(self) -> None:
        """Target networks and optimisers, once `self.policy` is on its device."""

    @abstractmethod
    def explore(self, obs: Observation, warming: bool) -> Tensor:
        """Actions to store, one per environment, drawn with `self.generators.exploration`. `warming`: replay still holds less
        than `learning_starts` transitions."""

    def for_environment(self, action: Tensor) -> Tensor:
        """Stored actions as the environment wants them; as they are, unless an agent says otherwise."""
        return action

    @abstractmethod
    def update(self, indices: Int64[Tensor, "updates batch_size"]) -> Float[Tensor, "updates metrics"]:
        """One gradient step per row of `indices`, places in `self.replay.storage`, without a host read."""

    def after_step(self, before: int, now: int) -> None:
        """The count went from `before` to `now`, with the updates that were due: target networks that go by steps.
        Nothing, unless an agent has such."""

    def check_observations(self) -> None:
        """SpaceError where replay cannot hold the observations; for `build`."""
        storable(self.observation_space, self.name)

    def prepare(self) -> None:
        self._stored = (*storable(self.observation_space, self.name), self.action_shape, self.action_dtype)
        self._made: Replay | None = None
        self._unread: State | None = None
        if self.env is not None:
            self._made = self._make_replay()  # a run is refused at its start and not in its middle
        self.prepare_update()

    @property
    def replay(self) -> Replay:
        """Made at the start where there is an environment to learn in, else once it is asked for: what only acts needs none."""
        if self._made is None:
            self._made = self._make_replay()
            if self._unread is not None:
                self._made.load_state(self._unread)
        return self._made

    def _make_replay(self) -> Replay:
        size = self.config.buffer_size
        refuse_beyond_memory(self.replay_bytes, size, self.device, f"a replay of {size:,} transitions", "agent.buffer_size")
        replay = Replay(
            self.config.buffer_size, self.vector_size, *self._stored, self.device, n_steps=self.config.n_steps,
            stacked=self._stacked,
        )
        stay(*(tensor for tensor in replay.storage if tensor is not None))
        return replay

    @property
    def replay_bytes(self) -> int:
        """Memory that replay takes, and disk when it is saved."""
        return Replay.bytes(self.config.buffer_size, *self._stored, n_steps=self.config.n_steps, stacked=self._stacked)

    @property
    def _stacked(self) -> Stacked | None:
        return self.env.stacked if self.env is not None else stacked_in(self._unread or {})

    @property
    def storage_text(self) -> str:
        """What is said at the start of a run."""
        return f"replay of {self.replay.capacity:,} transitions: {size_text(self.replay_bytes)} of memory, as much on disk"

    @property
    def checkpoint_bytes(self) -> int:
        return super().checkpoint_bytes + self.replay_bytes

    @property
    def log_interval(self) -> int:
        """A thousand steps, or ten vector steps where those are more."""
        return max(1000, 10 * self.vector_size)

    @property
    def learn_interval(self) -> int:
        """`train_freq`, or a vector step where that is more."""
        return max(int(self.config.train_freq), self.vector_size)

    def updates_in(self, total_steps: int) -> int:
        learning = max(total_steps - max(self.config.learning_starts - self.replay.size, 0), 0)
        return learning // int(self.config.train_freq) * int(self.config.updates_per_event)

    def begin(self, total_steps: int) -> int:
        """Whole vector steps: the first count of at least `total_steps` more."""
        starts = self.config.learning_starts
        if self.replay.size + total_steps <= starts:
            _log.warning("nothing will be learned: %d steps do not fill agent.learning_starts=%d", total_steps, starts)
        stop = self.steps + -(-total_steps // self.vector_size) * self.vector_size
        self.stretch_schedules(self.steps, stop)
        return stop

    def advance(self, until: int) -> Metrics:
        started = time.perf_counter()
        updating = 0.0
        rows: list[Tensor] = []
        numbers: list[dict[str, float]] = []
        obs = self.start_environment()
        env, replay, size = self._training_env(), self.replay, self.vector_size
        with self.generators.own():
            while self.steps < until:
                with torch.no_grad():
                    action = self._explored(obs)
                    env.send(self.for_environment(action))
                began = time.perf_counter()
                before, now = self.steps, self.steps + size
                due = self._updates_due(before, now)
                if due:
                    indices = replay.sample(due, self.config.batch_size, self.generators.batches)
                    rows.append(self.update(indices))
                    numbers.append(self.numbers())
                self.after_step(before, now)
                updating += time.perf_counter() - began
                step = env.recv()
                self.episodes.update(step)
                replay.add(obs, action, self.extensions.seen(obs, action, step))
                obs = self.current_obs = step.obs
                self.steps = now
        learned = self._learned(rows) | {
            name: torch.tensor([n[name] for n in numbers], dtype=torch.float64) for name in self.numbers()
        }
        seconds = {"time/collect": time.perf_counter() - started - updating, "time/update": updating}
        seen = self.episodes.take() | self.extensions.take()
        return seen | learned | {k: torch.tensor([v], dtype=torch.float64) for k, v in seconds.items()}

    def _explored(self, obs: Observation) -> Tensor:
        """Actions to store: the agent's own, or by an exploration that it was handed; random ones while replay is warming."""
        warming = not self.replay.holds(self.config.learning_starts)
        if warming or self.extensions.exploration is None:
            return self.explore(obs, warming)
        action: Tensor = self.extensions.explored(obs, self.generators.exploration)
        return action

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of what `update` gives: the agent's metrics, then those of the terms of its losses."""
        return (*self.METRICS, *self.extensions.columns)

    def _updates_due(self, before: int, now: int) -> int:
        """Every multiple of `train_freq` in (before, now] is worth `updates_per_event`, whatever the number of environments."""
        if not self.replay.holds(max(self.config.learning_starts, 1)):
            return 0
        freq: int = self.config.train_freq
        return (now // freq - before // freq) * int(self.config.updates_per_event)

    def _learned(self, rows: list[Tensor]) -> dict[str, Tensor]:
        """Metrics of the updates. They and the weights are looked at once: NaN stops the run before a spoilt policy is saved."""
        if not rows:
            return {name: torch.zeros(0) for name in self.columns}
        table = torch.cat(rows)
        if not bool(torch.isfinite(table).all()):
            self.extensions.refuse_nan()
            first = int((~torch.isfinite(table).all(1)).nonzero()[0])
            found = ", ".join(f"{name} {value:.4g}" for name, value in zip(self.columns, table[first].tolist()))
            raise NumericsError(
                f"{self.name.upper()}'s updates before step {self.steps} gave NaN or infinity", f"the first such: {found}",
                fix="a lower agent.learning_rate, a max_grad_norm, or rewards of a smaller scale (env.wrappers: scale_reward)",
            )
        groups = {name: group for step in self.training_steps for name, group in step.groups.items()}
        spoilt = [name for name, group in groups.items() if not bool(torch.isfinite(group.flat.buffer).all())]
        if spoilt:  # by the last update: its loss was still that of the weights before
            raise NumericsError(
                f"{self.name.upper()}'s updates before step {self.steps} gave weights that are NaN or infinite",
                "of: " + ", ".join(spoilt), fix="a lower agent.learning_rate, or a max_grad_norm",
            )
        return dict(zip(self.columns, table.unbind(1)))

    @abstractmethod
    def numbers(self) -> dict[str, float]:
        """What schedules give at these updates, for the log."""

    def load_own_state(self, state: State) -> str | None:
        self.load_update_state(state["update"])
        if self.env is None:
            self._unread, self._made = state["replay"], None
            return None
        return self.replay.load_state(state["replay"])

    def own_state(self) -> State:
        return {"update": self.update_state(), "replay": self.replay.state()}

    @abstractmethod
    def update_state(self) -> State:
        """Target networks, optimisers and whatever else `update` changes, the policy apart."""

    @abstractmethod
    def load_update_state(self, state: State) -> None:
        """Takes back what `update_state` gave."""

    def open_state(self) -> State:
        return {}

    def load_open_state(self, state: State) -> None:
        assert self.current_obs is not None
        if self.replay.size:
            self.replay.go_on(self.current_obs)


def storable(space: spaces.Space[Any], agent: str) -> tuple[tuple[int, ...], torch.dtype]:
    """Shape and dtype of one observation in replay. SpaceError for what it cannot hold."""
    if isinstance(space, spaces.Box):
        return tuple(space.shape), torch.uint8 if space.dtype == "uint8" else torch.float32
    flatten = "env.wrappers=[gymnasium.wrappers:FlattenObservation]"
    raise SpaceError(
        f"{agent.upper()} cannot serve observations {space_text(space)}", "expected a Box", fix=f"{flatten} makes it one"
    )
