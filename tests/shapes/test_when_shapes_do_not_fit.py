"""The page `when-shapes-do-not-fit.md` shows what its code says. Run this file as a script to write the messages anew."""

from __future__ import annotations

import importlib.util
import re
import sys
import tempfile
from pathlib import Path

import pytest

from rlt.errors import ShapeError

PAGE = Path(__file__).parents[2] / "rlt" / "shapes" / "when-shapes-do-not-fit.md"
EXAMPLE = re.compile(r"## (\d+\. [^\n]*)\n(.*?)```python\n(.*?)```\n```text\n(.*?)```\n", re.DOTALL)
SETUP = re.compile(r"```python\n(.*?)```\n", re.DOTALL)


def message_of(setup: str, code: str, folder: Path) -> str:
    """What a user sees who runs `code` as `net.py`."""
    file = folder / "net.py"
    file.write_text(code)
    spec = importlib.util.spec_from_file_location("net", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    exec(setup, module.__dict__)
    sys.modules["net"] = module
    try:
        spec.loader.exec_module(module)
    except ShapeError as error:
        return f"ShapeError: {error}\n"
    finally:
        del sys.modules["net"]
    return "no error\n"


def examples() -> list[tuple[str, str, str]]:
    return [(title, code, text) for title, _, code, text in EXAMPLE.findall(PAGE.read_text())]


def setup() -> str:
    found = SETUP.search(PAGE.read_text())
    assert found is not None
    return found[1]


@pytest.mark.parametrize(("title", "code", "text"), examples(), ids=lambda v: v if v[:1].isdigit() else "")
def test_the_page_shows_what_its_code_says(title, code, text, tmp_path):
    assert message_of(setup(), code, tmp_path) == text
    assert len(text.splitlines()) <= 12


def test_there_are_ten_examples_each_of_which_fails():
    assert len(examples()) == 10
    assert all(text.startswith("ShapeError: ") for _, _, text in examples())


def write() -> None:
    def renewed(found: re.Match[str]) -> str:
        title, between, code, _ = found.groups()
        with tempfile.TemporaryDirectory() as folder:
            text = message_of(setup(), code, Path(folder))
        return f"## {title}\n{between}```python\n{code}```\n```text\n{text}```\n"

    PAGE.write_text(EXAMPLE.sub(renewed, PAGE.read_text()))


if __name__ == "__main__":
    write()
