"""The type of every expression on one line, outermost last."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

from mypy.nodes import Expression, SuperExpr
from mypy.types import CallableType, FunctionLike, Type, get_proper_type

from rlt.errors import ConfigError
from rlt.shapes.mypy.texts import people


def reveal(
    path: str,
    line: int,
    text: str,
    theirs: Sequence[str],
    options_of: Callable[..., Any],
    build: Callable[..., Any],
) -> list[tuple[str, str]]:
    """Pairs of source and type, in the order in which they are worked out. ConfigError where mypy could not run."""
    build(*options_of([path], theirs))  # all but this file is in the cache afterwards: types are kept of it alone
    sources, options, plugins = options_of([path], theirs)
    options.export_types = True
    options.preserve_asts = True
    with tempfile.TemporaryDirectory() as folder:
        # One more line, so that what the cache holds of the file is stale.
        copy = os.path.join(folder, os.path.basename(path))
        with open(copy, "w", encoding="utf-8") as out:
            out.write(text + "\n# revealed\n")
        options.shadow_file = [[sources[0].path or path, copy]]
        result, messages = build(sources, options, plugins)
    if result is None:
        raise ConfigError(f"the type checker could not read {path}", *messages[:3])
    found: dict[tuple[int, int], tuple[str, str]] = {}
    lines = text.splitlines()
    for e, t in result.types.items():
        source = _source(e, line, lines)
        shown = _text(t)
        if source and source != "self" and shown is not None and not shown.endswith("]?"):
            found[e.end_column or 0, -e.column] = (source, shown)
    return [found[at] for at in sorted(found)]


def _source(e: Expression, line: int, lines: list[str]) -> str:
    """The text of an expression that lies on the line; empty for another."""
    if e.line != line or e.end_line != line or e.end_column is None or isinstance(e, SuperExpr):
        return ""
    raw = lines[line - 1].encode()
    return raw[e.column : e.end_column].decode(errors="replace")


def _text(t: Type) -> str | None:
    """A type in people's words; None for functions and classes."""
    p = get_proper_type(t)
    if isinstance(p, (CallableType, FunctionLike)):
        return None
    return people(str(p)).replace("builtins.", "")
