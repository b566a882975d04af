"""Copies of the project's network files with one width made wrong: written, loaded, built."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from torch import nn

from tests.house.source import modules
from tests.shapes.widths import Width, absolute, networks


def write(width: Width | None, module: str, name: str, folder: Path) -> Path:
    """The copy, mutated or (without a width) as it is."""
    path = folder / f"{name}.py"
    text = absolute(modules()[module].read_text(encoding="utf-8"), module) if width is None else width.mutated()
    path.write_text(text, encoding="utf-8")
    return path


@contextmanager
def loaded(path: Path, check: str) -> Iterator[ModuleType]:
    """The copy, imported with the checks on or off."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RLT_CHECK", check)
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        patch.setitem(sys.modules, path.stem, module)
        spec.loader.exec_module(module)
        yield module


def classes(width: Width, module: ModuleType) -> list[type[nn.Module]]:
    """Networks that have the width: the class that it stands in, or all of the file where it stands in a function."""
    return [getattr(module, name) for name in ([width.owner] if width.owner else networks()[width.module])]


def looks(network: nn.Module) -> tuple[Any, ...]:
    """What differs between two networks of which one has another width."""
    return repr(network), [tuple(t.shape) for t in network.state_dict().values()]
