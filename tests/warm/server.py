"""Reads what runs need once, and forks a child for each client that asks.

    python -m tests.warm.server SOCKET

One thread and no operation of torch before a fork, so that a child is as good as new.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import threading
import traceback
import warnings
from contextlib import suppress
from typing import Any

PRELOADED = (
    "torch", "gymnasium", "gymnasium.envs.box2d", "gymnasium.envs.mujoco.mujoco_env", "hydra", "hydra.main", "h5py",
    "rich.console", "torch.utils.tensorboard", "rlt.assembly.front", "rlt.assembly.job", "rlt.envs.backends.pool",
    "rlt.envs.backends.native", "rlt.envs.backends.sync", "rlt.agents.ppo.agent", "rlt.agents.dqn.agent", "rlt.agents.sac.agent",
)  # fmt: skip


def main() -> None:
    """Serves until it is terminated; in a child, becomes what was asked for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in PRELOADED:
            importlib.import_module(name)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(sys.argv[1])
    listener.listen()
    gc.collect()
    gc.freeze()  # what was read is not looked at again, and stays shared with the children
    print("ready", flush=True)
    asked = serve(listener)
    code = 0
    try:
        become(asked)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(code)  # taking torch's modules apart one by one takes a second


def serve(listener: socket.socket) -> dict[str, Any]:
    """Returns in children only: what the child shall be."""
    waiting = selectors.DefaultSelector()
    waiting.register(listener, selectors.EVENT_READ)
    links: dict[int, tuple[socket.socket, int]] = {}
    while True:
        # Ends and kills before new clients: who waited for a killed client finds its child gone.
        for key, _ in sorted(waiting.select(), key=lambda found: found[0].fileobj is listener):
            if key.fileobj is listener:
                link = listener.accept()[0]
                message, streams, *_ = socket.recv_fds(link, 1 << 20, 3)
                pid = os.fork()
                if pid == 0:
                    waiting.close()
                    listener.close()
                    link.close()
                    for other, _ in links.values():
                        other.close()
                    return json.loads(message) | {"streams": streams}
                for stream in streams:
                    os.close(stream)
                handle = os.pidfd_open(pid)
                links[handle] = link, pid
                waiting.register(handle, selectors.EVENT_READ, ("ended", handle))
                waiting.register(link, selectors.EVENT_READ, ("said", handle))
                continue
            what, handle = key.data
            if handle not in links:
                continue
            link, pid = links[handle]
            if what == "said":
                number = link.recv(1)
                os.kill(pid, number[0] if number else signal.SIGKILL)
                if number:
                    continue
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            for part in (handle, link):
                waiting.unregister(part)
            with suppress(OSError):  # the client was killed
                link.send(str(code).encode())
            link.close()
            os.close(handle)
            del links[handle]


def become(asked: dict[str, Any]) -> None:
    """Takes over folder, variables and streams, and runs the module or the code as `python` would."""
    for number, stream in enumerate(asked["streams"]):
        os.dup2(stream, number)
        os.close(stream)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        lines = -1 if number < 2 and not os.isatty(number) else 1
        setattr(sys, name, os.fdopen(number, "w" if number else "r", lines, encoding="utf-8", closefd=False))
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["variables"])
    words = asked["words"]
    if words[0] == "-W":
        warnings.simplefilter(words[1])
        words = words[2:]
    sys.path[0] = asked["folder"] if words[0] == "-m" else ""
    sys.path[1:1] = [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]
    importlib.invalidate_caches()
    if words[0] == "-m":
        sys.argv = ["-m", *words[2:]]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = ["-c", *words[2:]]
        main = type(sys)("__main__")
        sys.modules["__main__"] = main
        exec(compile(words[1], "<string>", "exec"), main.__dict__)


if __name__ == "__main__":
    main()
