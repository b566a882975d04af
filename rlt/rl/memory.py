"""Is there room in memory? Asked before storage is made, so that a run is refused at its start and not killed in its middle."""

from __future__ import annotations

import os
from pathlib import Path

import torch

from rlt.errors import ConfigError
from rlt.store.disk import size_text

_CGROUP = Path("/sys/fs/cgroup")


def free_memory(device: torch.device) -> int | None:
    """Bytes that can still be used on `device`; None where the system does not say."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    if device.type != "cpu":
        return None
    found = [n for n in (_available(), _left_to_container()) if n is not None]
    return min(found) if found else None


def _available() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None


def _left_to_container() -> int | None:
    try:
        limit = (_CGROUP / "memory.max").read_text(encoding="ascii").strip()
        return None if limit == "max" else int(limit) - int((_CGROUP / "memory.current").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def refuse_beyond_memory(need: int, capacity: int, device: torch.device, what: str, option: str) -> None:
    """ConfigError where `what`, which takes `need` bytes, is more than is free on `device`; with the value of `option`, which
    is `capacity`, that fits."""
    free = free_memory(device)
    if free is not None and need > free:
        fits = int(0.9 * free / need * capacity)
        raise ConfigError(
            f"{what} does not fit into the memory of {device}",
            f"it takes {size_text(need)}, and {size_text(free)} are free", fix=f"{option}={fits} or less",
        )
