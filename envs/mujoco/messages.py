"""What MuJoCo has to say, through `logging`: left alone it prints each line for each copy and writes MUJOCO_LOG.TXT."""

from __future__ import annotations

import logging

_log = logging.getLogger(__name__)
_said: set[str] = set()


def route() -> None:
    """Sends MuJoCo's warnings to `logging`, each once, unless somebody has set a handler already."""
    import mujoco

    if mujoco.get_mju_user_warning() is None:
        mujoco.set_mju_user_warning(_tell)


def _tell(message: str) -> None:
    kind = message.partition(" Time = ")[0]  # the same instability at another time is no news
    if kind in _said:
        return
    _said.add(kind)
    # A deprecation in one of Gymnasium's own models concerns nobody who uses it.
    _log.log(logging.DEBUG if "deprecated" in message else logging.WARNING, "MuJoCo: %s", message)
