"""Is there room on the disk? Asked at the start of a run."""

from __future__ import annotations

import shutil
from pathlib import Path

from rlt.errors import RunError


def refuse_beyond_disk(need: int, folder: Path) -> None:
    """RunError where checkpoints of `need` bytes, replay included, are more than is free on the disk of `folder`."""
    there = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    free = shutil.disk_usage(there).free
    if need > free:
        raise RunError(
            f"the checkpoints of this run do not fit on the disk of {folder}",
            f"they take up to {size_text(need)}, and {size_text(free)} are free",
            fix="a smaller agent.buffer_size, checkpoint.replay=false, or hydra.run.dir on another disk",
        )


def size_text(count: int) -> str:
    """Bytes as people say them: `136 MB`."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            number = count / factor
            return f"{number:.1f} {unit}" if number < 10 else f"{number:.0f} {unit}"
    return f"{count} bytes"
