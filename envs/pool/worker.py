"""A worker process: `python -m rlt.envs.pool.worker FD`, where FD is a socket to its owner.

It is started as a program of its own, neither forked (an owner has threads) nor spawned by multiprocessing (which would
run the owner's main script again). It imports no torch. When the socket closes, however that came about, it ends.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

import cloudpickle
import gymnasium as gym

from rlt.envs.group import Group
from rlt.envs.layout import Arrays
from rlt.envs.pool import memory
from rlt.errors import EnvironmentFault, RltError

STEP, RENEW, CALL = b"s", b"n", b"c"
"""What an owner sends; a message follows `CALL`."""
DONE, ENDED, MESSAGE = b"d", b"e", b"m"
"""What a worker answers; a message follows `MESSAGE`."""


def main(fd: int) -> None:
    """Builds the group that the owner asks for, then answers until the socket closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the owner decides what it means
    pipe = Connection(fd)
    try:
        asked = cloudpickle.loads(pipe.recv_bytes())
        _watch_owner(asked["life"])
        try:
            if asked["spec"] is not None:  # registered by the owner's script, say
                gym.registry.setdefault(asked["spec"].id, asked["spec"])
            build = partial(Group, asked["source"], asked["num_envs"], asked["autoreset"], asked["first"])
            group = build()
        except BaseException as error:
            _answer(pipe, "error", _portable(error))
            return
        _answer(pipe, "done", cloudpickle.dumps((group.observation_space, group.action_space, group.render_fps)))
        os.read(fd, 1)  # the owner has sized the memory
        total, actions = asked["total"], group.actions.layout
        board = memory.attach(asked["memory"], group.observations, actions, group.mask_size, total)
        os.write(fd, DONE)
        _serve(pipe, build, group, board.rows(asked["first"], asked["num_envs"]))
    except (EOFError, ConnectionResetError, BrokenPipeError):
        pass  # the owner is gone


def _serve(pipe: Connection, build: Callable[[], Group], group: Group, board: memory.Board) -> None:
    fd = pipe.fileno()
    while asked := os.read(fd, 1):
        arguments = pickle.loads(pipe.recv_bytes()) if asked == CALL else ()
        try:
            if asked == STEP:
                os.write(fd, ENDED if _step(group, board, board.actions) else DONE)
            elif asked == RENEW:
                group.close()
                group = build()
                os.write(fd, DONE)
            else:
                _answer(pipe, "done", _call(group, board, *arguments))
        except (EOFError, ConnectionResetError, BrokenPipeError):
            raise
        except BaseException as error:
            _answer(pipe, "error", _portable(error))


def _answer(pipe: Connection, kind: str, value: Any) -> None:
    os.write(pipe.fileno(), MESSAGE)
    pipe.send((kind, value))


def _call(group: Group, board: memory.Board, name: str, *arguments: Any) -> Any:
    if name == "reset":
        group.reset(arguments[0], board.obs, board.mask, arguments[1])
        return group.masks
    if name == "set_state":
        group.set_state(arguments[0], board.obs, board.mask if arguments[1] else None)
        return None
    if name == "get_state":
        return group.get_state()
    if name == "get_exact_state":
        try:
            return group.get_state()
        except Exception:  # an environment's own method: it is told of when somebody needs the state
            return None
    if name == "catch_up":
        return _catch_up(group, board, *arguments)
    if name == "render":
        return group.render(arguments[0])
    if name == "inexact_resume":
        return group.inexact_resume
    raise ValueError(name)


def _catch_up(group: Group, board: memory.Board, state: Any, entries: list[tuple[str, Any]], masks: bool) -> None:
    """Makes the resets and steps that were made since `state`."""
    group.set_state(state, board.obs, board.mask if masks else None)
    for what, value in entries:
        if what == "reset":
            group.reset(value[0], board.obs, board.mask, value[1])
        else:
            _step(group, board, value)


def _step(group: Group, board: memory.Board, actions: Arrays) -> list[int]:
    board.terminated[:] = board.truncated[:] = False
    return group.step(actions, board.obs, board.final, board.reward, board.terminated, board.truncated, board.mask)


def _portable(error: BaseException) -> RltError:
    """The error as the owner can raise it: one of rlt's own, since others may not survive the way."""
    return error if isinstance(error, RltError) else EnvironmentFault(f"{type(error).__name__}: {error}")


def _watch_owner(life: int) -> None:
    """Ends this process when the owner does, though it may be stuck inside an environment."""

    def watch() -> None:
        os.read(life, 1)  # nobody ever writes: it returns when the owner's end is closed
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    main(int(sys.argv[1]))
