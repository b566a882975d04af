"""What the shape plugin reports in libraries that were written without it: error lines with it against without it.

    python experiments/proofs/false_alarms.py FOLDER

FOLDER holds the sources of stable-baselines3, sb3-contrib, tianshou and torchvision; what is missing is installed into
it without dependencies (mypy reads sources only). The torchvision release is the one for torch 2.13.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

PEERS = {
    "stable_baselines3": "stable-baselines3",
    "sb3_contrib": "sb3-contrib",
    "tianshou": "tianshou",
    "torchvision": "torchvision==0.28.0",
}
CHECKED = ("stable_baselines3", "sb3_contrib", "tianshou", "torchvision/models")
CONFIG = """[mypy]
ignore_missing_imports = True
check_untyped_defs = True
"""


def install(folder: Path) -> None:
    missing = [requirement for package, requirement in PEERS.items() if not (folder / package).is_dir()]
    if missing:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), *missing]
        subprocess.run(command, check=True)


def errors(folder: Path, plugin: bool) -> tuple[set[str], int, float]:
    """Error lines without their numbers' neighbours: file, line and text; files checked; seconds."""
    name = "with" if plugin else "without"
    config = folder / f"{name}.ini"
    config.write_text(CONFIG + ("plugins = rlt.mypy_plugin\n" if plugin else ""), encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--config-file", str(config), "--cache-dir", str(folder / f"cache_{name}")]
    command += ["--hide-error-context", "--no-error-summary", *(str(folder / c) for c in CHECKED)]
    root = str(Path(__file__).resolve().parents[2])
    environment = os.environ | {"MYPYPATH": os.pathsep.join((str(folder), root)), "PYTHONPATH": root}
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    seconds = time.perf_counter() - start
    if done.returncode == 2:
        sys.exit(f"mypy could not run {name} the plugin:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    found = {line for line in done.stdout.splitlines() if ": error: " in line}
    files = sum(len(list((folder / c).rglob("*.py"))) for c in CHECKED)
    return found, files, seconds


def place(line: str) -> str:
    """File and line number: the text of a message may name a type that has become more precise."""
    found = re.match(r"(.*?:\d+): error: ", line)
    return found.group(1) if found else line


def main() -> int:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    install(folder)
    before, files, slow = errors(folder, plugin=False)
    after, _, slower = errors(folder, plugin=True)
    known = {place(line) for line in before}
    new = sorted(line for line in after if place(line) not in known)
    gone = sorted({place(line) for line in before} - {place(line) for line in after})
    print(f"{files} files; {len(before)} errors without the plugin ({slow:.0f} s), {len(after)} with ({slower:.0f} s)")
    print(f"{len(new)} new lines, {len(gone)} lines no longer there")
    for line in new:
        print(f"  {line}")
    return 0 if len(new) <= 2 else 1


if __name__ == "__main__":
    sys.exit(main())
