"""Which stored frames make up each stacked observation, so that replay holds a frame once and not as often as it is seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from rlt.rl.stacked import Stacked
from rlt.types import Bool, Int64, Tensor


def stacked_in(state: Mapping[str, Any]) -> Stacked | None:
    """How observations are stacked in a replay's state."""
    saved = state.get("stacked")
    return None if saved is None else Stacked(*saved)


class FrameStacks:
    """For each place where a frame is stored, the places of the observation whose newest frame it is, oldest first."""

    def __init__(
        self, stacked: Stacked, slots: Int64[Tensor, "rows envs"], terminated: Bool[Tensor, "ring envs"],
        truncated: Bool[Tensor, "ring envs"],
    ) -> None:
        """`slots` are the places of all frames: first those of the ring, in which each row follows the one before; the last
        row of all is blank where `stacked.zeros`. The flags, of the ring, are read whenever something is written."""
        self._stacked, self._slots, self._terminated, self._truncated = stacked, slots, terminated, truncated
        self.places = slots.unsqueeze(-1).repeat(1, 1, stacked.size)

    def write(self, rows: int | Tensor) -> None:
        """Sets `places` at `rows` of the ring (one, or `[n]`), by the flags of the rows before."""
        oldest = self._slots[rows]
        places, same = [oldest], torch.ones_like(oldest, dtype=torch.bool)
        for back in range(1, self._stacked.size):
            earlier = (rows - back) % len(self._terminated)
            same = same & ~(self._terminated[earlier] | self._truncated[earlier])
            oldest = torch.where(same, self._slots[earlier], self._slots[-1] if self._stacked.zeros else oldest)
            places.insert(0, oldest)
        self.places[rows] = torch.stack(places, -1)

    def write_final(self, rows: int | Tensor, after: int | Tensor) -> None:
        """The frames in the rows `after`, outside the ring, are what `rows` of the ring led to."""
        self.places[after] = torch.cat([self.places[rows][..., 1:], self._slots[after].unsqueeze(-1)], -1)
