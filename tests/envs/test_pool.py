import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rlt import envs
from rlt.errors import EnvironmentFault, NumericsError, SpaceError
from tests.envs import toys
from tests.envs.continue_elsewhere import trajectory
from tests.envs.reference import Reference, assert_equal_run

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
    return [worker.process.pid for worker in env._workers]


@pytest.mark.parametrize(
    ("env_id", "options", "steps"),
    [
        ("LunarLander-v3", {}, 300),
        ("BipedalWalker-v3", {"max_episode_steps": 60}, 150),
        ("CarRacing-v3", {"max_episode_steps": 9}, 20),
        ("Hopper-v5", {}, 100),
    ],
)
def test_pool_gives_the_numbers_of_gym_make_whatever_the_number_of_workers(env_id, options, steps):
    num_envs = 2 if env_id == "CarRacing-v3" else 5
    with envs.make(env_id, num_envs, backend="pool", workers=2, **options) as env:  # type: ignore[attr-defined]
        assert assert_equal_run(env, Reference(env_id, num_envs, **options), 7, steps, np.random.default_rng(1)) >= 2


def test_a_state_restores_into_a_pool_with_other_workers():
    two, three = (envs.make("LunarLander-v3", 3, backend="pool", workers=w) for w in (2, 3))
    rng = np.random.default_rng(0)
    actions = rng.integers(4, size=(400, 3))
    two.reset(0)
    for action in actions[:200]:
        two.step(action)
    assert two.inexact_resume is None
    three.set_state(two.get_state())
    for a, b in zip(trajectory(two, actions[200:]), trajectory(three, actions[200:])):
        for x, y in zip(a, b):
            np.testing.assert_array_equal(x, y)
    two.close(), three.close()


def test_spaces_masks_wrappers_functions_and_scripts_registrations_reach_the_workers():
    nested = envs.make(toys.Nested, 3, backend="pool", workers=2)
    obs = nested.reset(0)
    assert obs["body"][1].tolist() == [[0, 0]] * 3
    step = nested.step({"arm": torch.zeros(3, 2), "gear": torch.tensor([0, 1, 3])})
    assert step.obs["camera"].dtype == torch.uint8
    masked: Any = envs.make(toys.Masked, 2, backend="pool", workers=2)
    masked.reset(0)
    assert masked.action_mask.tolist() == [[True, False, True]] * 2
    assert masked.step([0, 0]).action_mask.tolist() == [[True, True, True]] * 2
    short = 2
    local = envs.make(lambda: toys.Toy(short), 2, backend="pool", wrappers=[lambda env: env])  # cloudpickle takes these
    local.reset(0)
    assert [bool(local.step([0, 0]).terminated.all()) for _ in range(2)] == [False, True]
    for env in (nested, masked, local):
        env.close()


def test_autoreset_modes_are_those_of_sync():
    for mode in ("next_step", "disabled"):
        pool, sync = (envs.make("CartPole-v1", 3, backend=b, autoreset=mode) for b in ("pool", "sync"))
        assert pool.reset(1).equal(sync.reset(1))
        for action in np.random.default_rng(0).integers(2, size=(60, 3)):
            a: Any = pool.step(action)
            b: Any = sync.step(action)
            assert all(x.equal(y) for x, y in zip(a[:5], b[:5]))
            over = a.terminated | a.truncated
            if mode == "disabled" and over.any():
                assert pool.reset(only=over).equal(sync.reset(only=over))  # type: ignore[call-arg]
        pool.close()


def test_a_slow_learner_and_the_workers_overlap():
    """What is measured is that the workers were done while nobody waited for them, not how fast they are."""
    env: Any = envs.make(toys.Toy, 2, backend="pool", workers=2)
    env.reset(0)
    env.send([1, 2])
    deadline = time.monotonic() + 10
    while not all(worker.pipe.poll() for worker in env._workers):
        assert time.monotonic() < deadline
    assert env.recv().reward.tolist() == [1.0, 2.0]
    env.close()


def fault_of(env: Any, error: Any, action: int = 1) -> str:
    """Steps until it fails; every worker must be gone within seconds."""
    watched = pids(env)
    env.reset(0)

    def run() -> None:
        for _ in range(6):
            env.step([action] * env.num_envs)

    with pytest.raises(error) as caught:
        run()
    assert gone(watched)
    with pytest.raises(EnvironmentFault, match="after close"):
        env.step([action] * env.num_envs)
    env.close()
    return str(caught.value)


def test_a_worker_that_ends_is_named_with_its_environments_and_actions():
    text = fault_of(envs.make(toys.Exits, 4, backend="pool", workers=2), EnvironmentFault)
    assert re.search(r"worker [01] \(sub-environments . to .\) ended with exit code 3", text)
    assert "last actions: array([1, 1])" in text


def test_a_killed_worker_is_named_with_its_signal():
    env: Any = envs.make(toys.Toy, 2, backend="pool", workers=2)
    env.reset(0)
    os.kill(pids(env)[1], signal.SIGKILL)
    assert gone(pids(env)[1:])
    with pytest.raises(EnvironmentFault, match=r"worker 1 \(sub-environment 1\) ended by SIGKILL"):
        env.step([0, 0])
    assert gone(pids(env))


def test_a_hung_worker_is_named_and_the_pool_ends():
    started = time.monotonic()
    text = fault_of(envs.make(toys.Hangs, 2, backend="pool", workers=1, timeout=3.0), EnvironmentFault)
    assert "worker 0 (sub-environments 0 to 1) did not finish a step" in text
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        (toys.Raises, EnvironmentFault, "sub-environment [01] failed in step 4"),
        (toys.NanReward, NumericsError, "sub-environment [01] gave the reward nan in step 2"),
        (toys.WrongShapeLater, EnvironmentFault, r"expected: shape \(2,\)"),
    ],
)
def test_faults_of_environments_read_as_in_sync(target, error, message):
    assert re.search(message, fault_of(envs.make(target, 2, backend="pool", workers=2), error))


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


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT, None], ids=["SIGKILL", "Ctrl-C", "forgotten close"])
def test_no_worker_outlives_its_owner(end):
    code = (
        "import sys, time; from rlt import envs; from tests.envs.test_pool import pids; from tests.envs import toys\n"
        "env = envs.make(toys.Hangs, 2, backend='pool', workers=2); env.reset(0)\n"
        "print(*pids(env), flush=True)\n"
        "env.send([0, 0]); sys.stdin.read()"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", code],
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


def test_workers_import_no_torch():
    code = "import sys, rlt.envs.pool.worker; print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.strip() == "False"
