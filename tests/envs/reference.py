"""The slow, obvious vector environment that every backend is compared with: `gym.make`, one by one."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np


class Reference:
    """Sub-environment i reset with seed + i, later resets unseeded, same-step reset. Raw observations, in lists."""

    def __init__(self, env_id: str, num_envs: int, wrappers=(), **options: Any) -> None:
        self.envs = [gym.make(env_id, **options) for _ in range(num_envs)]
        for wrapper in wrappers:
            self.envs = [wrapper(env) for env in self.envs]

    def reset(self, seed: int) -> list[Any]:
        return [self._reset(env, seed + i) for i, env in enumerate(self.envs)]

    def step(self, actions):
        obs, reward, terminated, truncated, final = [], [], [], [], []
        for env, action in zip(self.envs, actions):
            value, gain, ended, cut, _ = env.step(action)
            final.append(value)
            obs.append(self._reset(env, None) if ended or cut else value)
            reward.append(gain)
            terminated.append(bool(ended))
            truncated.append(bool(cut))
        return obs, reward, terminated, truncated, final

    def _reset(self, env, seed):
        bare = env.unwrapped
        if type(bare).__name__ in ("BipedalWalker", "CarRacing"):
            import Box2D  # the one change that the reference makes to Gymnasium's class: a new world at each reset

            bare._destroy()
            bare.terrain = bare.road = None
            bare.world = Box2D.b2World((0, 0)) if type(bare).__name__ == "CarRacing" else Box2D.b2World()
        return env.reset(seed=seed)[0]

    def sample(self, rng: np.random.Generator):
        """One random action per sub-environment, drawn from `rng` alone."""
        space: Any = self.envs[0].action_space
        if isinstance(space, gym.spaces.Discrete):
            return rng.integers(space.n, size=len(self.envs)) + int(space.start)
        return rng.uniform(space.low, space.high, (len(self.envs), *space.shape)).astype(np.float32)


def assert_same(got, want, dtype=np.float32) -> None:
    """Bit for bit after the cast that the protocol states."""
    np.testing.assert_array_equal(np.asarray(got), np.asarray(want).astype(dtype), strict=True)


def assert_equal_run(env, reference: Reference, seed: int, steps: int, rng: np.random.Generator) -> int:
    """Runs both with the same random actions; returns how many episodes ended."""
    dtype: Any = np.uint8 if env.single_observation_space.dtype == np.uint8 else np.float32
    if isinstance(env.single_observation_space, gym.spaces.Discrete):
        dtype = np.int64
    ended = 0
    assert_same(env.reset(seed), reference.reset(seed), dtype)
    for _ in range(steps):
        action = reference.sample(rng)
        got = env.step(action)
        obs, reward, terminated, truncated, final = reference.step(action)
        assert_same(got.obs, obs, dtype)
        assert_same(got.reward, reward)
        assert_same(got.terminated, terminated, np.bool_)
        assert_same(got.truncated, truncated, np.bool_)
        assert_same(got.final_obs, final, dtype)
        over = sum(t or c for t, c in zip(terminated, truncated))
        assert (got.final_obs is got.obs) == (over == 0)
        ended += over
    return ended
