"""`python -m rlt.train +experiment=NAME [key=value …]`: trains, sweeps, resumes."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rlt.errors import RltError


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 0, 2 after a mistake that the message names, 130 or 143 after Ctrl-C or SIGTERM."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        from rlt.assembly import front

        return front.train(words)
    except RltError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    raise SystemExit(main())
