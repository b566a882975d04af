"""Copies of the checkout, wheels, new environments, and a folder that uses rlt as a stranger would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import textwrap
from collections.abc import Sequence
from pathlib import Path


def tracked(checkout: Path) -> list[Path]:
    """What git has of `checkout`, and what it would add: relative paths."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=checkout, capture_output=True, text=True, check=True).stdout
    return [Path(name) for name in listed.split("\0") if name and os.path.lexists(checkout / name)]


def copy_checkout(source: Path, target: Path) -> Path:
    """What git would hand out of `source` as it stands now, uncommitted work included; links stay links."""
    for path in tracked(source):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / path, target / path, follow_symlinks=False)
    return target


def links_to_text(checkout: Path) -> Path:
    """Makes of each link a file that holds its target: what git does where core.symlinks is false."""
    for path in [p for p in checkout.rglob("*") if p.is_symlink()]:
        target = os.readlink(path)
        path.unlink()
        path.write_text(target)
    return checkout


def sharing_environment(folder: Path) -> Path:
    """The interpreter of a new virtual environment that sees the packages of this one, but for what it installs itself."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], capture_output=True, text=True, check=True
    )
    # The packages of this environment come after the new one's own. Its .pth files (an editable rlt) are not read there.
    (Path(site.stdout.strip()) / "shared.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def build_wheel(checkout: Path, target: Path) -> Path:
    """The wheel of `checkout`, built with the setuptools that is here: nothing is downloaded."""
    _pip(sys.executable, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", target, checkout)
    (wheel,) = target.glob("rlt-*.whl")
    return wheel


def install(python: Path, *what: str | Path) -> None:
    """Installs into the environment of `python`, without dependencies: it shares those that are here."""
    _pip(python, "install", "--no-deps", "--no-build-isolation", "--no-index", "--ignore-installed", *what)


def _pip(python: Path | str, *words: str | Path) -> None:
    pip = [sys.executable, "-m", "pip", "--python", python, "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, *words], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"pip {' '.join(map(str, words))}\n{done.stderr}")


EXPERIMENT = """\
# @package _global_
# A stranger's own task.
total_steps: 2048
env:
  id: CartPole-v1
  num_envs: 4
agent:
  n_steps: 64
  minibatch_size: 64
"""
NETWORK = """\
from torch import Tensor, nn


class Mine(nn.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 16) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(obs_dim, hidden), nn.Tanh())
        self.policy, self.value = nn.Linear(hidden, n_actions), nn.Linear(hidden, 1)

    def forward(self, obs: Tensor) -> tuple[Tensor, Tensor]:
        features = self.body(obs)
        return self.policy(features), self.value(features).squeeze(-1)
"""


def strangers_folder(folder: Path) -> Path:
    """A working directory with its own `models/`, `agents/`, `envs/` and `configs/experiment/mine.yaml`."""
    for name in ("models", "agents", "envs"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(f'"""Not rlt\'s {name}."""\n')
    (folder / "models" / "mine.py").write_text(NETWORK)
    (folder / "configs" / "experiment").mkdir(parents=True)
    (folder / "configs" / "experiment" / "mine.yaml").write_text(EXPERIMENT)
    return folder


def run_in(folder: Path, python: Path | str, words: Sequence[str], pythonpath: Path | None = None) -> str:
    """Standard output and error of one command. RuntimeError, with both, where it fails."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"PYTHONPATH": str(pythonpath)} if pythonpath else {}
    done = subprocess.run(
        [str(python), *words], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}\n{textwrap.indent(done.stdout[-4000:], '  ')}")
    return done.stdout
