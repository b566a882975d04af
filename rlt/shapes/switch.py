"""Whether checks run: `RLT_CHECK=off` or `python -O` turns them off when the code is imported."""

from __future__ import annotations

import os

from rlt.errors import ConfigError


def checks_are_on() -> bool:
    """Read where a decorator or a constructor runs; a misspelt value is refused."""
    value = os.environ.get("RLT_CHECK", "on")
    if value not in ("on", "off"):
        raise ConfigError(f"RLT_CHECK={value} is not known", fix="RLT_CHECK=on or RLT_CHECK=off")
    return __debug__ and value == "on"
