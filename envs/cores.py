"""How many threads or processes can work at once here."""

from __future__ import annotations

import math
import os
from pathlib import Path

_GROUPS = Path("/sys/fs/cgroup")


def cores() -> int:
    """The cores that this process may use, by its affinity and its container's quota, at least 1."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    return max(1, int(min(allowed, quota(_GROUPS))))  # rounded down: one thread too many would stop them all


def quota(groups: Path) -> float:
    """The processor seconds per second that the control groups below `groups`, of version 2 or 1, allow; infinity where none
    says."""
    try:
        limit, period = (groups / "cpu.max").read_text().split()
        return math.inf if limit == "max" else int(limit) / int(period)
    except (OSError, ValueError):
        pass
    try:
        limit, period = ((groups / "cpu" / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        return int(limit) / int(period) if int(limit) > 0 else math.inf
    except (OSError, ValueError):
        return math.inf
