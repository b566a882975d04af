"""`python -m rlt` lists the programs that there are."""

from __future__ import annotations

import importlib.util

from rlt.__main__ import COMMANDS, main


def test_every_command_that_is_listed_is_there(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["rlt"])
    assert main() == 0
    listed = [line.split()[2] for line in capsys.readouterr().out.splitlines() if line.startswith("python -m ")]
    assert listed == [f"rlt.{name}" for name in COMMANDS]
    assert all(importlib.util.find_spec(name) for name in listed)
