"""Rendering on a machine without a display: set before mujoco or pygame is imported, since both look only then."""

from __future__ import annotations

import ctypes
import os
import sys


def prepare() -> None:
    """Sets `MUJOCO_GL=egl` and `SDL_VIDEODRIVER=dummy` where there is no display and the person set nothing."""
    if not sys.platform.startswith("linux") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    if "MUJOCO_GL" not in os.environ and _has_egl():
        os.environ["MUJOCO_GL"] = "egl"


def _has_egl() -> bool:
    # PyOpenGL fails on import, not on use, where the library is missing; physics alone would then fail as well.
    try:
        ctypes.CDLL("libEGL.so.1")
    except OSError:
        return False
    return True
