"""Returns and lengths of training episodes, counted here and not by a wrapper: exact under every reset mode."""

from __future__ import annotations

from collections import deque

import numpy as np
import torch

from rlt.rl.vector_env import Step
from rlt.types import Tensor

WINDOW = 100
"""The mean return that is shown is over so many last episodes."""


class EpisodeStatistics:
    """Undiscounted returns and lengths of the episodes under way and of the last `WINDOW` finished ones."""

    def __init__(self, num_envs: int) -> None:
        self._return = np.zeros(num_envs)
        self._length = np.zeros(num_envs, dtype=np.int64)
        self.finished = 0
        self._recent: deque[tuple[float, int]] = deque(maxlen=WINDOW)
        self._new: list[tuple[float, int]] = []

    def update(self, step: Step) -> None:
        """Takes in one vector step."""
        self._return += step.reward.cpu().numpy()
        self._length += 1
        done = (step.terminated | step.truncated).cpu().numpy()
        if done.any():
            ended = list(zip(self._return[done].tolist(), self._length[done].tolist()))
            self._recent.extend(ended)
            self._new.extend(ended)
            self.finished += len(ended)
            self._return[done] = 0
            self._length[done] = 0

    def restart(self) -> None:
        """New episodes begin everywhere: those under way were cut from outside and do not count."""
        self._return[:], self._length[:] = 0, 0

    def take(self) -> dict[str, Tensor]:
        """One value per episode that ended since the last call."""
        new, self._new = self._new, []
        return {
            "episode/return": torch.tensor([r for r, _ in new], dtype=torch.float64),
            "episode/length": torch.tensor([n for _, n in new], dtype=torch.float64),
        }

    def headline(self) -> dict[str, float]:
        """Means over the last `WINDOW` episodes; empty before the first has ended."""
        if not self._recent:
            return {}
        returns, lengths = zip(*self._recent)
        return {"return": float(np.mean(returns)), "length": float(np.mean(lengths))}

    def state(self) -> dict[str, object]:
        """For a checkpoint; `take` must have been called."""
        recent = np.array(self._recent, dtype=np.float64).reshape(-1, 2)
        return {"return": self._return.copy(), "length": self._length.copy(), "finished": self.finished, "recent": recent}

    def load_state(self, state: dict[str, np.ndarray | int]) -> None:
        """Takes back what `state` gave."""
        self._return[:], self._length[:] = state["return"], state["length"]
        self.finished = int(state["finished"])
        self._recent = deque(((float(r), int(n)) for r, n in np.asarray(state["recent"])), maxlen=WINDOW)
        self._new = []
