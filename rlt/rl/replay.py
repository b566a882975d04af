"""Replay: the last transitions of each environment, on the learner's device, sampled without a word to the host.

Rows are vector steps and columns environments. An observation is stored once: what an action led to is the observation of
the next row. Only where an episode ended somewhere in a row, that row's true final observations lie in a row of their own.
`next_frame` says for each transition where what it led to stands, so a sample is two gathers and no branch. Of stacked
observations the newest frame is stored, and where the others stand (`FrameStacks`).
"""

from __future__ import annotations

import logging
import math
from collections import deque
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

import torch

import rlt
from rlt.errors import ConfigError, RunError
from rlt.rl.stacked import Stacked
from rlt.rl.stacks import FrameStacks, stacked_in
from rlt.rl.vector_env import Step
from rlt.store.segment import Segment
from rlt.types import Bool, Float, Int64, Tensor

_log = logging.getLogger(__name__)

_SEGMENT_BYTES = 2**23
"""How large a segment file is at most (of a small replay it is a sixteenth). So much of the newest is written anew with every
checkpoint."""


class Transitions(NamedTuple):
    """A batch out of replay."""

    obs: Tensor
    action: Tensor
    reward: Float[Tensor, "batch"]
    discount: Float[Tensor, "batch"]
    """gamma (to the power of the steps in `reward`) where what follows has a value, 0 where the task ended (`terminated`;
    never for `truncated` alone)."""
    next_obs: Tensor
    """What the last of the summed steps led to, before any reset."""


class Storage(NamedTuple):
    """The tensors of a replay, flat over rows and environments: what a training step gathers from."""

    frames: Tensor
    next_frame: Int64[Tensor, "slots"]
    action: Tensor
    reward: Float[Tensor, "slots"]
    terminated: Bool[Tensor, "slots"]
    following: Int64[Tensor, "slots"] | None = None
    """Where the same episode's next transition stands; the place itself where it ended or nothing newer is stored. None
    where no return of several steps is asked for."""
    stacks: Int64[Tensor, "frames size"] | None = None
    """Where the frames of a stacked observation stand, for each place of its newest. None where a frame is an observation."""

    def observations(self, place: Tensor) -> Tensor:
        """The observations at places `[batch]` of `frames`."""
        return self.frames[place if self.stacks is None else self.stacks[place]]


@rlt.typed
def gather(storage: Storage, index: Int64[Tensor, "batch"], gamma: float, n_steps: int = 1) -> Transitions:
    """The transitions at `index`, one that `Replay.sample` gave. Pure: part of the compiled step.

    With `n_steps` above 1, each is joined with those after it (arXiv:1710.02298, equation 1): `reward` is the discounted sum
    of up to `n_steps` rewards, `next_obs` what the last of these led to, and `discount` gamma to the power of their number.
    An episode's end and the newest transition make the sum shorter: no reward of another episode enters.
    """
    reward = storage.reward[index]
    discount, last = torch.full_like(reward, gamma), index
    for _ in range(n_steps - 1):
        assert storage.following is not None
        following = storage.following[last]
        goes_on = following != last
        reward = reward + torch.where(goes_on, discount * storage.reward[following], 0.0)
        discount, last = torch.where(goes_on, discount * gamma, discount), following
    discount = torch.where(storage.terminated[last], torch.zeros_like(reward), discount)
    next_obs = storage.observations(storage.next_frame[last])
    return Transitions(storage.observations(index), storage.action[index], reward, discount, next_obs)


class Replay:
    """The last `capacity` transitions of `num_envs` environments (whole rows: `capacity // num_envs` of them).

    Images (uint8) have room for final observations in a `final_share` of the rows; where episodes end more often than that,
    the oldest transitions leave early. Other observations have room for as many as can be. With `n_steps` above 1, `gather`
    can join so many. `obs_shape` is that of an observation as the environment gives it, `stacked` how it is stacked if so.
    """

    def __init__(
        self, capacity: int, num_envs: int, obs_shape: tuple[int, ...], obs_dtype: torch.dtype,
        action_shape: tuple[int, ...], action_dtype: torch.dtype, device: torch.device, final_share: float | None = None,
        n_steps: int = 1, stacked: Stacked | None = None,
    ) -> None:
        if capacity < num_envs:
            raise ConfigError(
                f"a replay of {capacity} transitions is smaller than one step of {num_envs} environments",
                fix=f"agent.buffer_size={num_envs} or more",
            )
        self.rows, self.num_envs, self.device = capacity // num_envs, num_envs, device
        self.capacity = self.rows * num_envs
        """Transitions that fit."""
        self._stacked, self._older = stacked, 0 if stacked is None else stacked.size - 1
        # One row more: the newest transition leads to an observation that starts none yet; and the older frames of the oldest.
        self._ring = self.rows + 1 + self._older
        if final_share is None:
            final_share = 1 / 8 if obs_dtype == torch.uint8 else 1.0
        self._final_rows = max(math.ceil(final_share * self.rows), 1)
        lead, frame_rows = (self._ring, num_envs), self._ring + self._final_rows + (stacked is not None and stacked.zeros)
        frame_shape = obs_shape if stacked is None else obs_shape[1:]
        self._frames = torch.zeros(frame_rows, num_envs, *frame_shape, dtype=obs_dtype, device=device)
        self._slots = torch.arange(frame_rows * num_envs, device=device).view(-1, num_envs)
        self._next_frame = self._slots[: self._ring].roll(-1, 0).contiguous()
        self._action = torch.zeros(*lead, *action_shape, dtype=action_dtype, device=device)
        self._reward = torch.zeros(lead, device=device)
        self._terminated = torch.zeros(lead, dtype=torch.bool, device=device)
        self._truncated = torch.zeros(lead, dtype=torch.bool, device=device)
        self._following = self._slots[: self._ring].clone() if n_steps > 1 else None
        self._stacks = None if stacked is None else FrameStacks(
            stacked, self._slots, self._terminated, self._truncated
        )
        self.storage = Storage(
            self._frames.flatten(0, 1), self._next_frame.flatten(), self._action.flatten(0, 1), self._reward.flatten(),
            self._terminated.flatten(), None if self._following is None else self._following.flatten(),
            None if self._stacks is None else self._stacks.places.flatten(0, 1),
        )
        row_bytes = sum(t[0].nbytes for t in (self._frames, self._action, self._reward, self._terminated, self._truncated))
        self._segment_rows = max(min(_SEGMENT_BYTES // row_bytes, self.rows // 16), 1)
        self.added = self._first = self._older
        """Rows added so far, after those for the older frames of the first stack. Row n lies in row n modulo the ring's size."""
        self._finals: deque[int] = deque()  # rows of the stream that have final observations of their own, oldest first
        self._final_taken = 0
        self._crowded = False
        self._current: Tensor | None = None

    @property
    def size(self) -> int:
        """Transitions that can be sampled."""
        return (self.added - self._first) * self.num_envs

    def holds(self, transitions: int) -> bool:
        """Whether so many are stored; also where as many as fit are fewer, and the oldest had to leave."""
        return self.size >= transitions or (self._first > self._older and self.size > 0)

    @staticmethod
    def bytes(
        capacity: int, obs_shape: tuple[int, ...], obs_dtype: torch.dtype, action_shape: tuple[int, ...],
        action_dtype: torch.dtype, n_steps: int = 1, stacked: Stacked | None = None,
    ) -> int:
        """Memory of a replay for `capacity` transitions."""
        frames = 1 + (1 / 8 if obs_dtype == torch.uint8 else 1.0)
        obs, links = math.prod(obs_shape) * obs_dtype.itemsize, 8 * (2 if n_steps > 1 else 1)
        if stacked is not None:
            obs = obs // stacked.size + 8 * stacked.size
        return math.ceil(capacity * (frames * (obs + 8) + math.prod(action_shape) * action_dtype.itemsize + links + 4 + 2))

    @torch.no_grad()
    def add(self, obs: Tensor, action: Tensor, step: Step) -> None:
        """The next transition of each environment: `action` at `obs` led to `step`. No host read."""
        head = self.added % self._ring
        if obs is not self._current:
            if self._current is None and self.size:
                self.cut()
            elif self._current is None and self._stacked is not None:  # perhaps in the middle of an episode
                for back in range(1, self._stacked.size):
                    row = (head - back) % self._ring
                    self._frames[row], self._terminated[row], self._truncated[row] = obs[:, -1 - back], False, False
            self._frames[head] = self._newest(obs)
            if self._stacks is not None:
                self._stacks.write(head)
        after = (head + 1) % self._ring
        self._make_room()
        self._action[head] = action
        self._reward[head] = step.reward
        self._terminated[head] = step.terminated
        self._truncated[head] = step.truncated
        if self._following is not None:
            self._following[head] = self._slots[head]
            if self.size:
                self._link(self._following, (head - 1) % self._ring, head)
        self.added += 1
        if step.final_obs is step.obs:
            self._next_frame[head] = self._slots[after]
        else:
            self._keep_final(self.added - 1, self._newest(step.final_obs))
        self._frames[after] = self._newest(step.obs)
        if self._stacks is not None:
            self._stacks.write(after)
        self._current = step.obs

    def _newest(self, obs: Tensor) -> Tensor:
        return obs if self._stacked is None else obs[:, -1]

    def _link(self, following: Tensor, rows: int | Tensor, after: int | Tensor) -> None:
        """The rows at `after` follow those at `rows`, but where these ended their episodes."""
        ended = self._terminated[rows] | self._truncated[rows]
        following[rows] = torch.where(ended, self._slots[rows], self._slots[after])

    def _make_room(self) -> None:
        """Lets go of the row that the next one overwrites."""
        self._first = max(self._first, self.added + 1 - self.rows)
        while self._finals and self._finals[0] < self._first:
            self._finals.popleft()

    def _keep_final(self, row: int, frame: Tensor) -> None:
        if len(self._finals) == self._final_rows:
            self._first = self._finals.popleft() + 1
            if not self._crowded and 2 * self.size < self.capacity:
                self._crowded = True
                _log.warning(
                    "replay holds %d of %d transitions: episodes of images end in more than an eighth of its rows",
                    self.size, self.capacity,
                )
        place = self._ring + self._final_taken % self._final_rows
        self._final_taken += 1
        self._finals.append(row)
        self._frames[place] = frame
        self._next_frame[row % self._ring] = self._slots[place]
        if self._stacks is not None:
            self._stacks.write_final(row % self._ring, place)

    def cut(self) -> None:
        """The environments start anew: the newest transitions lead to what they led to, and their episodes end there."""
        newest = (self.added - 1) % self._ring
        if not self._finals or self._finals[-1] != self.added - 1:
            self._keep_final(self.added - 1, self._frames[self.added % self._ring].clone())
        self._truncated[newest] |= ~self._terminated[newest]
        self._current = None

    @rlt.typed
    def sample(self, updates: int, batch_size: int, generator: torch.Generator) -> Int64[Tensor, "updates batch_size"]:
        """Places of transitions in `storage`, drawn uniformly with replacement."""
        drawn = torch.randint(self.size, (updates, batch_size), generator=generator, device=generator.device)
        offset = self._first % self._ring * self.num_envs
        if offset:
            drawn = (drawn + offset).remainder_(self._ring * self.num_envs)
        return drawn.to(self.device)

    # State

    def state(self) -> dict[str, Any]:
        """For a checkpoint: whole segments by reference, the newest rows as they are.

        Segments read the storage when they are written, so they must be before their rows are overwritten."""
        length = self._segment_rows
        whole = self.added // length * length
        oldest = self._oldest
        starts = range(oldest // length * length, whole, length)
        segments = [Segment(f"replay_{n // length:06d}", partial(self._part, max(n, oldest), n + length)) for n in starts]
        return {
            "added": self.added, "first": self._first, "num_envs": self.num_envs, "segments": segments,
            "stacked": None if self._stacked is None else list(self._stacked),
            "open": self._part(max(whole, oldest), self.added),
            "head": self._frames[self.added % self._ring].clone(),
        }

    @property
    def _oldest(self) -> int:
        """The oldest row of the stream that is needed: before `_first` stand the older frames of its stack."""
        return self._first - self._older

    def _part(self, start: int, stop: int) -> dict[str, Any]:
        """Rows `start` to `stop` of the stream."""
        if start < self._oldest:
            raise RunError(
                f"row {start} of this replay is overwritten by now", f"the oldest that is left is {self._oldest}",
                fix="write or load a state before its agent learns on",
            )
        rows = torch.arange(start, stop, device=self.device) % self._ring
        finals = [row for row in self._finals if start <= row < stop]
        places = self._final_rows_of(finals)
        return {
            "start": start, "obs": self._frames[rows], "action": self._action[rows], "reward": self._reward[rows],
            "terminated": self._terminated[rows], "truncated": self._truncated[rows],
            "final_rows": torch.tensor(finals, dtype=torch.int64), "final_obs": self._frames[places],
        }

    def _final_rows_of(self, rows: Iterable[int]) -> Tensor:
        oldest = self._final_taken - len(self._finals)
        where = {row: self._ring + (oldest + i) % self._final_rows for i, row in enumerate(self._finals)}
        return torch.tensor([where[row] for row in rows], dtype=torch.int64, device=self.device)

    def load_state(self, state: dict[str, Any]) -> str | None:
        """Takes back what `state` gave; the first `add` cuts the open episodes, unless `go_on` says that they continue.

        Returns a sentence, and is empty, where the checkpoint was written without replay or for other environments."""
        self.added = self._first = self._older
        self._final_taken, self._current = 0, None
        self._finals.clear()
        if any(segment.left_out for segment in state["segments"]):
            return "the checkpoint was written without replay (checkpoint.replay=false), which starts empty"
        if state["num_envs"] != self.num_envs:
            return f"the replay of {state['num_envs']} environments does not fit {self.num_envs}, and starts empty"
        if stacked_in(state) != self._stacked:
            return "the replay of observations that were stacked in another way starts empty"
        self._first = max(state["first"], state["added"] - self.rows)  # of a larger replay the newest
        self.added = state["added"]
        for part in (*(segment.read() for segment in state["segments"]), state["open"]):
            self._load_part(part)
        self._frames[self.added % self._ring] = state["head"].to(self.device)
        if self._stacks is not None:
            self._stacks.write(torch.arange(self._oldest, self.added + 1, device=self.device) % self._ring)
            finals = torch.tensor(list(self._finals), dtype=torch.int64, device=self.device) % self._ring
            self._stacks.write_final(finals, self._final_rows_of(self._finals))
        if self._following is not None:
            self._following.copy_(self._slots[: self._ring])
            rows = torch.arange(self._first, max(self.added - 1, self._first), device=self.device) % self._ring
            self._link(self._following, rows, (rows + 1) % self._ring)
        return None

    def _load_part(self, part: dict[str, Any]) -> None:
        skip = max(self._oldest - part["start"], 0)
        count = part["reward"].shape[0]
        if skip >= count:
            return
        rows = torch.arange(part["start"] + skip, part["start"] + count, device=self.device) % self._ring
        for name, kept in (
            ("obs", self._frames), ("action", self._action), ("reward", self._reward),
            ("terminated", self._terminated), ("truncated", self._truncated),
        ):
            kept[rows] = part[name][skip:].to(self.device)
        self._next_frame[rows] = self._slots[(rows + 1) % self._ring]
        for row, frame in self._finals_of(part):
            self._keep_final(row, frame.to(self.device))

    def _finals_of(self, part: dict[str, Any]) -> Iterator[tuple[int, Tensor]]:
        for row, obs in zip(part["final_rows"].tolist(), part["final_obs"]):
            if row >= self._first:
                yield row, obs

    def go_on(self, obs: Tensor) -> None:
        """The environments stand at `obs`, where the loaded state left them."""
        self._current = obs
        self._frames[self.added % self._ring] = self._newest(obs)
