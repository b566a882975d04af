"""The plugin as a guest in mypy: it never stops it, it survives its cache, it needs no torch."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.shapes.static.conftest import CASES, of_files

pytestmark = pytest.mark.slow  # they wait for one run of mypy over torch

PROGRAM = '''
import torch
from torch import nn
from rlt.types import Float, Tensor


def f(x: Float[Tensor, "b 3"]) -> Float[Tensor, "b 4"]:
    y = torch.relu(nn.Linear(3, 4)(x))
    wrong: int = "text"
    return nn.Linear(5, 4)(y)
'''


def test_a_second_run_from_the_cache_says_the_same(
    run_checker: Callable[..., list[str]], messages: list[str], all_files: list[Path]
) -> None:
    assert run_checker(all_files) == of_files(messages, all_files)


def test_a_file_is_judged_alike_beside_cached_ones_and_alone(
    run_checker: Callable[..., list[str]], messages: list[str], tmp_path: Path
) -> None:
    again = tmp_path / "networks_again.py"
    again.write_text((CASES / "networks_bugs.py").read_text(encoding="utf-8"), encoding="utf-8")
    first = [m.partition(": ")[2] for m in messages if "networks_bugs.py" in m]
    assert [m.partition(": ")[2] for m in run_checker([again]) if "networks_again.py" in m] == first


@pytest.mark.parametrize("broken", ["get_function_hook", "get_method_hook", "get_attribute_hook"])
def test_a_fault_in_a_hook_does_not_stop_mypy(
    broken: str, run_checker: Callable[..., list[str]], messages: list[str], tmp_path: Path
) -> None:
    from rlt.shapes.mypy import plugin as ours

    def fault(ctx: Any) -> Any:
        raise ZeroDivisionError

    class Broken(ours.ShapePlugin):
        pass

    def hook(self: Any, fullname: str) -> Any:
        return ours._guarded(fault)

    setattr(Broken, broken, hook)
    program = tmp_path / f"program_{broken}.py"
    program.write_text(PROGRAM, encoding="utf-8")
    found = run_checker([program], plugin=Broken)
    assert any('"str", variable has type "int"' in m for m in found)


def test_a_fault_in_reading_an_annotation_leaves_its_plain_meaning(
    run_checker: Callable[..., list[str]], messages: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rlt.shapes.mypy import plugin as ours

    def fault(ctx: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(ours, "annotated", fault)
    program = tmp_path / "program_annotation.py"
    program.write_text(PROGRAM, encoding="utf-8")
    found = [m for m in run_checker([program]) if program.name in m]
    assert any('"str", variable has type "int"' in m for m in found)
    assert not any("[return-value]" in m for m in found)


def test_a_fault_is_shown_where_it_is_asked_for(
    run_checker: Callable[..., list[str]], messages: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rlt.shapes.mypy import plugin as ours

    def fault(ctx: Any) -> Any:
        raise ZeroDivisionError("a fault of the plugin")

    class Broken(ours.ShapePlugin):
        def get_function_hook(self, fullname: str) -> Any:
            return ours._guarded(fault)

    program = tmp_path / "program_shown.py"
    program.write_text(PROGRAM, encoding="utf-8")
    monkeypatch.setenv("RLT_PLUGIN_DEBUG", "1")
    with pytest.raises((ZeroDivisionError, SystemExit)):
        run_checker([program], plugin=Broken)


def test_the_plugin_imports_no_torch() -> None:
    code = "import sys, rlt.mypy_plugin; print([m for m in ('torch', 'jaxtyping', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_plugin_adds_no_section_that_mypy_calls_unused() -> None:
    from mypy.options import Options

    from rlt.shapes.mypy.plugin import ShapePlugin

    options: Any = Options()
    ShapePlugin(options)
    unused = options.get_unused_configs() if hasattr(options, "get_unused_configs") else options.unused_configs
    assert unused == set()
    assert options.clone_for_module("rlt.nn.mlp").preserve_asts
    assert not options.clone_for_module("torch.nn").preserve_asts


def test_torchs_compiler_is_not_read_unless_the_settings_say_so() -> None:
    from mypy.options import Options

    from rlt.shapes.mypy.plugin import ShapePlugin

    options: Any = Options()
    options.per_module_options["torch._dynamo.*"] = {"follow_imports": "silent"}
    ShapePlugin(options)
    asked = ("torch._dynamo.eval_frame", "torch._inductor", "torch.nn")
    said = {name: options.clone_for_module(name).follow_imports for name in asked}
    assert said == {"torch._dynamo.eval_frame": "silent", "torch._inductor": "skip", "torch.nn": "normal"}
