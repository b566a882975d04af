"""`python -m rlt.check`: what it refuses, and in which words."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from rlt import check
from tests.house.source import ROOT
from tests.shapes.static.conftest import of_files

TOP = ("rlt", "agents", "envs", "experiments")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.py"], "there is no file or folder nowhere.py"),
        (["--reveal", "nets.py"], "--reveal takes FILE:LINE, got nets.py"),
        (["--reveal", "nowhere.py:3"], "there is no file nowhere.py"),
    ],
)
def test_what_cannot_be_done_is_said_and_ends_with_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check.main(arguments) == 2
    assert capsys.readouterr().err.startswith(message)


def test_a_line_beyond_the_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "nets.py"
    program.write_text("x = 1\n", encoding="utf-8")
    assert check.main(["--reveal", f"{program}:7"]) == 2
    assert "has no line 7" in capsys.readouterr().err


NET = """\
import rlt
from rlt.types import Float, Tensor
from torch import nn


class Net(rlt.Module):
    def __init__(self, n: int) -> None:
        super().__init__()
        self.body = nn.Linear(n, 32)
        self.head = nn.Linear(32, 4)

    def forward(self, x: Float[Tensor, "batch n"]) -> Float[Tensor, "batch 4"]:
        return self.head(self.body(x) * 2)
"""


@pytest.fixture
def with_cache(run_checker: Callable[..., list[str]], messages: list[str], shared: Path) -> list[str]:
    """Words for mypy: the configuration and the cache of the other tests."""
    return ["--", "--config-file", str(shared / "mypy.ini"), "--cache-dir", str(shared / "cache")]


@pytest.mark.slow
def test_reveal_shows_the_shape_of_every_expression_of_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], with_cache: list[str], shared: Path
) -> None:
    program = tmp_path / "net_to_look_at.py"
    program.write_text(NET, encoding="utf-8")
    with FileLock(shared / "lock"):
        assert check.main(["--reveal", f"{program}:13", *with_cache]) == 0
    shown = [re.split(r"  +", line.strip(), maxsplit=1) for line in capsys.readouterr().out.splitlines()[1:]]
    assert ["x", "Float[Tensor, 'batch n']"] in shown
    assert ["self.body(x) * 2", "Float[Tensor, 'batch 32']"] in shown
    assert ["self.head(self.body(x) * 2)", "Float[Tensor, 'batch 4']"] in shown
    assert ["self.body", "Linear(in_features=n, out_features=32)"] in shown


@pytest.mark.slow
@pytest.mark.parametrize(("change", "status", "said"), [("", 0, "nothing found in 1 file"), ("+ 1", 1, "1 mistake in 1 file")])
def test_the_exit_status_says_whether_something_was_found(
    change: str, status: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], with_cache: list[str], shared: Path
) -> None:
    program = tmp_path / f"net_{status}.py"
    program.write_text(NET.replace("nn.Linear(32, 4)", f"nn.Linear(32{change}, 4)"), encoding="utf-8")
    with FileLock(shared / "lock"):
        assert check.main([str(program), *with_cache]) == status
    assert capsys.readouterr().out.splitlines()[-1] == said


@pytest.mark.slow
def test_nothing_is_found_in_the_project(messages: list[str]) -> None:
    assert [m for m in of_files(messages, [ROOT / top for top in TOP]) if ": error: " in m] == []


def test_without_mypy_the_message_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "mypy", None)
    monkeypatch.setitem(sys.modules, "mypy.build", None)
    assert check.main([]) == 2
    assert "pip install 'rlt[check]'" in capsys.readouterr().err
