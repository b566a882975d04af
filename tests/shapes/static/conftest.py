"""One run of mypy for all case files, the project and its spoilt copies: reading torch takes it most of its time."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import pytest
from filelock import FileLock

from rlt.store.atomic import write_text
from tests.house.source import ROOT
from tests.shapes.mutants import write
from tests.shapes.widths import all_widths, networks

CASES = Path(__file__).parent / "cases"
UNSEEN = Path(__file__).parents[1] / "unseen"
_ALL = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth")
SETS = _ALL if os.environ.get("RLT_UNSEEN") == "all" else ("first", "eleventh")
"""The sets of unseen bugs that are read: each costs mypy some seconds; `make prove AREA=typed` reads all."""
CONFIGURATION = """\
[mypy]
check_untyped_defs = True
ignore_missing_imports = True
# No network names what is in these, and reading them takes longer than all the rest; `make lint` reads them too.
[mypy-torch.ao.*,torch.distributed.*,torch.fx.experimental.*,torch.onnx.*,torch.testing.*,sympy.*,torch.package.*,torch.profiler.*]
follow_imports = skip
[mypy-mypy.*,onnx.*,onnxscript.*,onnx_ir.*,onnxruntime.*,matplotlib.*,PIL.*,pygame.*,rich.*,markdown_it.*,hydra.*,omegaconf.*]
follow_imports = skip
"""
Reports = dict[str, dict[int, list[str]]]
"""For each file, by its name: messages by line."""


def marked(path: Path, *marks: str) -> set[int]:
    """Lines that carry one of the marks."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {i for i, line in enumerate(lines, 1) if any(f"# {mark}" in line for mark in marks)}


def read_reports(messages: Iterable[str]) -> Reports:
    found: Reports = defaultdict(lambda: defaultdict(list))
    for message in messages:
        parts = re.match(r"(.*?):(\d+): error: (.*)", message)
        if parts is not None:
            found[Path(parts[1]).name][int(parts[2])].append(parts[3])
    return found


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all test processes of this run: reading torch takes longer than all checks."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "checker"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def run_checker(shared: Path) -> Callable[..., list[str]]:
    """Checks files with the plugin (or another in its place); all runs share a cache."""
    pytest.importorskip("mypy")
    return partial(checked, shared)


def checked(shared: Path, paths: Iterable[Path | str], plugin: type | None = None) -> list[str]:
    from rlt import check

    config = shared / "mypy.ini"
    config.write_text(CONFIGURATION, encoding="utf-8")
    theirs = ["--config-file", str(config), "--cache-dir", str(shared / "cache"), "--hide-error-context"]
    sources, options, plugins = check._options([str(p) for p in paths], theirs)
    if plugin is not None:
        plugins = [plugin(options)]
    with FileLock(shared / "lock"):  # mypy's cache is for one process at a time
        result, messages = check._build(sources, options, plugins)
    assert result is not None, messages
    return messages


@pytest.fixture(scope="session")
def all_files() -> list[Path]:
    return sorted(CASES.glob("*.py")) + [f for name in SETS for f in sorted((UNSEEN / name).glob("*.py"))]


@pytest.fixture(scope="session")
def messages(all_files: list[Path], shared: Path) -> list[str]:
    """What the checker says of every case file, every unseen program, the project, and each copy of a network of the
    project as it is (`plain_…`) and with one width wrong (`mutant_…`); asked by the test process that comes first, of one
    of its own: what mypy keeps of all torch would slow down each test that follows."""
    pytest.importorskip("mypy")
    found, copies = shared / "messages.json", shared / "copies"
    with FileLock(shared / "messages.lock"):
        if not found.exists():
            copies.mkdir()
            paths = [write(None, module, f"plain_{i}", copies) for i, module in enumerate(networks())]
            paths += [write(width, width.module, f"mutant_{i}", copies) for i, width in enumerate(all_widths())]
            asked = [*all_files, *paths, ROOT / "rlt", ROOT / "experiments"]
            command = [sys.executable, "-m", "tests.shapes.static.conftest", str(shared), *map(str, asked)]
            write_text(found, subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout)
    said: list[str] = json.loads(found.read_text(encoding="utf-8"))
    return said


def of_files(messages: Iterable[str], files: Iterable[Path]) -> list[str]:
    """The messages about these files and those in these folders."""
    return [m for m in messages if any(Path(m.partition(":")[0]).resolve().is_relative_to(f) for f in files)]


@pytest.fixture(scope="session")
def reports(messages: list[str]) -> Reports:
    return read_reports(messages)


if __name__ == "__main__":
    print(json.dumps(checked(Path(sys.argv[1]), sys.argv[2:])))
