"""Every width of every network of the project, found in the source and made wrong by one.

A width is an argument by which a layer is as wide as it is: `in_features`, `out_channels`, `num_features` and so on of
torch's layers, the integers without default of the project's own blocks, a size of `nn.Unflatten`, and the sizes of the
tensors that a network holds as parameters or buffers. Layers that a function of the same file makes count as well.
"""

from __future__ import annotations

import ast
import functools
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import nn

from tests.house.source import modules

WIDTHS = {
    "in_features", "out_features", "in1_features", "in2_features", "in_channels", "out_channels", "num_features",
    "num_channels", "normalized_shape", "input_size", "hidden_size", "embedding_dim", "embed_dim", "unflattened_size", "d_model",
}
MAKERS = {"empty", "zeros", "ones", "full", "randn", "rand"}
"""Functions of torch that make a parameter's or a buffer's tensor."""


@dataclass(frozen=True)
class Width:
    """One place in a file whose number is made greater by one."""

    module: str
    layer: str
    """The call that has the width, as it is written."""
    parameter: str
    first: int
    last: int
    """Lines of that call."""
    begin: tuple[int, int]
    end: tuple[int, int]
    owner: str
    """The class that the call stands in; empty in a function beside the classes."""

    def __str__(self) -> str:
        return f"{self.module.removeprefix('rlt.')}.{self.owner or '-'}:{self.first} {self.layer} {self.parameter}"

    def mutated(self) -> str:
        """The file's text with this width one greater, line by line the same."""
        file = modules()[self.module]
        lines = [line.encode() for line in file.read_text(encoding="utf-8").splitlines(keepends=True)]
        (row, column), (last, stop) = self.begin, self.end
        lines[last - 1] = lines[last - 1][:stop] + b") + 1" + lines[last - 1][stop:]
        lines[row - 1] = lines[row - 1][:column] + b"(" + lines[row - 1][column:]
        return absolute(b"".join(lines).decode(), self.module)


def absolute(text: str, module: str) -> str:
    """Relative imports as absolute ones: the copy lies elsewhere."""
    package = module.split(".")[:-1]

    def full(found: re.Match[str]) -> str:
        up = package[: len(package) + 1 - len(found[1])]
        return f"from {'.'.join([*up, found[2]] if found[2] else up)} import"

    return re.sub(r"(?m)^from (\.+)(\S*) import", full, text)


@functools.cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


@functools.cache
def networks() -> dict[str, list[str]]:
    """For each module of the project, its classes that derive from `rlt.Module`, directly or not."""
    classes: dict[tuple[str, str], set[str]] = {}
    for name in modules():
        for node in tree_of(name).body:
            if isinstance(node, ast.ClassDef):
                classes[name, node.name] = {ast.unparse(base) for base in node.bases}
    found: set[tuple[str, str]] = set()
    known = {"rlt.Module"}
    while True:
        new = {key for key, bases in classes.items() if bases & known} - found
        if not new:
            break
        found |= new
        known |= {name for _, name in new}
    out: dict[str, list[str]] = {}
    for module, name in sorted(found):
        out.setdefault(module, []).append(name)
    return out


@functools.cache
def blocks() -> dict[str, dict[str, bool]]:
    """By class name, the parameters of the project's own networks in order, and whether each is an integer."""
    found: dict[str, dict[str, bool]] = {}
    for module, names in networks().items():
        for node in tree_of(module).body:
            if not isinstance(node, ast.ClassDef) or node.name not in names:
                continue
            for item in node.body:
                if isinstance(item, ast.FunctionDef) and item.name == "__init__":
                    given = [*item.args.args[1:], *item.args.kwonlyargs]
                    found[node.name] = {
                        a.arg: a.annotation is not None and ast.unparse(a.annotation) == "int" for a in given
                    }
    return found


@functools.cache
def all_widths() -> list[Width]:
    """In the order of the files."""
    return [width for module in networks() for width in _widths_of(module)]


def _widths_of(module: str) -> Iterator[Width]:
    for owner, function in _builders(module):
        for call in ast.walk(function):
            if isinstance(call, ast.Call):
                for parameter, value in _width_arguments(call):
                    yield Width(
                        module, ast.unparse(call.func), parameter, call.lineno, call.end_lineno or call.lineno,
                        (value.lineno, value.col_offset), (value.end_lineno or 0, value.end_col_offset or 0), owner,
                    )


def _builders(module: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    """The networks' constructors, and the functions of the file that they call, directly or not."""
    body = tree_of(module).body
    classes = [node for node in body if isinstance(node, ast.ClassDef) and node.name in networks()[module]]
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    own = [(node.name, item) for node in classes for item in node.body if isinstance(item, ast.FunctionDef)]
    waiting = [(name, item) for name, item in own if item.name == "__init__"]
    while waiting:
        owner, function = waiting.pop(0)
        yield owner, function
        named = dict.fromkeys(n.id for n in ast.walk(function) if isinstance(n, ast.Name) and n.id in functions)
        waiting += [("", functions.pop(name)) for name in named]


def _width_arguments(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    path = ast.unparse(call.func)
    name = path.rpartition(".")[2]
    if path == f"torch.{name}" and name in MAKERS and call.args:
        sizes = call.args[0].elts if isinstance(call.args[0], ast.Tuple) else call.args[:1] if name == "full" else call.args
        yield from ((f"size {i}", size) for i, size in enumerate(sizes) if not isinstance(size, ast.Starred))
        return
    for parameter, value in _bound(call, path, name).items():
        for i, part in enumerate(value.elts if isinstance(value, ast.Tuple) else [value]):
            yield (f"{parameter}[{i}]" if isinstance(value, ast.Tuple) else parameter), part


def _bound(call: ast.Call, path: str, name: str) -> dict[str, ast.expr]:
    kind: Any = getattr(nn, name, None) if path in (f"nn.{name}", f"torch.nn.{name}") else None
    if isinstance(kind, type) and issubclass(kind, nn.Module):
        names = list(inspect.signature(kind).parameters)
    elif path in blocks():
        names = list(blocks()[path])
    else:
        return {}
    given = dict(zip(names, call.args)) | {k.arg: k.value for k in call.keywords if k.arg}
    own = blocks().get(path, {})
    return {p: a for p, a in given.items() if not isinstance(a, ast.Starred) and (own.get(p) or (not own and p in WIDTHS))}


def label(width: Width) -> str:
    """As `str`, without the line: what lists of exceptions name."""
    return re.sub(r":\d+", "", str(width))


def in_a_loop(width: Width) -> bool:
    """Whether the layer stands in a loop: what is gathered there is used elsewhere, and messages name that place."""
    loops = (ast.For, ast.ListComp, ast.GeneratorExp)
    nodes = (node for node in ast.walk(tree_of(width.module)) if isinstance(node, loops))
    return any(node.lineno <= width.first <= (node.end_lineno or 0) for node in nodes)


def users(width: Width) -> list[tuple[str, int, int]]:
    """Networks of the file whose constructors call the function that the width stands in: name, first and last line."""
    tree = tree_of(width.module)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    reached = {name for name, node in functions.items() if node.lineno <= width.first <= (node.end_lineno or 0)}
    while more := {n for n, node in functions.items() if n not in reached and _names(node) & reached}:
        reached |= more
    found = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name in networks()[width.module]:
            inits = [item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__"]
            if any(_names(init) & reached for init in inits):
                found.append((node.name, node.lineno, node.end_lineno or 0))
    return found


def function_lines(width: Width) -> set[int]:
    """Lines of the function beside the classes that the width stands in."""
    functions = (node for node in tree_of(width.module).body if isinstance(node, ast.FunctionDef))
    spans = [range(f.lineno, (f.end_lineno or 0) + 1) for f in functions]
    return {line for span in spans if width.first in span for line in span}


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def places(width: Width) -> set[int]:
    """Lines where an error of this width belongs: its own call; the statements of the network's methods that use what the
    constructor made of it; and those that hand the result out."""
    lines = set(range(width.first, width.last + 1))
    for node in tree_of(width.module).body:
        if isinstance(node, ast.ClassDef) and node.name == width.owner:
            statements = [s for s in ast.walk(node) if isinstance(s, ast.stmt) and not hasattr(s, "body")]
            made = {
                ast.unparse(target)
                for s in statements if isinstance(s, ast.Assign) and s.lineno <= width.first <= (s.end_lineno or 0)
                for whole in s.targets for target in ast.walk(whole) if isinstance(target, ast.Attribute)
            } | {
                f"self.{call.args[0].value}"
                for s in statements if s.lineno <= width.first <= (s.end_lineno or 0)
                for call in ast.walk(s) if isinstance(call, ast.Call) and ast.unparse(call.func) == "self.register_buffer"
                if isinstance(call.args[0], ast.Constant)
            }
            for s in statements:
                uses = made & {ast.unparse(n) for n in ast.walk(s) if isinstance(n, ast.Attribute)}
                if uses or isinstance(s, ast.Return):
                    lines |= set(range(s.lineno, (s.end_lineno or 0) + 1))
    return lines
