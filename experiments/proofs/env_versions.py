"""The environments' tests under several releases of Gymnasium."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

from experiments.proofs.packaging import sharing_environment
from experiments.proofs.proof import Result, kept, table

ROOT = Path(__file__).resolve().parents[2]
RELEASES = ("1.2.0", "1.2.3", "1.3.0", "1.4.0")


def gymnasium_versions(folder: Path, releases: tuple[str, ...] = RELEASES) -> Result:
    """Each release in an environment that shares every other package with this one."""
    parts = [kept(folder / f"{release}.json", partial(_tested, folder, release)) for release in releases]
    command = "pip install gymnasium==RELEASE && python -m pytest tests/envs"
    return Result(all(part[2] == "none" for part in parts), table(("gymnasium", "tests/envs", "failed"), parts), (command,))


def _tested(folder: Path, release: str) -> tuple[str, str, str]:
    python = sharing_environment(folder / f"gymnasium-{release}")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--ignore-installed"]
    subprocess.run([*pip, f"gymnasium=={release}"], check=True)
    words = [str(python), "-m", "pytest", "tests/envs", "-p", "no:xdist", "--tb=line"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    (folder / f"gymnasium-{release}.log").write_text(done.stdout + done.stderr)
    failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    fallback = "none" if done.returncode == 0 else f"exit code {done.returncode}"
    return release, done.stdout.strip().splitlines()[-1].strip("= "), ", ".join(failed) or fallback
