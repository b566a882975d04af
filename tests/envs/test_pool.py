import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rlt import envs
from rlt.envs.backends import pool
from tests.envs import toys
from tests.envs.continue_elsewhere import trajectory
from tests.envs.reference import Reference, assert_equal_run

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("env_id", "options", "steps"),
    [
        ("LunarLander-v3", {}, 300),
        ("BipedalWalker-v3", {"max_episode_steps": 60}, 150),
        ("CarRacing-v3", {"max_episode_steps": 9}, 20),
        ("Hopper-v5", {}, 100),
    ],
)
def test_pool_gives_the_numbers_of_gym_make_whatever_the_number_of_workers(env_id, options, steps, monkeypatch):
    num_envs = 2 if env_id == "CarRacing-v3" else 5
    workers = 2 if env_id in ("CarRacing-v3", "LunarLander-v3") else None  # None: with a share of the caller's
    monkeypatch.setattr(pool, "cores", lambda: 2)
    with envs.make(env_id, num_envs, backend="pool", workers=workers, **options) as env:  # type: ignore[attr-defined]
        assert assert_equal_run(env, Reference(env_id, num_envs, **options), 7, steps, np.random.default_rng(1)) >= 2


def test_a_state_restores_into_a_pool_with_other_workers(monkeypatch):
    monkeypatch.setattr(pool, "cores", lambda: 2)
    two, three = (envs.make("LunarLander-v3", 3, backend="pool", workers=w) for w in (None, 3))
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
        pooled, sync = (envs.make("CartPole-v1", 3, backend=b, autoreset=mode) for b in ("pool", "sync"))
        assert pooled.reset(1).equal(sync.reset(1))
        for action in np.random.default_rng(0).integers(2, size=(60, 3)):
            a: Any = pooled.step(action)
            b: Any = sync.step(action)
            assert all(x.equal(y) for x, y in zip(a[:5], b[:5]))
            over = a.terminated | a.truncated
            if mode == "disabled" and over.any():
                assert pooled.reset(only=over).equal(sync.reset(only=over))  # type: ignore[call-arg]
        pooled.close()


def test_a_slow_learner_and_the_workers_overlap():
    """What is measured is that the workers were done while nobody waited for them, not how fast they are."""
    env: Any = envs.make(toys.Toy, 2, backend="pool", workers=2)
    env.reset(0)
    env.send([1, 2])
    deadline = time.monotonic() + 10
    while not all(worker.has_answered for worker in env._workers):
        assert time.monotonic() < deadline
    assert env.recv().reward.tolist() == [1.0, 2.0]
    env.close()


def test_workers_import_no_torch():
    code = "import sys, rlt.envs.pool.worker; print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.strip() == "False"
