"""`python -m rlt.check [PATHS]`: the type checker with the shape plugin on, its messages as people write shapes.

    python -m rlt.check                          what the project's mypy configuration names, or the current folder
    python -m rlt.check nets.py agents/          these files and folders
    python -m rlt.check --reveal nets.py:21      the shape of every expression on that line
    python -m rlt.check nets.py -- --strict      what follows `--` goes to mypy

Exit status: 0 nothing found, 1 mistakes found, 2 it could not run. A mypy configuration in the folder is obeyed;
without one, functions without annotations are checked too and missing stubs are no error.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlt.errors import ConfigError, MissingExtra, RltError

if TYPE_CHECKING:
    from mypy.build import BuildResult, BuildSource
    from mypy.options import Options

PLUGIN = "rlt.mypy_plugin"


def parser() -> argparse.ArgumentParser:
    out = argparse.ArgumentParser(
        prog="python -m rlt.check", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    out.add_argument("paths", nargs="*", metavar="PATHS", help="files and folders to check")
    out.add_argument("--reveal", metavar="FILE:LINE", help="print the shape of each expression at a line")
    return out


def main(argv: Sequence[str] | None = None) -> int:
    """The command; gives its exit status."""
    given = list(sys.argv[1:] if argv is None else argv)
    ours, theirs = (given[: given.index("--")], given[given.index("--") + 1 :]) if "--" in given else (given, [])
    arguments = parser().parse_args(ours)
    try:
        _need_mypy()
        if arguments.reveal:
            return _reveal(arguments.reveal, theirs)
        return _check(arguments.paths, theirs)
    except RltError as error:
        print(error, file=sys.stderr)
        return 2


def _need_mypy() -> None:
    try:
        import mypy.build  # noqa: F401
    except ImportError:
        raise MissingExtra.of("mypy", "check", "python -m rlt.check") from None


def _options(paths: Sequence[str], theirs: Sequence[str]) -> tuple[list[BuildSource], Options, list[Any]]:
    """What mypy is to read, its options, and our plugin where the configuration does not name it."""
    from mypy.main import process_options

    from rlt.shapes.mypy.plugin import ShapePlugin

    sources, options = process_options(list(theirs) + list(paths), require_targets=False, program="python -m rlt.check")
    if not sources:
        sources, options = process_options([*theirs, "."], program="python -m rlt.check")
    if options.config_file is None:
        options.check_untyped_defs = True
        options.ignore_missing_imports = True
    if PLUGIN in options.plugins:
        return sources, options, []
    options.cache_dir = str(Path(options.cache_dir) / "rlt")  # mypy's own runs have no shapes in their cache
    return sources, options, [ShapePlugin(options)]


def _build(sources: list[BuildSource], options: Options, plugins: list[Any]) -> tuple[BuildResult | None, list[str]]:
    """mypy's result, None where it could not go on, and its messages."""
    from mypy.build import build
    from mypy.errors import CompileError

    messages: list[str] = []

    def flush(filename: str | None, new: list[str], serious: bool) -> None:
        messages.extend(new)

    try:
        return build(sources, options, flush_errors=flush, extra_plugins=plugins), messages
    except CompileError as stopped:
        return None, [*messages, *(m for m in stopped.messages if m not in messages)]


def _check(paths: Sequence[str], theirs: Sequence[str]) -> int:
    from rlt.shapes.mypy.texts import people

    for path in paths:
        if not Path(path).exists():
            raise ConfigError(f"there is no file or folder {path}")
    sources, options, plugins = _options(paths, theirs)
    if not Path(options.cache_dir).is_dir():
        print("reading torch: the first run takes a minute, the next ones seconds", file=sys.stderr, flush=True)
    result, messages = _build(sources, options, plugins)
    for message in messages:
        print(people(message))
    errors = sum(": error: " in m for m in messages)
    files = f"{len(sources)} file{'' if len(sources) == 1 else 's'}"
    if errors:
        print(f"{errors} mistake{'' if errors == 1 else 's'} in {files}")
    elif result is not None:
        print(f"nothing found in {files}")
    return 2 if result is None else 1 if errors else 0


def _reveal(place: str, theirs: Sequence[str]) -> int:
    """Prints each expression of a line with its type."""
    name, _, number = place.rpartition(":")
    if not name or not number.isdigit():
        raise ConfigError(f"--reveal takes FILE:LINE, got {place}", fix="--reveal nets.py:21")
    path, line = Path(name), int(number)
    if not path.is_file():
        raise ConfigError(f"there is no file {name}")
    text = path.read_text(encoding="utf-8")
    if not 1 <= line <= len(text.splitlines()):
        raise ConfigError(f"{name} has no line {line}", f"it has {len(text.splitlines())} lines")
    from rlt.shapes.mypy.revealing import reveal

    found = reveal(str(path), line, text, theirs, _options, _build)
    if not found:
        raise ConfigError(f"nothing with a value stands on line {line} of {name}")
    width = max(len(e) for e, _ in found)
    print(f"{name}:{line}")
    for expression, shape in found:
        print(f"  {expression:<{width}}  {shape}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
