"""Python's own parser, one thread at a time."""

from __future__ import annotations

import ast
import inspect
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
_ONE_AT_A_TIME = threading.Lock()


def parse(text: str, mode: str = "exec") -> Any:
    """`ast.parse`."""
    return _alone(lambda: ast.parse(text, mode=mode))


def source_lines(cls: type) -> tuple[list[str], int]:
    """`inspect.getsourcelines`, which parses the file to find a class."""
    return _alone(lambda: inspect.getsourcelines(cls))


def _alone(read: Callable[[], T]) -> T:
    """Python 3.11 counts the parser's recursion for all threads together and may raise SystemError for no fault of the
    text (https://github.com/python/cpython/issues/106905): then it is read again."""
    with _ONE_AT_A_TIME:
        for _ in range(20):
            try:
                return read()
            except SystemError:
                continue
        return read()
