"""The checker's case files under several releases of mypy.

    python experiments/proofs/mypy_versions.py FOLDER 1.20.2 2.0.0 2.4.1

Makes a small environment with nothing but mypy for each release in FOLDER; torch is read from the environment that runs
this program. Prints, for each release, the bugs reported on their lines and the lines of correct code reported.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "shapes" / "static" / "cases"


def environment(folder: Path, release: str) -> Path:
    """The interpreter of an environment that holds this release of mypy."""
    home = folder / f"mypy-{release}"
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
    have = subprocess.run([str(python), "-m", "mypy", "--version"], capture_output=True, text=True, check=False)
    if have.returncode:
        free = {k: v for k, v in os.environ.items() if k != "PIP_CONSTRAINT"}
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", f"mypy=={release}"], check=True, env=free)
    return python


def reported(python: Path, folder: Path) -> dict[str, set[int]]:
    config = folder / "versions.ini"
    config.write_text("[mypy]\nplugins = rlt.mypy_plugin\ncheck_untyped_defs = True\n", encoding="utf-8")
    command = [str(python), "-m", "mypy", "--config-file", str(config), "--python-executable", sys.executable]
    command += ["--cache-dir", str(python.parents[1] / "cache"), *map(str, sorted(CASES.glob("*.py")))]
    variables = os.environ | {"PYTHONPATH": str(ROOT), "MYPYPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, env=variables, check=False)
    if done.returncode == 2:
        sys.exit(f"mypy could not run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    found: dict[str, set[int]] = defaultdict(set)
    for line in done.stdout.splitlines():
        parts = re.match(r"(.*?):(\d+): error: ", line)
        if parts is not None and CASES.name in parts[1]:
            found[Path(parts[1]).name].add(int(parts[2]))
    return found


def main() -> int:
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    worst = 0
    for release in sys.argv[2:]:
        found = reported(environment(folder, release), folder)
        bugs = caught = wrong = 0
        for path in sorted(CASES.glob("*.py")):
            lines = path.read_text(encoding="utf-8").splitlines()
            marked = {i for i, line in enumerate(lines, 1) if "# BUG" in line}
            bugs += len(marked)
            caught += len(marked & found[path.name])
            wrong += len(found[path.name] - marked)
            for line in sorted(marked ^ found[path.name]):
                print(f"  mypy {release}: {path.name}:{line} {'missed' if line in marked else 'reported'}")
        print(f"mypy {release}: {caught} of {bugs} bugs on their lines, {wrong} other lines")
        worst = max(worst, bugs - caught + wrong)
    return 0 if worst == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
