"""Recorded steps of Gymnasium's vector environments: the same transitions in each of its three autoreset modes."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from rlt import envs
from rlt.envs.autoreset import TransitionReader, mode_of
from rlt.errors import ConfigError, EnvironmentFault
from tests.envs import toys

NUM_ENVS = 3
CASES = {
    "CartPole": lambda: gym.make("CartPole-v1"),
    "LunarLander": lambda: gym.make("LunarLander-v3", max_episode_steps=30),
    "Hopper": lambda: gym.make("Hopper-v5"),
    "nested": toys.Nested,
    "counted from 5": toys.Shifted,
}


def recorded(make: Any, mode: AutoresetMode, length: int) -> list[list[tuple[Any, ...]]]:
    """For each sub-environment its first `length` transitions. Each takes its actions from a list of its own, one for each
    transition: a reset takes none."""
    env = SyncVectorEnv([make] * NUM_ENVS, autoreset_mode=mode)
    reader = TransitionReader(str(mode_of(env)), env.single_observation_space, NUM_ENVS)
    space = env.single_action_space
    space.seed(1)
    coming: Any = [[space.sample() for _ in range(length)] for _ in range(NUM_ENVS)]
    found: list[list[Any]] = [[] for _ in range(NUM_ENVS)]
    reader.begin(env.reset(seed=7)[0])
    while min(map(len, found)) < length:
        rows = [coming[i][min(len(found[i]), length - 1)] for i in range(NUM_ENVS)]
        action = gym.vector.utils.concatenate(space, rows, gym.vector.utils.create_empty_array(space, NUM_ENVS))
        step = reader.read(action, *env.step(action))
        for k, i in enumerate(step.rows):
            parts = (*step[1:2], *step[3:])
            found[i].append([[array[k] for array in part] if isinstance(part, list) else part[k] for part in parts])
        if mode is AutoresetMode.DISABLED and reader.over.any():
            ended = reader.over.copy()
            reader.begin(env.reset(options={"reset_mask": ended})[0], ended)
    env.close()
    return [rows[:length] for rows in found]


@pytest.mark.parametrize("case", CASES)
def test_transitions_are_equal_to_the_bit_in_every_mode(case):
    first, *others = (recorded(CASES[case], mode, 60) for mode in AutoresetMode)
    assert sum(bool(t[2] or t[3]) for rows in first for t in rows) >= 3
    for other in others:
        for a, b in zip(first, other):
            for t, (x, y) in enumerate(zip(a, b, strict=True)):
                for got, want in zip(x, y):
                    for p, q in zip(*((v if isinstance(v, list) else [v]) for v in (got, want)), strict=True):
                        np.testing.assert_array_equal(p, q, err_msg=f"transition {t}", strict=True)


def test_transitions_are_those_of_our_own_vector_environments():
    env = envs.make("CartPole-v1", NUM_ENVS)
    before = env.reset(7)
    gymnasiums = SyncVectorEnv([CASES["CartPole"]] * NUM_ENVS, autoreset_mode=AutoresetMode.SAME_STEP)
    reader = TransitionReader("same_step", gymnasiums.single_observation_space, NUM_ENVS)
    reader.begin(gymnasiums.reset(seed=7)[0])
    for action in np.random.default_rng(0).integers(2, size=(80, NUM_ENVS)):
        ours, made = env.step(action), reader.read(action, *gymnasiums.step(action))
        np.testing.assert_array_equal(made.obs[0], before)
        for mine, part in zip((ours.final_obs, ours.reward, ours.terminated, ours.truncated),
                              (made.next_obs[0], made.reward, made.terminated, made.truncated)):  # fmt: skip
            np.testing.assert_array_equal(part, mine)
        before = ours.obs


class Counting(gym.vector.VectorEnv):
    """Steps all its copies by itself; copy i ends after 2 + i steps."""

    metadata: dict[str, Any] = {"autoreset_mode": AutoresetMode.SAME_STEP}

    def __init__(self, num_envs: int, first: int = 0) -> None:
        self.num_envs, self.first = num_envs, first
        self.single_observation_space = gym.spaces.Box(-100, 100, (1,), np.float64)
        self.single_action_space = gym.spaces.Discrete(3, start=1)
        self.observation_space = gym.vector.utils.batch_space(self.single_observation_space, num_envs)
        self.action_space = gym.vector.utils.batch_space(self.single_action_space, num_envs)

    def reset(self, *, seed=None, options=None):
        mask = (options or {}).get("reset_mask", np.ones(self.num_envs, bool))
        self.x = np.where(mask, self.first, getattr(self, "x", 0))
        return self.x[:, None].astype(float), {}

    def step(self, action):
        self.x = self.x + action
        over = self.x >= 2 + np.arange(self.num_envs)
        reached, info = self.x[:, None].astype(float), {}
        if self.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP and over.any():
            info = {"final_obs": reached.copy(), "_final_obs": over}
            self.x = np.where(over, self.first, self.x)
        return self.x[:, None].astype(float), action.astype(float), over, np.zeros_like(over), info


class CountingDisabled(Counting):
    metadata: dict[str, Any] = {"autoreset_mode": AutoresetMode.DISABLED}


class CountingNextStep(Counting):
    metadata: dict[str, Any] = {"autoreset_mode": AutoresetMode.NEXT_STEP}


class CountingSaved(Counting):
    def get_state(self):
        return {"x": self.x.copy()}

    def set_state(self, state):
        self.x = np.array(state["x"])


@pytest.mark.parametrize("cls", [Counting, CountingDisabled])
def test_a_vector_environment_of_ones_own_is_reset_in_the_same_step(cls):
    env = envs.make(cls, 3)
    assert env.backend == "vector"
    assert env.reset(0).tolist() == [[0], [0], [0]]
    seen = [env.step([0, 0, 1]) for _ in range(3)]
    assert [s.obs[:, 0].tolist() for s in seen] == [[1, 1, 2], [0, 2, 0], [1, 0, 2]]
    assert [s.final_obs[:, 0].tolist() for s in seen] == [[1, 1, 2], [2, 2, 4], [1, 3, 2]]
    assert [s.terminated.tolist() for s in seen] == [[False] * 3, [True, False, True], [False, True, False]]
    assert seen[0].reward.tolist() == [1, 1, 2], "actions are counted from 0 for agents"
    assert "offers no get_state" in str(env.inexact_resume)
    assert env.set_state(env.get_state()).tolist() == [[0], [0], [0]]
    assert env.twin(2).num_envs == 2


def test_a_vector_environment_with_states_restores():
    env, other = (envs.make("tests.envs.test_transitions:CountingSaved", 3, first=-2) for _ in range(2))
    env.reset(0)
    env.step([1, 1, 1])
    assert env.inexact_resume is None
    assert other.set_state(env.get_state()).equal(env.set_state(env.get_state()))
    assert other.step([1, 0, 1]).obs.equal(env.step([1, 0, 1]).obs)


def test_a_vector_environment_that_resets_on_the_next_step_is_refused():
    with pytest.raises(EnvironmentFault, match="resets only on the step after"):
        envs.make(CountingNextStep, 2)
    with pytest.raises(ConfigError, match="steps all its copies by itself"):
        envs.make(Counting, 2, backend="pool")
    with pytest.raises(ConfigError, match="looks at single environments"):
        envs.check(Counting)
    with pytest.raises(ConfigError, match="backend=vector is for classes of"):
        envs.make("CartPole-v1", 2, backend="vector")


def test_a_missing_final_observation_and_a_step_after_the_end_are_named():
    space = gym.spaces.Box(-1, 1, (1,), np.float32)
    flags = np.array([True, False]), np.array([False, False])
    same, disabled = (TransitionReader(mode, space, 2) for mode in ("same_step", "disabled"))
    for reader in (same, disabled):
        reader.begin(np.zeros((2, 1)))
    with pytest.raises(EnvironmentFault, match="no final observation"):
        same.read([0, 0], np.zeros((2, 1)), [0, 0], *flags, {})
    disabled.read([0, 0], np.zeros((2, 1)), [0, 0], *flags, {})
    with pytest.raises(EnvironmentFault, match="sub-environment 0, whose episode has ended"):
        disabled.read([0, 0], np.zeros((2, 1)), [0, 0], *flags, {})
