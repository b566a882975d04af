"""Where in the user's files a layer of a network was written.

Found only when there is something to say: the class's source is parsed, nothing is recorded while networks are built.
"""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import os
import sys
from dataclasses import dataclass
from types import FrameType
from typing import TypeGuard

from torch import nn

from rlt.shapes.syntax import parse, source_lines


@dataclass(frozen=True)
class Place:
    """A line of a file."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{os.path.basename(self.file)}:{self.line}"

    @property
    def text(self) -> str:
        return linecache.getline(self.file, self.line).strip()


def is_ours(file: str) -> bool:
    """Whether a frame is torch's or this package's own machinery, which no message shows."""
    here = os.path.dirname(os.path.abspath(__file__))
    return f"{os.sep}torch{os.sep}" in file or file.startswith((here + os.sep, "<shape checks", "<frozen"))


def user_place() -> Place | None:
    """The innermost line of the user's that is running."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return Place(frame.f_code.co_filename, frame.f_lineno) if frame is not None else None


def place_of(network: nn.Module) -> Place:
    """Where a network's forward is written."""
    code = inspect.unwrap(type(network).forward).__code__
    return Place(code.co_filename, code.co_firstlineno)


def find_layer(root: nn.Module, path: str, called_from: Place | None = None) -> Place | None:
    """Where the module at `path` in `root` was made; None where that cannot be told."""
    owner: nn.Module = root
    rest = path.split(".") if path else []
    steps: list[tuple[nn.Module, str]] = []
    for name in rest:
        steps.append((owner, name))
        owner = owner.get_submodule(name)
    inner: list[str] = []
    for parent, name in reversed(steps):
        if type(parent).__module__.startswith("torch.nn"):
            inner.insert(0, name)
            continue
        return _in_class(type(parent), name, inner, type(owner).__name__)
    return _in_caller(root, rest, type(owner).__name__, called_from)


def _in_class(cls: type, attribute: str, inner: list[str], wanted: str) -> Place | None:
    """The layer that a method of the class (or of a base) assigns to `self.attribute`, then `inner` steps into it."""
    for base in cls.__mro__:
        if base.__module__.startswith("torch."):
            break
        parsed = _parsed_class(base)
        if parsed is None:
            continue
        file, tree, offset = parsed
        for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)):
            for node in ast.walk(function):
                value = _assigned(node, attribute)
                if value is not None:
                    found: ast.expr = _inside(value, inner, wanted, function)
                    return Place(file, found.lineno + offset)
    return None


@functools.lru_cache(maxsize=256)
def _parsed_class(cls: type) -> tuple[str, ast.AST, int] | None:
    try:
        lines, start = source_lines(cls)
        file = inspect.getsourcefile(cls)
    except (OSError, TypeError):
        return None
    source = "".join(lines)
    indent = len(lines[0]) - len(lines[0].lstrip())
    try:
        tree = parse("\n".join(line[indent:] if line[:indent].isspace() or not indent else line for line in source.split("\n")))
    except SyntaxError:
        return None
    return (file, tree, start - 1) if file else None


def _assigned(node: ast.AST, attribute: str) -> ast.expr | None:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            pairs = (
                zip(target.elts, node.value.elts)
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
                else [(target, node.value)]
            )
            for t, value in pairs:
                if isinstance(t, ast.Attribute) and t.attr == attribute:
                    return value
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Attribute) and node.target.attr == attribute:
        return node.value
    return None


def _inside(value: ast.expr, inner: list[str], wanted: str, scope: ast.AST) -> ast.expr:
    """The call for element `inner` of nested Sequentials and lists, as far as it is written out."""
    node: ast.expr = value
    for step in inner:
        items = _items(node)
        if (
            step.isdigit()
            and items
            and not any(isinstance(i, ast.Starred) for i in items[: int(step) + 1])
            and int(step) < len(items)
        ):
            node = items[int(step)]
            continue
        calls = [n for n in ast.walk(node) if _is_call(n, wanted)] or [n for n in ast.walk(scope) if _is_call(n, wanted)]
        return calls[0] if len(calls) == 1 else node
    return node


def _items(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.Call):
        if len(node.args) == 1 and isinstance(node.args[0], (ast.List, ast.Tuple)):
            return node.args[0].elts
        if len(node.args) == 1 and isinstance(node.args[0], ast.Dict):
            return list(node.args[0].values)
        return node.args
    return node.elts if isinstance(node, (ast.List, ast.Tuple)) else []


def _is_call(node: ast.AST, name: str) -> TypeGuard[ast.Call]:
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    return (function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")) == name


def _in_caller(root: nn.Module, inner: list[str], wanted: str, called_from: Place | None) -> Place | None:
    """A network that is a plain Sequential: the last one written before the call whose layers have the same classes."""
    if called_from is None or not inner:
        return None
    try:
        tree = parse("".join(linecache.getlines(called_from.file)))
    except SyntaxError:
        return None
    classes = [type(m).__name__ for m in root.children()]
    written = [
        node
        for node in ast.walk(tree)
        if _is_call(node, type(root).__name__)
        and len(_items(node)) == len(classes)
        and all(_is_call(item, c) for item, c in zip(_items(node), classes))
    ]
    above = [node for node in written if node.lineno <= called_from.line]
    if not above and len(written) != 1:
        return None
    best = max(above or written, key=lambda node: node.lineno)
    return Place(called_from.file, _inside(best, inner, wanted, best).lineno)
