"""One worker process as its owner sees it."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

import cloudpickle

from rlt.envs.pool.fault import WorkerFault, late, numbers
from rlt.envs.pool.line import MESSAGE, SIZE, WAKE, Line
from rlt.envs.pool.worker import CALL, ENDED, RENEW, STEP, TOLD, wake


class Worker:
    """Starts a worker process and speaks with it; every way in which it can fail ends in an `EnvironmentFault`."""

    def __init__(self, env_id: str, number: int, share: range, memory: int) -> None:
        self.env_id, self.share = env_id, share
        self.number, self.first, self.num_envs = number, share.start, len(share)
        ours, theirs = socket.socketpair()
        watched, self._life = os.pipe()
        self.fds = (theirs.fileno(), memory, watched)
        # The worker finds what its owner finds, from the same directory; one thread, since the workers are the threads.
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "rlt.envs.pool.worker", str(theirs.fileno())]
        self.process = subprocess.Popen(command, pass_fds=self.fds, env=environment, stdin=subprocess.DEVNULL)
        theirs.close()
        os.close(watched)
        self._socket, self._seconds = ours, 0.0
        self._pipe = Connection(os.dup(ours.fileno()))  # the same socket, for what is more than a byte
        self._line: Line | None = None

    def __repr__(self) -> str:
        return f"worker {self.number} ({numbers(self.share)})"

    def build(self, **asked: Any) -> None:
        """Asks for the group; `built` gives its spaces."""
        life, memory = self.fds[2], self.fds[1]
        own = {"number": self.number, "first": self.first, "num_envs": self.num_envs, "life": life, "memory": memory}
        self._pipe.send_bytes(cloudpickle.dumps(asked | own))

    def built(self) -> bytes:
        """What it tells of the group, pickled."""
        with self._in_time("the construction"):
            return bytes(self._message())

    def attach(self, lines: memoryview) -> None:
        """The memory is sized, and `lines` in it: from now on both sides speak through them; `answer` waits for it."""
        own = lines[self.number * SIZE // 8 : (self.number + 1) * SIZE // 8]
        for i in range(len(own)):
            own[i] = 0  # of the worker that was here before, perhaps
        self._line = Line(own, 0, partial(wake, self._socket), self._read)
        with self._alive():
            self._socket.sendall(WAKE)

    def start_step(self) -> None:
        """Lets it step; `answer` waits."""
        self._say(STEP)

    def start_renewal(self) -> None:
        """Lets it build its environments anew; `answer` waits."""
        self._say(RENEW)

    def start_call(self, name: str, *arguments: Any) -> None:
        """Lets it do anything else; `answer` waits."""
        self._say(CALL, pickle.dumps((name, *arguments)))

    def allow(self, seconds: float) -> None:
        """How long `answer` waits at most."""
        self._seconds = seconds
        # The kernel's own limit costs nothing per read, where a selector costs more than the read.
        limit = struct.pack("ll", int(seconds), int(seconds % 1 * 1e6))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)

    @property
    def has_answered(self) -> bool:
        """Whether `answer` would not wait."""
        return self._line is not None and self._line.is_due

    def answer(self, what: str) -> Any:
        """What it answered to `what`: for a step, whether an episode ended. Raises what it raised."""
        assert self._line is not None
        with self._in_time(what):
            said = self._line.hear()
            if said != TOLD:
                return said == ENDED
            while self._read() == WAKE:
                pass
            return self._message()

    def hang_up(self) -> None:
        """Closes the socket and the pipe that the worker watches: it ends, even inside an environment's Python code."""
        self._socket.close()
        self._pipe.close()
        life, self._life = self._life, -1
        if life >= 0:
            os.close(life)

    def end(self, patience: float) -> None:
        """Waits for the end of the process; kills it where that takes longer than `patience` seconds."""
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _say(self, what: int, message: bytes | None = None) -> None:
        assert self._line is not None
        with self._alive():
            self._line.say(what)
            if message is not None:
                self._socket.sendall(MESSAGE)
                self._pipe.send_bytes(message)

    def _read(self) -> bytes:
        byte = self._socket.recv(1)
        if not byte:
            raise EOFError
        return byte

    def _message(self) -> Any:
        kind, value = self._pipe.recv()
        if kind == "error":
            raise value
        return value

    @contextmanager
    def _alive(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, BrokenPipeError, ConnectionResetError) as error:
            raise self._died() from error

    @contextmanager
    def _in_time(self, what: str) -> Iterator[None]:
        try:
            with self._alive():
                yield
        except BlockingIOError as error:
            raise late(self.share, self.env_id, self, what, self._seconds) from error

    def _died(self) -> WorkerFault:
        try:
            code = self.process.wait(2.0)
        except subprocess.TimeoutExpired:
            return WorkerFault(self.share, f"{self.env_id}: {self!r} closed its connection")
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        hint = "the system may have been short of memory" if code == -signal.SIGKILL else "its own output says more"
        return WorkerFault(self.share, f"{self.env_id}: {self!r} ended {how}", hint)
