"""One mypy process for all case files: reading torch takes it most of its time."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

CASES = Path(__file__).parent / "cases"
UNSEEN = Path(__file__).parents[1] / "unseen"
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
def run_checker(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[str]]:
    """Checks files with the plugin (or another in its place); all runs share a cache."""
    pytest.importorskip("mypy")
    from rlt import check

    folder = tmp_path_factory.mktemp("checker")
    config = folder / "mypy.ini"
    config.write_text("[mypy]\ncheck_untyped_defs = True\n", encoding="utf-8")

    def run(paths: Iterable[Path], plugin: type | None = None) -> list[str]:
        theirs = ["--config-file", str(config), "--cache-dir", str(folder / "cache"), "--hide-error-context"]
        sources, options, plugins = check._options([str(p) for p in paths], theirs)
        if plugin is not None:
            plugins = [plugin(options)]
        result, messages = check._build(sources, options, plugins)
        assert result is not None, messages
        return messages

    return run


@pytest.fixture(scope="session")
def all_files() -> list[Path]:
    return sorted(CASES.glob("*.py")) + sorted(UNSEEN.glob("*/*.py"))


@pytest.fixture(scope="session")
def messages(run_checker: Callable[..., list[str]], all_files: list[Path]) -> list[str]:
    """What the checker says of every case file and every unseen program."""
    return run_checker(all_files)


@pytest.fixture(scope="session")
def reports(messages: list[str]) -> Reports:
    return read_reports(messages)
