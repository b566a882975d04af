"""Rendering on a machine without a display: set before mujoco or pygame is imported, since both look only then."""

from __future__ import annotations

import ctypes
import os
import sys

_DRIVER = "SDL_VIDEODRIVER"
_chosen_here = False


def has_display() -> bool:
    """Whether windows can be opened, as far as the environment variables say."""
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def can_show() -> bool:
    """Whether `render_mode="human"` may be tried: on a display, or by a driver that the person set."""
    return has_display() or (_DRIVER in os.environ and not _chosen_here)


def prepare() -> None:
    """Sets `MUJOCO_GL=egl` and `SDL_VIDEODRIVER=dummy` where there is no display and the person set nothing."""
    global _chosen_here
    if has_display():
        return
    if _DRIVER not in os.environ:
        os.environ[_DRIVER], _chosen_here = "dummy", True
    if "MUJOCO_GL" not in os.environ and _has_egl():
        os.environ["MUJOCO_GL"] = "egl"


def _has_egl() -> bool:
    # PyOpenGL fails on import, not on use, where the library is missing; physics alone would then fail as well.
    try:
        ctypes.CDLL("libEGL.so.1")
    except OSError:
        return False
    return True
