from typing import Any

import numpy as np
import pytest

from rlt import envs
from tests.envs.reference import Reference, assert_equal_run

BODY = ("include_cinert_in_observation", "include_cvel_in_observation", "include_qfrc_actuator_in_observation")
WITHOUT = dict.fromkeys((*BODY, "include_cfrc_ext_in_observation", "exclude_current_positions_from_observation"), False)
SHOW_ALL = {"exclude_current_positions_from_observation": False}
NEVER = {"terminate_when_unhealthy": False}

# Every task; every boolean argument both ways; ranges and weights changed once.
CASES: list[tuple[str, dict[str, Any]]] = [
    ("HalfCheetah-v5", {}),
    ("HalfCheetah-v5", {**SHOW_ALL, "frame_skip": 3, "ctrl_cost_weight": 0.3, "reset_noise_scale": 0.2}),
    ("Hopper-v5", {}),
    ("Hopper-v5", {**SHOW_ALL, **NEVER, "healthy_state_range": (-2.0, 2.0), "healthy_reward": 0.7}),
    ("Walker2d-v5", {}),
    ("Walker2d-v5", {**SHOW_ALL, **NEVER, "forward_reward_weight": 1.3}),
    ("Swimmer-v5", {}),
    ("Swimmer-v5", SHOW_ALL),
    ("Ant-v5", {}),
    ("Ant-v5", {**SHOW_ALL, **NEVER, "include_cfrc_ext_in_observation": False, "main_body": 2}),
    ("Ant-v5", {"contact_cost_weight": 0.01, "contact_force_range": (-2.0, 3.0)}),
    ("Humanoid-v5", {}),
    ("Humanoid-v5", {**WITHOUT, **NEVER, "contact_cost_weight": 1e-3}),
    ("HumanoidStandup-v5", {}),
    ("HumanoidStandup-v5", {**WITHOUT, "impact_cost_weight": 1e-3}),
    ("InvertedPendulum-v5", {}),
    ("InvertedDoublePendulum-v5", {}),
    ("Reacher-v5", {"reward_dist_weight": 1.1}),
    ("Pusher-v5", {"reward_near_weight": 0.4}),
]


@pytest.mark.parametrize(("env_id", "options"), CASES, ids=lambda v: v if isinstance(v, str) else "")
def test_native_gives_the_numbers_of_gym_make_through_resets(env_id, options):
    options = {"max_episode_steps": 60, **options}
    env = envs.make(env_id, 3, backend="native", **options)
    ended = assert_equal_run(env, Reference(env_id, 3, **options), 13, 150, np.random.default_rng(8))
    assert ended >= 3
    env.close()


RAW = ["HalfCheetah-v5", "Ant-v5", "Humanoid-v5", "Pusher-v5", "InvertedDoublePendulum-v5"]


@pytest.mark.parametrize("env_id", RAW)
def test_native_is_equal_before_the_cast_as_well(env_id):
    env: Any = envs.make(env_id, 2, backend="native")
    reference = Reference(env_id, 2)
    rng = np.random.default_rng(0)
    env.reset(3), reference.reset(3)
    task = env._task
    for _ in range(60):
        action = reference.sample(rng)
        task.start(action)
        task.wait()
        parts, reward, _ = task.outcome(task._before, action)
        obs = np.concatenate(parts, axis=1)
        for i, sub in enumerate(reference.envs):
            want, gain, *_ = sub.step(action[i])
            np.testing.assert_array_equal(obs[i], want)
            assert reward[i] == gain


@pytest.fixture
def way(request, monkeypatch):
    """Makes the tasks step in one way, on so many threads."""
    from rlt.envs.mujoco import batch, compiled, threads

    name, number = request.param
    for module in (batch, compiled, threads):
        monkeypatch.setattr(module, "cores", lambda: number)
    kinds: dict[str, Any] = {"compiled": compiled.CompiledPhysics, "batch": batch.NativeBatch, "threads": threads.ThreadedPhysics}
    for other in ("compiled", "batch"):
        if other == name:
            assert kinds[other].exists()
        else:
            monkeypatch.setattr(kinds[other], "exists", staticmethod(lambda: False))
    return kinds[name]


WAYS = [("compiled", 1), ("compiled", 2), ("compiled", 5), ("threads", 1), ("threads", 5)]
BATCHED = [("batch", 1), ("batch", 5)]  # not for Ant, which reads more than the state


@pytest.mark.parametrize(
    ("env_id", "way"), [*(("Hopper-v5", way) for way in WAYS + BATCHED), *(("Ant-v5", way) for way in WAYS)], ids=str,
    indirect=["way"],
)
def test_neither_the_way_of_stepping_nor_the_number_of_threads_changes_a_number(env_id, way):
    options: dict[str, Any] = {"max_episode_steps": 40}
    env: Any = envs.make(env_id, 7, backend="native", **options)
    assert type(env._task.physics) is way
    assert assert_equal_run(env, Reference(env_id, 7, **options), 0, 60, np.random.default_rng(1)) > 3
    env.close()


def test_an_error_on_a_thread_reaches_the_caller():
    from rlt.envs.mujoco.threads import Threads

    def work(i):
        if i == 3:
            raise ValueError("three")

    threads = Threads(work, 8, threads=2)
    for _ in range(2):
        threads.start()
        with pytest.raises(ValueError, match="three"):
            threads.wait()
    threads.close()


@pytest.mark.parametrize("backend", ["sync", "native"])
def test_mujocos_warnings_are_logged_once_and_leave_no_file(backend, caplog, monkeypatch, tmp_path):
    from rlt.envs.mujoco import messages

    monkeypatch.setattr(messages, "_said", set())
    monkeypatch.chdir(tmp_path)
    env: Any = envs.make("HalfCheetah-v5", 3, backend=backend)
    env.reset(0)
    datas = env._task.datas if backend == "native" else [sub.unwrapped.data for sub in env._group.envs]
    for i, data in enumerate(datas):
        data.qpos[3] = 1e30
        if backend == "native":
            env._task.physics.put(i)
    with caplog.at_level("WARNING"):
        env.step(np.zeros((3, 6), np.float32))
    assert [record.message.partition("DOF")[0] for record in caplog.records] == ["MuJoCo: Nan, Inf or huge value in QPOS at "]
    assert not list(tmp_path.iterdir())
    env.close()
