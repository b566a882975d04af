"""Steps on threads of `workers.c`, which the C compiler of this machine builds once.

It serves every task and gives the numbers of `mj_step`, for that is what it calls. Where there is no compiler, or what it
builds cannot be loaded, the tasks step as `physics.choose` says.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import hashlib
import logging
import os
import platform
import shutil
import subprocess
import tempfile
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from rlt.engine.compiler import cache_folder
from rlt.envs.cores import cores

_log = logging.getLogger(__name__)
_SOURCE = Path(__file__).with_name("workers.c")
_AWAKE_NS = 1_000_000
"""How long a thread watches for the next step before it sleeps: longer than a small policy takes to act, so that it is awake
throughout a rollout, and asleep while a learner updates."""

_address = ctypes.c_void_p


class CompiledPhysics:
    """Steps `datas` in place; the caller works beside the threads, one less than there are cores."""

    def __init__(self, model: Any, datas: Sequence[Any], frame_skip: int, contact_forces: bool) -> None:
        self._model, self._datas = model, datas  # kept alive
        self._action = np.zeros((len(datas), model.nu))
        self._arrays: dict[tuple[str, int], tuple[NDArray[Any], list[NDArray[Any]]]] = {}
        library = _library()
        assert library is not None, "CompiledPhysics.exists() is asked first"
        self._library, engine = library, _engine()
        self._start: Callable[..., Any] = library.rlt_workers_start
        self._wait: Callable[..., int] = library.rlt_workers_wait
        self._workers = _address(
            library.rlt_workers_new(
                ctypes.cast(engine.mj_step, _address),
                ctypes.cast(engine.mj_rnePostConstraint, _address) if contact_forces else None,
                ctypes.byref(_address.in_dll(engine, "mju_user_error")),
                _address(model._address),
                _addresses(data._address for data in datas),
                _addresses(data.ctrl.ctypes.data for data in datas),
                len(datas), model.nu, frame_skip, min(cores(), len(datas)) - 1,
                ctypes.c_long(_AWAKE_NS),
            )
        )  # fmt: skip
        if not self._workers:
            raise MemoryError(f"no memory or no threads for {len(datas)} copies of a MuJoCo model")
        self._end = weakref.finalize(self, library.rlt_workers_delete, self._workers)
        _alive.add(self)
        self._action_address = _address(self._action.ctypes.data)

    @staticmethod
    def exists() -> bool:
        """Whether this machine can build it, and has."""
        return _library() is not None

    def start(self, action: NDArray[Any]) -> None:
        """Begins a step."""
        self._action[:] = action
        self._start(self._workers, self._action_address)

    def wait(self) -> None:
        """Works beside the threads until the step is done. `mujoco.FatalError` where MuJoCo raised one."""
        failed = self._wait(self._workers)
        if failed >= 0:
            message = self._library.rlt_workers_error(self._workers).decode(errors="replace")
            raise mujoco.FatalError(f"copy {failed}: {message}")

    def array(self, name: str, first: int = 0) -> NDArray[Any]:
        """See `physics.Physics`."""
        key = name, first
        if key not in self._arrays:
            # Views of the data's own memory, which never moves.
            sources = [getattr(data, name)[first:].reshape(-1) for data in self._datas]
            array = np.array(sources)
            addresses = _addresses(source.ctypes.data for source in sources)
            shown = self._library.rlt_workers_show(
                self._workers, addresses, ctypes.c_size_t(sources[0].nbytes), _address(array.ctypes.data)
            )
            if not shown:
                raise MemoryError(f"no memory to gather {name} of {len(sources)} copies")
            self._arrays[key] = array, sources
        return self._arrays[key][0]

    def get(self, i: int) -> None:
        """The i-th `MjData` is what is stepped."""

    def put(self, i: int) -> None:
        """Gathers what the i-th `MjData` now holds."""
        for array, sources in self._arrays.values():
            array[i] = sources[i]

    def close(self) -> None:
        """Ends the threads; a step after it raises."""
        if self._end.alive:
            self._end()
            self._start = self._wait = _closed
            _alive.discard(self)

    def forked(self) -> None:
        """In a child process, which has none of the threads."""
        self._library.rlt_workers_forked(self._workers)


def _addresses(values: Any) -> Any:
    kept = list(values)
    return (_address * len(kept))(*kept)


@functools.cache
def _engine() -> ctypes.CDLL:
    """MuJoCo's own library, which the import of `mujoco` has loaded."""
    return ctypes.CDLL(str(next(Path(mujoco.__file__).parent.glob("libmujoco*"))))


_alive: weakref.WeakSet[CompiledPhysics] = weakref.WeakSet()


def _after_fork() -> None:
    for physics in _alive:
        physics.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _closed(*_: Any) -> int:
    raise RuntimeError("a step of MuJoCo after close")


@functools.cache
def _library() -> ctypes.CDLL | None:
    """`workers.c`, built for this machine; None, with a line at level INFO, where that is not to be had."""
    try:
        engine = _engine()
        _ = engine.mj_step, engine.mj_rnePostConstraint, _address.in_dll(engine, "mju_user_error"), mujoco.MjModel._address
        library = _loaded()
        library.rlt_workers_new.restype = _address
        library.rlt_workers_error.restype = ctypes.c_char_p
        library.rlt_workers_start.restype = library.rlt_workers_delete.restype = library.rlt_workers_forked.restype = None
    except (OSError, ValueError, AttributeError, StopIteration, subprocess.SubprocessError) as error:
        _log.info("MuJoCo steps without compiled threads, at up to two thirds of the speed: %s", error)
        return None
    return library


def _loaded() -> ctypes.CDLL:
    """The file in the cache folder, made where it is missing or cannot be loaded."""
    named = [name for name in (os.environ.get("CC"), "cc", "gcc", "clang") if name]
    compilers = [found for name in named if (found := shutil.which(name))]
    if not compilers:
        raise FileNotFoundError(f"there is no C compiler ({', '.join(named)})")
    owner = os.getuid() if hasattr(os, "getuid") else 0
    tied_to = f"{compilers} {platform.platform()} {platform.machine()} {owner}".encode()
    name = hashlib.sha256(_SOURCE.read_bytes() + tied_to).hexdigest()[:16]
    file = cache_folder("mujoco") / f"workers-{name}.so"
    with contextlib.suppress(OSError):
        if file.stat().st_uid == owner:  # code of nobody else's
            return ctypes.CDLL(str(file))
    _build(compilers, file)
    return ctypes.CDLL(str(file))


def _build(compilers: Sequence[str], file: Path) -> None:
    """By the first that can; whole or not at all, whoever else makes it meanwhile."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent) as beside:
        made, said = Path(beside) / file.name, ""
        for compiler in compilers:
            command = [compiler, "-O2", "-shared", "-fPIC", "-pthread", str(_SOURCE), "-o", str(made)]
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60)
            if done.returncode == 0:
                made.replace(file)
                return
            said += f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()[-500:]}\n"
        raise OSError(said.strip())
