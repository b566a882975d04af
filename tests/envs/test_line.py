"""Two sides that wait for each other hear every number, in order, whether they look or sleep."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from rlt.envs.pool import line


@pytest.fixture
def ends() -> Iterator[tuple[line.Line, line.Line, list[int]]]:
    """Both ends of a line in one process, and a list that grows with each time that a side slept."""
    cells, sockets = memoryview(bytearray(line.SIZE)).cast("q"), socket.socketpair()
    slept: list[int] = []

    def end(side: int) -> line.Line:
        def sleep() -> None:
            slept.append(side)
            assert sockets[side].recv(1) == line.WAKE

        return line.Line(cells, side, lambda: sockets[side].sendall(line.WAKE), sleep)

    yield end(0), end(1), slept
    for one in sockets:
        one.close()


@pytest.mark.parametrize("looks", [True, False])
def test_every_number_is_heard_in_order_at_any_pace(looks, ends, monkeypatch):
    monkeypatch.setattr(line, "_LOOKS", looks and line._LOOKS)
    owner, worker, slept = ends

    def answer() -> None:
        for t in range(200):
            heard = worker.hear()
            if t % 50 == 0:
                time.sleep(0.003)  # longer than anybody looks
            worker.say(heard + 1)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    heard = []
    for t in range(200):
        if t % 50 == 25:
            time.sleep(0.003)
        owner.say(t)
        heard.append(owner.hear())
    thread.join(10)
    assert heard == list(range(1, 201))
    assert slept


def test_one_that_was_interrupted_while_it_looked_sleeps_for_a_while(ends, monkeypatch):
    monkeypatch.setattr(line, "_CROWDED", -1.0)  # every look counts as interrupted
    owner, worker, slept = ends
    for t in range(3):
        threading.Timer(0.02, worker.say, (t,)).start()
        assert owner.hear() == t
    assert len(slept) >= 3


def test_a_number_that_is_there_already_is_heard_without_sleep(ends):
    owner, worker, slept = ends
    worker.say(7)
    assert owner.is_due
    assert owner.hear() == 7
    assert not owner.is_due
    assert not slept
