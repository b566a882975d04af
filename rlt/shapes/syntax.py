"""Python's own parser, one thread at a time."""

from __future__ import annotations

import ast
import threading
from typing import Any

_ONE_AT_A_TIME = threading.Lock()


def parse(text: str, mode: str = "exec") -> Any:
    """`ast.parse`. Python 3.11 counts its recursion for all threads together and may raise SystemError for no fault of
    the text (https://github.com/python/cpython/issues/106905): then it is parsed again."""
    with _ONE_AT_A_TIME:
        for _ in range(20):
            try:
                return ast.parse(text, mode=mode)
            except SystemError:
                continue
        return ast.parse(text, mode=mode)
