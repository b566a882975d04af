"""Workers that die, hang or meet a faulty environment; owners that end: replaced or named, and nothing is left behind."""

from __future__ import annotations

import gc
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rlt import envs
from rlt.envs.backends import pool
from rlt.envs.pool.owner import Worker
from rlt.errors import EnvironmentFault, NumericsError, SpaceError
from tests.envs import toys
from tests.envs.continue_elsewhere import trajectory

ROOT = Path(__file__).parents[2]


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pids, seconds: float = 8.0) -> bool:
    deadline = time.monotonic() + seconds
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(alive(pid) for pid in pids)


def pids(env: Any) -> list[int]:
    return [worker.process.pid for worker in env._workers if isinstance(worker, Worker)]


def assert_goes_on_as_sync(pooled: Any, sync: Any, actions: Any, kill_before: dict[int, int]) -> None:
    """Steps both; before the steps in `kill_before` the worker of that number is killed."""
    assert pooled.reset(3).equal(sync.reset(3))
    for t, action in enumerate(actions):
        if t in kill_before:
            victim = pids(pooled)[kill_before[t]]
            os.kill(victim, signal.SIGKILL)
            assert gone([victim])
        a, b = pooled.step(action), sync.step(action)
        for part in range(5):
            np.testing.assert_array_equal(np.asarray(a[part]), np.asarray(b[part]), err_msg=f"step {t}")
        over = a.terminated | a.truncated
        if pooled.autoreset == "disabled" and over.any():
            assert pooled.reset(only=over).equal(sync.reset(only=over))


@pytest.mark.parametrize(
    ("env_id", "autoreset", "options"),
    [
        ("LunarLander-v3", "same_step", {}),
        ("Hopper-v5", "same_step", {}),
        ("CartPole-v1", "next_step", {}),
        ("BipedalWalker-v3", "disabled", {"max_episode_steps": 30}),
    ],
)
def test_a_killed_worker_is_replaced_and_no_number_changes(env_id, autoreset, options, caplog):
    pooled, sync = (envs.make(env_id, 5, backend=b, workers=2, autoreset=autoreset, **options) for b in ("pool", "sync"))
    space = pooled.single_action_space
    space.seed(0)
    actions = [np.stack([space.sample() for _ in range(5)]) for _ in range(100)]
    with caplog.at_level(logging.WARNING):
        assert_goes_on_as_sync(pooled, sync, actions, {1: 0, 40: 1} if env_id == "Hopper-v5" else {70: 1})
    assert re.search(r"worker 1 \(sub-environments 2 to 4\) ended by SIGKILL; a new worker has caught up", caplog.text)
    state = pooled.get_state()
    for a, b in zip(trajectory(pooled, actions[:5]), trajectory(restored(sync, state), actions[:5])):
        for x, y in zip(a, b):
            np.testing.assert_array_equal(x, y)
    watched = pids(pooled)
    pooled.close(), sync.close()
    assert gone(watched)


def restored(env: Any, state: Any) -> Any:
    env.set_state(state)
    return env


@pytest.mark.parametrize("workers", [2, None])
def test_a_worker_killed_in_the_middle_of_a_step_is_replaced(workers, monkeypatch):
    monkeypatch.setattr(pool, "cores", lambda: 2)
    env: Any = envs.make(toys.Slow, 2, backend="pool", workers=workers)
    env.reset(0)
    env.step([0, 1])
    env.send([0, 1])
    os.kill(pids(env)[0], signal.SIGKILL)
    assert env.recv().obs[:, 0].tolist() == [2.0, 2.0]
    env.close()


def test_a_worker_that_hangs_is_replaced_where_the_next_one_does_not(tmp_path):
    env: Any = envs.make(toys.HangsOnce, 2, backend="pool", workers=2, timeout=1.0, marks=str(tmp_path))
    env.reset(0)
    first = pids(env)
    assert [env.step([1, 2]).obs[:, 0].tolist() for _ in range(4)] == [[1, 1], [2, 2], [3, 3], [4, 4]]
    assert gone([first[1]])
    assert alive(first[0])
    env.close()


def test_a_worker_is_not_replaced_for_ever(tmp_path):
    env: Any = envs.make(toys.Toy, 1, backend="pool", workers=1, length=10**6)
    env.reset(0)
    for _ in range(4):
        env.step([0])
        os.kill(pids(env)[0], signal.SIGKILL)
        assert gone(pids(env))
    with pytest.raises(EnvironmentFault, match="ended by SIGKILL"):
        env.step([0])


def fault_of(env: Any, error: Any, action: int = 1) -> str:
    """Steps until it fails; every worker must be gone within seconds."""
    watched = pids(env)
    env.reset(0)

    def run() -> None:
        for _ in range(6):
            env.step([action] * env.num_envs)

    with pytest.raises(error) as caught:
        run()
    assert gone([*watched, *pids(env)])
    with pytest.raises(EnvironmentFault, match="after close"):
        env.step([action] * env.num_envs)
    env.close()
    return str(caught.value)


def test_a_worker_that_ends_in_the_same_step_again_is_named_with_its_environments_and_actions():
    text = fault_of(envs.make(toys.Exits, 4, backend="pool", workers=2), EnvironmentFault)
    assert re.search(r"worker [01] \(sub-environments . to .\) ended with exit code 3", text)
    assert "last actions: array([1, 1])" in text


def test_a_killed_worker_whose_environments_cannot_be_saved_is_named_with_its_signal():
    env: Any = envs.make(toys.HoldsALock, 2, backend="pool", workers=2)
    env.reset(0)
    env.step([0, 0])
    os.kill(pids(env)[1], signal.SIGKILL)
    assert gone(pids(env)[1:])
    with pytest.raises(EnvironmentFault, match=r"worker 1 \(sub-environment 1\) ended by SIGKILL"):
        env.step([0, 0])
    assert gone(pids(env))


def test_a_worker_that_hangs_in_the_same_step_again_is_named_and_the_pool_ends():
    started = time.monotonic()
    text = fault_of(envs.make(toys.Hangs, 2, backend="pool", workers=1, timeout=1.0), EnvironmentFault)
    assert "worker 0 (sub-environments 0 to 1) did not finish a step" in text
    assert "fix: timeout=SECONDS if the environment is only slow" in text
    assert time.monotonic() - started < 20


@pytest.fixture
def two_cores(monkeypatch):
    """The caller steps a share itself, on any machine."""
    monkeypatch.setattr("rlt.envs.backends.pool.cores", lambda: 2)


def test_what_hangs_in_the_caller_goes_on_in_a_worker(two_cores, tmp_path, caplog):
    env: Any = envs.make(toys.HangsOnce, 2, backend="pool", timeout=1.0, marks=str(tmp_path))
    env.reset(0)
    assert len(pids(env)) == 1
    assert [env.step([2, 1]).obs[:, 0].tolist() for _ in range(4)] == [[1, 1], [2, 2], [3, 3], [4, 4]]
    assert "this process (sub-environment 0) did not finish a step in 1 s; a new worker has caught up" in caplog.text
    assert len(pids(env)) == 2
    env.close()


def test_what_hangs_in_the_caller_and_cannot_be_moved_is_named_with_its_line(two_cores):
    text = fault_of(envs.make(toys.HangsWithALock, 2, backend="pool", timeout=1.0), EnvironmentFault)
    where = r"at .*toys.py:\d+, in step: time.sleep"
    assert re.search(r"this process \(sub-environment 0\) did not finish a step in 1 s\n  " + where, text)
    assert "last actions: array([1])" in text


def test_what_cannot_be_interrupted_ends_the_process_with_a_word():
    script = """
from tests.envs import toys
import rlt.envs, rlt.envs.backends.pool as pool, rlt.envs.pool.watch as watch
pool.cores, watch._GRACE = lambda: 2, 0.5
env = rlt.envs.make(toys.HangsForGood, 2, backend="pool", timeout=0.5)
print(env._workers[1].process.pid, flush=True)
env.reset(0)
env.step([1, 1])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 2
    assert "this process (sub-environment 0) did not finish a step in 0.5 s and cannot be interrupted" in done.stderr
    assert gone([int(done.stdout)])


@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        (toys.Raises, EnvironmentFault, "sub-environment [01] failed in step 4"),
        (toys.NanReward, NumericsError, "sub-environment [01] gave the reward nan in step 2"),
        (toys.WrongShapeLater, EnvironmentFault, r"expected: shape \(2,\)"),
    ],
)
@pytest.mark.parametrize("workers", [2, None])
def test_faults_of_environments_read_as_in_sync(target, error, message, workers, monkeypatch):
    monkeypatch.setattr(pool, "cores", lambda: 2)
    assert re.search(message, fault_of(envs.make(target, 2, backend="pool", workers=workers), error))


def test_what_cannot_be_built_is_reported_by_its_own_error():
    with pytest.raises(EnvironmentFault, match="no such track"):
        envs.make(toys.CannotStart, 2, backend="pool")
    import gymnasium as gym

    with pytest.raises(SpaceError, match="Text"):
        envs.make(toys.Speaks, 2, backend="pool", space=gym.spaces.Text(3))


def test_close_in_the_middle_of_a_step_leaves_no_process():
    env: Any = envs.make(toys.Hangs, 2, backend="pool", workers=2)
    env.reset(0)
    env.send([0, 0])
    watched = pids(env)
    env.close()
    assert gone(watched)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["close", "fault", "forgotten"])
def test_nothing_is_left_of_a_pool_that_ended(how):
    def left() -> tuple[int, list[str], int]:
        gc.collect()
        maps = Path("/proc/self/maps").read_text()
        return len(os.listdir("/proc/self/fd")), sorted(os.listdir("/dev/shm")), maps.count("rlt-pool")

    before = left()

    def use() -> list[int]:
        env: Any = envs.make(toys.Raises, 2, backend="pool", workers=2)
        env.reset(0)
        for _ in range(3):
            env.step([0, 0])
        if how == "fault":
            with pytest.raises(EnvironmentFault):
                env.step([0, 0])
        elif how == "close":
            env.close()
        return pids(env)

    watched = use()
    gc.collect()
    assert gone(watched)
    assert left() == before


def test_ctrl_c_while_waiting_ends_the_pool():
    env: Any = envs.make(toys.Hangs, 2, backend="pool", workers=2)
    env.reset(0)
    watched = pids(env)
    env.send([0, 0])
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job begins with SIGINT ignored
    try:
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            env.recv()
    finally:
        signal.signal(signal.SIGINT, before)
    assert gone(watched)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT, None], ids=["SIGKILL", "Ctrl-C", "forgotten close"])
def test_no_worker_outlives_its_owner(end, warm):
    code = (
        "import sys, time; from rlt import envs; from tests.envs.test_faults import pids; from tests.envs import toys\n"
        "env = envs.make(toys.Hangs, 2, backend='pool', workers=2); env.reset(0)\n"
        "print(*pids(env), flush=True)\n"
        "env.send([0, 0]); sys.stdin.read()"
    )
    owner = subprocess.Popen(
        [warm.python if end is None else sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    )
    assert owner.stdout is not None
    assert owner.stdin is not None
    watched = [int(pid) for pid in owner.stdout.readline().split()]
    assert len(watched) == 2
    assert all(alive(pid) for pid in watched)
    if end is None:
        owner.stdin.close()
    else:
        owner.send_signal(end)
    owner.wait(20)
    assert gone(watched)
    owner.stdout.close()
    owner.stdin.close()
