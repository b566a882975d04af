import re
from pathlib import Path
from typing import Any

PAGE = (Path(__file__).parents[2] / "envs" / "README.md").read_text()


def test_the_pages_code_runs(capsys):
    names: dict[str, Any] = {"__name__": "page"}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.S):
        exec(compile(block, "envs/README.md", "exec"), names)
    assert names["step"].obs.shape == (4, 8)
    report = capsys.readouterr().out
    assert "its state restores to the bit" in report
    assert "wrong" not in report
    assert names["env"].reset(0).shape == (8, 1)


def test_the_page_names_every_backend():
    from rlt.envs.factory import BACKENDS

    assert all(f"| `{backend}` |" in PAGE for backend in BACKENDS)
