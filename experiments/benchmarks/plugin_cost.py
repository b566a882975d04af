"""What the shape plugin costs: processor time of a cold mypy run with it against without it.

    python experiments/benchmarks/plugin_cost.py [PATHS] [--repeat N] [--same-modules]

With the plugin mypy leaves torch's compiler unread; `--same-modules` makes it read as much with as without.

Each run starts with an empty cache; runs with and without alternate and the least time of each counts. Processor time
of the child, not wall time, so that a busy machine does not decide. Prints one line: with, without, ratio.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from rlt.shapes.mypy.following import UNREAD

ROOT = Path(__file__).resolve().parents[2]


def cold_run(paths: list[str], plugin: bool, same_modules: bool = False) -> float:
    """Seconds of processor time."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "mypy.ini"
        lines = ["[mypy]", "ignore_missing_imports = True", *(["plugins = rlt.mypy_plugin"] if plugin else [])]
        if same_modules:
            lines += [line for pattern in UNREAD for line in (f"[mypy-{pattern}]", "follow_imports = normal")]
        config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = [sys.executable, "-m", "mypy", "--config-file", str(config), "--cache-dir", str(Path(folder) / "c")]
        variables = os.environ | {"PYTHONPATH": str(ROOT), "MYPYPATH": str(ROOT)}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*command, *paths], capture_output=True, env=variables, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", default=[str(ROOT / "tests/shapes/static/cases")])
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--same-modules", action="store_true")
    given = parser.parse_args()
    times: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(given.repeat):
        for plugin in (False, True):
            times[plugin].append(cold_run(given.paths, plugin, given.same_modules))
    with_it, without = min(times[True]), min(times[False])
    print(f"cold mypy: {with_it:.1f} s with the plugin, {without:.1f} s without, ratio {with_it / without:.3f}")
    return 0 if with_it / without <= 1.1 else 1


if __name__ == "__main__":
    sys.exit(main())
