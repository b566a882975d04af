"""Some of the sub-environments and their part of the shared memory: what a worker process does when it is asked.

The owner may hold one share itself (`OwnShare`), so that the core on which it would wait is used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rlt.envs import faults
from rlt.envs.group import Group
from rlt.envs.layout import Arrays
from rlt.envs.pool.fault import late, numbers
from rlt.envs.pool.memory import EMPTY, Board
from rlt.envs.pool.watch import Late, Watch


class Share:
    """A group that reads its actions from a board and writes there what comes of them."""

    def __init__(self, build: Callable[[], Group]) -> None:
        self._build, self.group = build, build()
        self.board: Board = EMPTY
        """The rows of these sub-environments, once the memory is sized."""

    def renew(self) -> None:
        """Builds every environment anew."""
        self.group.close()
        self.group = self._build()

    def step(self, actions: Arrays | None = None) -> bool:
        """One step with the board's actions, or others; says whether an episode ended."""
        board = self.board
        board.terminated[:] = board.truncated[:] = False
        given = board.actions if actions is None else actions
        ended = self.group.step(given, board.obs, board.final, board.reward, board.terminated, board.truncated, board.mask)
        return bool(ended)

    def call(self, name: str, *arguments: Any) -> Any:
        """Anything else that an owner asks by name."""
        group, board = self.group, self.board
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
            return self._catch_up(*arguments)
        if name == "render":
            return group.render(arguments[0])
        if name == "inexact_resume":
            return group.inexact_resume
        raise ValueError(name)

    def _catch_up(self, state: Any, entries: list[tuple[str, Any]], masks: bool) -> None:
        """Makes the resets and steps that were made since `state`."""
        self.group.set_state(state, self.board.obs, self.board.mask if masks else None)
        for what, value in entries:
            if what == "reset":
                self.group.reset(value[0], self.board.obs, self.board.mask, value[1])
            else:
                self.step(value)


class OwnShare(Share):
    """The share of the owner, which speaks with it as with a worker: what is started is done when the answer is wanted.

    What does not return in time is interrupted (`rlt.envs.pool.watch`) and told as of a worker that hangs.
    """

    def __init__(self, env_id: str, build: Callable[[], Group], share: range, seconds: float) -> None:
        self.number, self.share, self.first, self.num_envs = 0, share, share.start, len(share)
        self._asked: Callable[[], Any] = bool
        self._env_id, self._hangs = env_id, False
        self._watch = Watch(f"{env_id}: {self!r}", seconds)
        try:
            self._in_time(lambda: super(OwnShare, self).__init__(build), "the construction")
        except BaseException:
            self._watch.close()
            raise

    def __repr__(self) -> str:
        return f"this process ({numbers(self.share)})"

    def allow(self, seconds: float) -> None:
        """How long `answer` takes at most."""
        self._watch.seconds = seconds

    def start_step(self) -> None:
        """`answer` steps."""
        self._asked = self.step

    def start_renewal(self) -> None:
        """`answer` builds its environments anew."""
        self._asked = self.renew

    def start_call(self, name: str, *arguments: Any) -> None:
        """`answer` does anything else."""
        self._asked = lambda: self.call(name, *arguments)

    def answer(self, what: str) -> Any:
        """Does what was started."""
        return self._in_time(self._asked, what)

    def _in_time(self, asked: Callable[[], Any], what: str) -> Any:
        try:
            return self._watch.call(asked, what)
        except Late as error:
            self._hangs = True
            where = faults.cause(error)[1:]
            raise late(self.share, self._env_id, self, what, self._watch.seconds, *where) from None

    def hang_up(self) -> None:
        """Nothing waits for it."""
        self._watch.close()

    def end(self, patience: float) -> None:
        """Closes its environments, unless one of them hangs: who knows where it was interrupted."""
        if not self._hangs:
            self.group.close()
