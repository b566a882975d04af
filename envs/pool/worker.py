"""A worker process: `python -m rlt.envs.pool.worker FD`, where FD is a socket to its owner.

It is started as a program of its own, neither forked (an owner has threads) nor spawned by multiprocessing (which would
run the owner's main script again). It imports no torch. When the socket closes, however that came about, it ends.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import socket
import sys
import threading
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

import cloudpickle
import gymnasium as gym

from rlt.envs.group import Group
from rlt.envs.pool import memory
from rlt.envs.pool.line import MESSAGE, SIZE, WAKE, Line
from rlt.envs.pool.share import Share
from rlt.errors import EnvironmentFault, RltError

STEP, RENEW, CALL = range(3)
"""What an owner says; a message follows `CALL`."""
DONE, ENDED, TOLD = range(3)
"""What a worker answers; a message follows `TOLD`."""


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
            share = Share(build)
        except BaseException as error:
            pipe.send(("error", _portable(error)))
            return
        group = share.group
        pipe.send(("done", cloudpickle.dumps((group.observation_space, group.action_space, group.render_fps))))
        _read(fd)  # the owner has sized the memory
        shape = memory.Shape(asked["lines"], asked["total"], group.observations, group.actions.layout, group.mask_size)
        lines, board = memory.attach(asked["memory"], shape)
        share.board = board.rows(asked["first"], asked["num_envs"])
        own, number = socket.socket(fileno=os.dup(fd)), asked["number"]
        line = Line(lines[number * SIZE // 8 :], 1, partial(wake, own), partial(_read, fd))
        line.say(DONE)
        _serve(pipe, line, share)
    except (EOFError, ConnectionResetError, BrokenPipeError):
        pass  # the owner is gone


def wake(own: socket.socket) -> None:
    """Wakes the process at the other end; where so many bytes lie there that one more would have to wait, it wakes too."""
    with contextlib.suppress(BlockingIOError):
        own.send(WAKE, socket.MSG_DONTWAIT)


def _read(fd: int) -> bytes:
    byte = os.read(fd, 1)
    if not byte:
        raise EOFError
    return byte


def _serve(pipe: Connection, line: Line, share: Share) -> None:
    while True:
        asked = line.hear()
        arguments: tuple[Any, ...] = ()
        if asked == CALL:
            while _read(pipe.fileno()) == WAKE:
                pass
            arguments = pickle.loads(pipe.recv_bytes())
        try:
            if asked == STEP:
                line.say(ENDED if share.step() else DONE)
            elif asked == RENEW:
                share.renew()
                line.say(DONE)
            else:
                _answer(pipe, line, "done", share.call(*arguments))
        except (EOFError, ConnectionResetError, BrokenPipeError):
            raise
        except BaseException as error:
            _answer(pipe, line, "error", _portable(error))


def _answer(pipe: Connection, line: Line, kind: str, value: Any) -> None:
    line.say(TOLD)
    os.write(pipe.fileno(), MESSAGE)
    pipe.send((kind, value))


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
