"""What the checkout consists of: its packages, its modules and what each of them imports, read without running any."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOP = ("agents", "configs", "envs", "models")
"""Top folders that are imported as rlt.agents and so on."""


@dataclass(frozen=True)
class Import:
    """One imported module of rlt's, or a foreign one by its full name."""

    target: str
    line: int
    typing: bool
    """It stands under TYPE_CHECKING: the type checker follows it, a running program does not."""
    level: int
    """Dots of a relative import; 0: absolute."""
    deferred: bool = False
    """It stands in a function: it runs after the module is whole."""


@functools.cache
def modules() -> dict[str, Path]:
    """Import name to file, for everything that the wheel holds."""
    folders = {"rlt": ROOT / "rlt"} | {f"rlt.{top}": ROOT / top for top in TOP if (ROOT / top).is_dir()}
    found: dict[str, Path] = {}
    for name, folder in folders.items():
        for file in sorted(_python_files(folder)):
            parts = [name, *file.relative_to(folder).with_suffix("").parts]
            found[".".join(parts).removesuffix(".__init__")] = file
    return found


def _python_files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_symlink() or path.name == "__pycache__":
            continue
        if path.is_dir():
            yield from _python_files(path)
        elif path.suffix == ".py":
            yield path


def packages() -> set[str]:
    """Import names of the folders that hold Python."""
    return {name for name, file in modules().items() if file.name == "__init__.py"}


def shown(file: Path) -> str:
    return str(file.relative_to(ROOT))


@functools.cache
def imports_of(name: str, file: Path) -> tuple[Import, ...]:
    """Every import of a module, wherever it stands in the file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    guarded = _inside(node for node in ast.walk(tree) if is_type_checking(node))
    functions = _inside(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    found = []
    for node in ast.walk(tree):
        typing, deferred = id(node) in guarded, id(node) in functions
        if isinstance(node, ast.Import):
            found += [Import(alias.name, node.lineno, typing, 0, deferred) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = _origin(node, package)
            for alias in node.names:
                inner = f"{origin}.{alias.name}"  # `from rlt import registry` names a module, `from x import f` does not
                found.append(Import(inner if inner in modules() else origin, node.lineno, typing, node.level, deferred))
    return tuple(found)


def _inside(nodes: Iterable[ast.AST]) -> set[int]:
    return {id(inner) for node in nodes for inner in ast.walk(node)}


def _origin(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*parts, *([node.module] if node.module else [])])


def is_type_checking(node: ast.AST) -> bool:
    """Whether `node` is `if TYPE_CHECKING:`."""
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def room(module: str) -> str:
    """`rlt.run` of `rlt.run.folder`; a module that lies in no room is its own."""
    return ".".join(module.split(".")[:2])
