"""Python processes that begin with torch already read: they are forked from one that has it.

Reading torch, Gymnasium and Hydra takes seconds, and the tests start some fifty runs. `Warm.python` takes `-m MODULE …` and
`-c CODE …` as `python` does, with the caller's folder, variables, standard streams and signals, and ends as its child ends;
anything else goes to the real interpreter. What a forked child cannot show (another hash seed, an import that is missing)
is tested with real processes: imports here, killed runs in `make prove`.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Warm:
    """The process that children are forked from, and the commands that ask it for one."""

    def __init__(self, folder: Path) -> None:
        address, commands = folder / "socket", folder / "bin"
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.warm.server", str(address)], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
        assert self._server.stdout is not None
        with self._server.stdout as said:
            if said.readline() != b"ready\n":
                raise RuntimeError(f"tests.warm.server ended with {self._server.wait()}")
        commands.mkdir()
        self.bin = str(commands)
        """A folder for the PATH with `python` in it."""
        self.python = str(commands / "python")
        words = [sys.executable, "-S", "-E", str(Path(__file__).with_name("client.py")), str(address), sys.executable]
        Path(self.python).write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
        Path(self.python).chmod(0o755)

    def close(self) -> None:
        """No more children."""
        self._server.terminate()
        self._server.wait()
