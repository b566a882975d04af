"""`python -m rlt.check`: what it refuses, and in which words."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rlt import check


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


def test_without_mypy_the_message_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "mypy", None)
    monkeypatch.setitem(sys.modules, "mypy.build", None)
    assert check.main([]) == 2
    assert "pip install 'rlt[check]'" in capsys.readouterr().err
