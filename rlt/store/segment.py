"""A large part of a state that never changes once it is whole: stored once, in a file of its own.

Replay consists of such parts. A state names them; a checkpoint writes only those that are new, into `segments/` beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from rlt.errors import RunError

FOLDER = "segments"


class Segment:
    """`read` gives the contents, a tree of tensors. Within one run a name stands for one content, for ever."""

    def __init__(self, name: str, read: Callable[[], dict[str, Any]] | None) -> None:
        if not name.isidentifier():  # it becomes a file name, and may come out of a file
            raise RunError(f"{name!r} is no name of a segment", "expected letters, digits and underscores")
        self.name, self._read = name, read

    @property
    def left_out(self) -> bool:
        """Whether the file that named this segment was written without it (`checkpoint.replay=false`)."""
        return self._read is None

    def read(self) -> dict[str, Any]:
        """The contents. RunError where they are gone, damaged or were left out."""
        if self._read is None:
            raise RunError(f"segment {self.name} was left out of the checkpoint", "checkpoint.replay was false")
        return self._read()


class SegmentFiles:
    """The segments of one folder of checkpoints: what is written already, and with which digest."""

    def __init__(self, checkpoints: Path) -> None:
        self.folder = checkpoints / FOLDER
        self.digests: dict[str, str] = {}
        """Written or verified in this process, by name. A file that is not in here is a killed run's, and is written anew."""

    def path(self, name: str) -> Path:
        """Where segment `name` lies."""
        return self.folder / f"{name}.rlt"

    def keep_only(self, names: Iterable[str]) -> None:
        """Removes the files of all other segments, half-written ones included."""
        wanted = {self.path(name).name for name in names}
        if not self.folder.is_dir():
            return
        for file in self.folder.iterdir():
            if file.name not in wanted:
                file.unlink(missing_ok=True)
                self.digests.pop(file.stem, None)
