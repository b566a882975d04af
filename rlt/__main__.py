"""`python -m rlt`: what there is to run."""

from __future__ import annotations

import sys

COMMANDS = {
    "train": "train an agent: +experiment=NAME, key=value …, -m for sweeps, resume=RUN, like=RUN",
    "evaluate": "play the policy of a run in environments that training never saw",
    "report": "draw and tabulate runs, with seeds and intervals",
    "export": "write the policy of a run as ONNX and torch.export, checked against the agent",
    "check": "find wrong shapes in networks before they run",
    "doctor": "say what is installed and what works here",
}
"""Programs of the package, each run as `python -m rlt.NAME`."""


def main() -> int:
    """Prints them; 2 where a word was given that is none of their names."""
    width = max(map(len, COMMANDS))
    for name, does in COMMANDS.items():
        print(f"python -m rlt.{name:<{width}}  {does}")
    print(f"\nEach says more with --help. {'The words after python -m rlt were not used.' if sys.argv[1:] else ''}".rstrip())
    return 2 if sys.argv[1:] else 0


if __name__ == "__main__":
    raise SystemExit(main())
