"""One evaluation for both sides: the same episodes of Gymnasium's own environment, the most likely actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np

FIRST_SEED = 2**31
"""Of the evaluation's episodes: above every seed that either side trains with (SB3: seed + i, ours: below 2**30)."""

EPISODES = 100

Act = Callable[[np.ndarray[Any, Any]], Any]
"""Observations `[batch, …]` to actions `[batch, …]`, both numpy."""


def play(env_id: str, act: Act, episodes: int = EPISODES) -> list[float]:
    """Undiscounted returns; episode i is that of the environment reset with `FIRST_SEED + i`. All of them are played at once."""
    envs = [gym.make(env_id) for _ in range(episodes)]
    obs = [env.reset(seed=FIRST_SEED + i)[0] for i, env in enumerate(envs)]
    returns, playing = [0.0] * episodes, list(range(episodes))
    while playing:
        actions = act(np.stack([obs[i] for i in playing]))
        going = []
        for i, action in zip(playing, actions):
            obs[i], reward, terminated, truncated, _ = envs[i].step(action)
            returns[i] += float(reward)
            if not (terminated or truncated):
                going.append(i)
        playing = going
    for env in envs:
        env.close()
    return returns


def play_at_random(env_id: str, episodes: int = EPISODES) -> list[float]:
    """The returns of uniformly drawn actions: the low end of the range."""
    env = gym.make(env_id)
    space = env.action_space
    env.close()
    space.seed(FIRST_SEED)
    return play(env_id, lambda obs: [space.sample() for _ in obs], episodes)
