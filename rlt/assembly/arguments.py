"""The words after a command: some name things (`RUN…`), the others are `key=value`, read into a frozen dataclass.

    @dataclass(frozen=True)
    class ReportOptions:
        out: str = "report"
        \"\"\"Folder that the pictures go to.\"\"\"

    COMMAND = Command("rlt.report", "Draws learning curves.", ReportOptions, words=Words("RUN…", "the folder of a run"))

    def main(argv: Sequence[str] | None = None) -> int:
        return run(COMMAND, argv, _report)     # _report(["runs/a"], ReportOptions(out="x")) -> exit code

A field's doc line is its row on the help page. Imports no torch.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from rlt.config import convert, defaults, doc_lines, field_types, from_mapping, unknown_key
from rlt.errors import ConfigError, RltError, nearest

T = TypeVar("T")

_KEY_VALUE = re.compile(r"([A-Za-z_][\w.]*)=(.*)", re.DOTALL)
_SCIENTIFIC = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+")  # 1e6 is text in YAML 1.1, a number to everyone who types it


@dataclass(frozen=True)
class Words:
    """The words of a command that are no `key=value`."""

    usage: str
    """As they stand in the usage line: `RUN…`."""
    meaning: str
    """What one of them names, in a sentence."""
    least: int = 1
    """How many there must be."""
    most: int | None = None
    """How many there may be; None: any number."""


@dataclass(frozen=True)
class Command(Generic[T]):
    """How a command is called."""

    name: str
    """The module: `rlt.report`."""
    summary: str
    """What it does; paragraphs are separated by an empty line."""
    options: type[T]
    """The dataclass that its `key=value` words fill."""
    words: Words | None = None
    """The other words; None: it takes none."""
    examples: tuple[tuple[str, str], ...] = ()
    """What comes after the command's name, and what it then does."""


def run(command: Command[T], argv: Sequence[str] | None, body: Callable[[list[str], T], int]) -> int:
    """The exit code of `body(words, options)`; 2 after an RltError, which is printed without a traceback.

    `-h` or `--help` anywhere prints the help page and gives 0. `argv=None` means the words of the process.
    """
    argv = sys.argv[1:] if argv is None else argv
    if "-h" in argv or "--help" in argv:
        print(help_page(command))
        return 0
    try:
        return body(*parse(command.options, argv, command=command))
    except RltError as error:
        print(error, file=sys.stderr)
        return 2


def parse(cls: type[T], argv: Sequence[str], *, command: Command[Any]) -> tuple[list[str], T]:
    """The words that name things, and a `cls` made of the `key=value` words.

    A value is read as YAML and, where that does not fit the field, as plain text; a list may be written `a,b`. A word
    such as `lr=0.1,seed=0` that is an existing path and whose key is no field counts as a path. ConfigError names a
    misspelt key's nearest, a key given twice, an option in another style, too few or too many words.
    """
    hints = field_types(cls)
    words: list[str] = []
    values: dict[str, Any] = {}
    for word in argv:
        found = _KEY_VALUE.fullmatch(word)
        if word.startswith("-") and word != "-" and not os.path.exists(word):
            raise _other_style(word, list(hints), command)
        if found is None or (found[1] not in hints and os.path.exists(word)):
            words.append(word)
            continue
        key, text = found.groups()
        if key in values:
            raise ConfigError(f"{key} is given twice", f"{key}={values[key]} and {key}={text}")
        if key not in hints:
            if not hints:
                raise ConfigError(f"there is no key {key}: {command.name} has none")
            raise unknown_key(key, list(hints))
        values[key] = _read(text, hints[key], key)
    _check_count(words, command)
    return words, from_mapping(cls, values)


def _read(text: str, hint: Any, key: str) -> Any:
    """`text` by YAML's reading where that fits `hint`, else as it stands: out=2026 is a folder's name, not a number."""
    readings: list[Any] = [_plain(text), text]
    kinds = (hint, *typing.get_args(hint))  # the second for `list[str] | None`
    if any(typing.get_origin(kind) in (list, tuple) for kind in kinds) and isinstance(readings[0], str | int | float):
        parts = [part.strip() for part in text.split(",") if part.strip()]
        readings = [[_plain(part) for part in parts], parts]
    for reading in readings:
        try:
            return convert(reading, hint, key)
        except ConfigError:
            continue
    return readings[0]  # from_mapping says what does not fit


def _plain(text: str) -> Any:
    if _SCIENTIFIC.fullmatch(text):
        return float(text)
    import yaml  # not at the top: rlt.doctor must be able to say that it is missing

    try:
        return yaml.safe_load(text) if text else ""
    except (ValueError, yaml.YAMLError):
        return text


def _other_style(word: str, keys: list[str], command: Command[Any]) -> ConfigError:
    name, _, value = word.lstrip("-").partition("=")
    close = nearest(name.replace("-", "_"), keys, count=1)
    return ConfigError(
        f"{command.name} has no option {word}", "options are written key=value",
        fix=f"{close[0]}={value or '…'}" if close else f"python -m {command.name} --help",
    )


def _check_count(words: list[str], command: Command[Any]) -> None:
    allowed = command.words
    if allowed is None:
        if words:
            raise ConfigError(f"{command.name} takes no such word: {words[0]}", fix=f"python -m {command.name} --help")
        return
    example = command.examples[0][0] if command.examples else allowed.usage
    if len(words) < allowed.least:
        raise ConfigError(
            f"{command.name} needs {allowed.usage}: {allowed.meaning}", fix=f"python -m {command.name} {example}"
        )
    if allowed.most is not None and len(words) > allowed.most:
        raise ConfigError(
            f"{command.name} takes {allowed.usage}, got {len(words)} words: " + " ".join(words),
            f"expected at most {allowed.most}",
        )


def help_page(command: Command[Any]) -> str:
    """Usage, purpose, words, keys with defaults and doc lines, examples; as wide as the terminal, at most 100."""
    width = min(shutil.get_terminal_size((100, 24)).columns, 100)
    keys = defaults(command.options)
    usage = [f"python -m {command.name}"]
    usage += [command.words.usage] if command.words else []
    usage += ["[key=value …]"] if keys else []
    parts = [" ".join(usage)]
    parts += [textwrap.fill(" ".join(text.split()), width) for text in command.summary.split("\n\n")]
    if command.words:
        parts.append(_rows([(command.words.usage, command.words.meaning)], width))
    if keys:
        docs = doc_lines(command.options)
        parts.append("Keys\n" + _rows([(_key(k, value), docs.get(k, "")) for k, value in keys.items()], width))
    if command.examples:
        examples = [(f"python -m {command.name} {words}".rstrip(), meaning) for words, meaning in command.examples]
        parts.append("Examples\n" + _rows(examples, width))
    return "\n\n".join(parts)


def _key(name: str, default: Any) -> str:
    if default == "???":
        return f"{name}=…"
    if isinstance(default, list):
        return f"{name}=" + ",".join(map(str, default))
    return f"{name}=" + {None: "null", True: "true", False: "false"}.get(default, str(default))


def _rows(rows: list[tuple[str, str]], width: int) -> str:
    """Two aligned columns; the right one goes below the left where they would not fit side by side."""
    left = max(len(name) for name, _ in rows)
    below = left > width // 2
    lines = []
    for name, text in rows:
        wrapped = textwrap.wrap(text, width - (6 if below else left + 4)) or [""]
        if below:
            lines += [f"  {name}", *(f"      {line}" for line in wrapped if line)]
        else:
            lines += [f"  {name:{left}}  {wrapped[0]}".rstrip(), *(f"  {'':{left}}  {line}" for line in wrapped[1:])]
    return "\n".join(lines)
