"""`make cuda`: the checks of every agent on a CUDA device. Without one it says so and ends well: there is nothing to check.

    python -m tests.cuda [device=cuda:1]      device=cpu runs the same without a GPU
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from rlt.assembly.arguments import Command, run
from tests.cuda.checks import CHECKS, TASKS


@dataclass(frozen=True)
class CudaOptions:
    """Where."""

    device: str = "cuda"
    """cuda, cuda:1; cpu runs the same checks without a GPU."""


COMMAND = Command("tests.cuda", "Mode equality, resume and a short training of every agent on a GPU, offline.", CudaOptions)


def main(argv: Sequence[str] | None = None) -> int:
    """0 where every check holds or there is no such device, 1 where one does not."""
    return run(COMMAND, argv, _check)


def _check(words: list[str], options: CudaOptions) -> int:
    if options.device.startswith("cuda") and not torch.cuda.is_available():
        without = "nothing was checked (device=cpu runs the checks without one)"
        print(f"no CUDA device that torch {torch.__version__} can use: {without}")
        return 0
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, check in CHECKS.items():
            for agent in TASKS:
                began = time.perf_counter()
                try:
                    said = check(agent, options.device, Path(folder))
                except Exception as error:  # the other checks tell where it ends
                    failed += 1
                    said = f"DOES NOT HOLD: {type(error).__name__}: {error}"
                print(f"{agent.__name__} {name} on {options.device}: {said}   {time.perf_counter() - began:.0f} s", flush=True)
    print(f"{failed} of {len(CHECKS) * len(TASKS)} checks failed" if failed else "all hold")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
