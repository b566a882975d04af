"""Words after a command: what they become, and what is said of wrong ones."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import Literal

import pytest

from rlt.assembly.arguments import Command, Words, help_page, parse, run
from rlt.errors import ConfigError


@dataclass(frozen=True)
class Options:
    """Options of a command that exists in this file alone."""

    out: str | None = None
    """Folder for what is written."""
    episodes: int = 100
    """Episodes to play."""
    deterministic: bool = True
    """Take the most likely action."""
    x: Literal["steps", "time"] = "steps"
    """What stands below the curve."""
    trust: tuple[str, ...] = ()
    """Packages that a run's names may import."""
    seeds: list[int] | None = None
    """Seeds to play."""


COMMAND = Command(
    "rlt.example", "Shows runs.\n\nIn two ways.", Options, Words("RUN…", "a run's folder", least=1, most=2),
    (("runs/a", "shows it"), ("runs/a x=time", "shows it over time")),
)


def parsed(*argv: str) -> tuple[list[str], Options]:
    return parse(Options, argv, command=COMMAND)


def test_words_and_keys_come_apart_in_any_order():
    words, options = parsed("episodes=1e3", "runs/a", "x=time", "runs/b", "deterministic=false")
    assert words == ["runs/a", "runs/b"]
    assert options == Options(episodes=1000, x="time", deterministic=False)


@pytest.mark.parametrize("text", ["2026", "yes", "2026-01-01", "[half", "a: b", "1e3"])
def test_text_stays_text_whatever_yaml_would_make_of_it(text):
    assert parsed("runs/a", f"out={text}")[1].out == text


def test_null_is_nothing_and_lists_need_no_brackets():
    assert parsed("runs/a", "out=null")[1].out is None
    assert parsed("runs/a", "trust=mine,yours")[1].trust == ("mine", "yours")
    assert parsed("runs/a", "trust=[mine]")[1].trust == ("mine",)
    assert parsed("runs/a", "seeds=null")[1].seeds is None
    assert parsed("runs/a", "seeds=1,2")[1].seeds == parsed("runs/a", "seeds=[1, 2]")[1].seeds == [1, 2]
    assert parsed("runs/a", "trust=1,2")[1].trust == ("1", "2")
    assert parsed("runs/a", "trust=")[1].trust == ()


def test_a_sweeps_folder_named_after_its_overrides_is_a_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "agent.lr=0.1,seed=0").mkdir()
    assert parsed("agent.lr=0.1,seed=0")[0] == ["agent.lr=0.1,seed=0"]


@pytest.mark.parametrize(
    ("argv", "what", "fix"),
    [
        (["runs/a", "episods=3"], "there is no key episods", "episodes"),
        (["runs/a", "--episodes=3"], "has no option --episodes=3", "episodes=3"),
        (["runs/a", "x=tim"], "x=tim is not among its values", "x=time"),
        (["runs/a", "episodes=many"], "episodes=many does not fit", "expected a whole number"),
        (["runs/a", "seeds=1,two"], "seeds[1]=two does not fit", "expected a whole number"),
        (["runs/a", "out=a", "out=b"], "out is given twice", "out=b"),
        ([], "needs RUN…", "python -m rlt.example runs/a"),
        (["a", "b", "c"], "takes RUN…", "at most 2"),
    ],
)
def test_a_mistake_is_named_with_its_fix(argv, what, fix):
    with pytest.raises(ConfigError) as caught:
        parsed(*argv)
    assert what in str(caught.value)
    assert fix in str(caught.value)


def test_an_error_of_the_user_is_two_lines_on_stderr_and_exit_code_two(capsys):
    assert run(COMMAND, ["runs/a", "episods=3"], lambda words, options: 0) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", "there is no key episods\n  fix: episodes\n")


def test_the_help_page_shows_every_key_with_default_and_doc_line(capsys):
    assert run(COMMAND, ["runs/a", "--help"], lambda words, options: 1) == 0
    page = capsys.readouterr().out
    keys = ("out=null", "episodes=100", "deterministic=true", "x=steps", "trust=")
    for text in ("RUN…", *keys, "Episodes to play.", "In two ways."):
        assert text in page
    assert page.rstrip() == help_page(COMMAND)
    assert max(map(len, page.splitlines())) <= 100


def test_the_mechanism_imports_no_torch():
    code = "import sys, rlt.assembly.arguments; assert not {'torch', 'gymnasium', 'hydra'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
