"""What a new worker must be told to be where one that died was: a state, and what was done since."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from numpy.typing import NDArray

from rlt.envs.layout import Arrays

_SECONDS = 5.0
"""How long a new worker may have to catch up, at most, unless states take long to save."""
_SHARE = 100
"""Saving states takes at most this fraction of the time."""


class Journal:
    """States of all workers from one moment, and the resets and actions since. Nothing in it is written to."""

    def __init__(self) -> None:
        self.parts: list[dict[str, Any]] | None = None
        """One state for each worker; None before the first, and where environments cannot be saved."""
        self.masks = False
        self.entries: list[tuple[str, Any]] = []
        self._began, self._patience, self._known = 0.0, _SECONDS, False

    @property
    def due(self) -> bool:
        """Whether states should be saved before the next step."""
        if not self._known:
            return True
        return self.parts is not None and perf_counter() - self._began > self._patience

    def forget(self) -> None:
        """The environments are elsewhere: what is held says nothing any more."""
        self.parts, self.entries, self._known = None, [], False

    def begin(self, parts: list[dict[str, Any] | None], masks: bool, seconds: float) -> None:
        """Takes the states of all workers, which took `seconds` to save; None for one that has no exact state."""
        exact = [part for part in parts if part is not None and all(env["exact"] is not None for env in part["envs"])]
        self.parts = exact if len(exact) == len(parts) else None
        self.masks, self.entries, self._known = masks, [], True
        self._began, self._patience = perf_counter(), max(_SECONDS, _SHARE * seconds)

    def step(self, actions: Arrays) -> None:
        """A step was made."""
        if self.parts is not None:
            self.entries.append(("step", actions))

    def reset(self, seed: int | None, only: NDArray[Any]) -> None:
        """Some environments were reset."""
        if self.parts is not None:
            self.entries.append(("reset", (seed, only)))

    def of(self, worker: int, share: range) -> tuple[dict[str, Any], list[tuple[str, Any]]] | None:
        """The state of one worker and what was done since, for its `share` alone; None where there is no exact state."""
        if self.parts is None:
            return None
        rows = slice(share.start, share.stop)
        own: list[tuple[str, Any]] = []
        for what, value in self.entries:
            own.append((what, [leaf[rows] for leaf in value] if what == "step" else (value[0], value[1][rows])))
        return self.parts[worker], own
