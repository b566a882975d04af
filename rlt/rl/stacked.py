"""How observations are stacked. Imports no torch: workers, which step environments that stack, have none."""

from __future__ import annotations

from typing import NamedTuple


class Stacked(NamedTuple):
    """Observations that are the last `size` frames of the episode, oldest first, in their first dimension."""

    size: int
    zeros: bool
    """Before an episode's first frame stand zeros, else that frame again."""
