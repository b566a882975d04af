"""What PPO learns from: a rollout's values, log-probabilities and advantages, against a plain loop in float64."""

from __future__ import annotations

import copy
from typing import NamedTuple

import gymnasium as gym
import numpy as np
import pytest
import torch

from rlt import envs
from rlt.agents import PPO
from tests.agents import tiny

TIME, ENVS, ROLLOUTS, SEED = 6, 4, 4, 7
GAMMA, LAMBDA, CLIP_OBS, CLIP_REWARD = 0.9, 0.8, 1.2, 1.5
NORMALISED = {
    "normalize_observation": True, "normalize_reward": True, "clip_observation": CLIP_OBS, "clip_reward": CLIP_REWARD,
}


class Ends(tiny.Tiny):
    """Terminated, truncated, or both, by chance; the reward depends on the action that arrived."""

    observation_space = gym.spaces.Box(-100, 100, (3,), np.float32)
    action_space = gym.spaces.Box(-0.3, 0.3, (2,), np.float32)

    def see(self):
        return self.np_random.normal(2, 3, size=3).astype(np.float32)

    def step(self, action):
        assert self.action_space.contains(action)
        reward = float(action.sum() + self.np_random.normal(1, 3))
        ends = self.np_random.random(2) < 0.2
        return self.see(), reward, bool(ends[0]), bool(ends[1]), {}


class Watched(PPO):
    """Keeps each rollout's targets, and the policy as it was then."""

    def _targets(self):
        kept = copy.deepcopy(self.policy)
        batch = super()._targets()
        self.__dict__.setdefault("seen", []).append((kept, batch._make(part.clone() for part in batch)))  # storage is reused
        return batch


class Played(NamedTuple):
    """One step of one environment."""

    obs: np.ndarray
    reward: float
    terminated: bool
    truncated: bool
    next_obs: np.ndarray


def played(actions):
    """The steps that these actions make in environments of our own, `[env][time]`."""
    found = []
    for i in range(ENVS):
        env, steps = Ends(), []
        obs = env.reset(seed=SEED + i)[0]
        for action in actions[:, i]:
            next_obs, reward, terminated, truncated, _ = env.step(action.clip(-0.3, 0.3))
            steps.append(Played(obs, reward, terminated, truncated, next_obs))
            obs = env.reset()[0] if terminated or truncated else next_obs
        found.append(steps)
    return found


class Oracle:
    """Everything from the definitions, in float64: statistics of all that was seen, then each number by itself."""

    def __init__(self, steps, rollout, policy, normalised):
        self.steps, self.first, self.policy = steps, rollout * TIME, policy.double()
        self.mean, self.std, self.scale = 0.0, 1.0, None
        if normalised:
            if rollout:  # statistics are those of the rollouts before: the policy acted with them
                before = np.array([s.obs for row in steps for s in row[: self.first]], np.float64)
                self.mean, self.std = before.mean(0), np.sqrt(before.var(0) + 1e-8)
            returns = []
            for row in steps:
                total = 0.0
                for s in row[: self.first + TIME]:
                    total = GAMMA * total + s.reward
                    returns.append(total)
                    total = 0.0 if s.terminated or s.truncated else total
            self.scale = np.sqrt(np.var(returns) + 1e-8)

    def output(self, obs):
        """The network's answer to one raw observation."""
        seen = (obs.astype(np.float64) - self.mean) / self.std
        if self.scale is not None:
            seen = np.clip(seen, -CLIP_OBS, CLIP_OBS)
        with torch.no_grad():
            mean, value = self.policy.network(torch.from_numpy(seen).unsqueeze(0))
        return mean[0], float(value)

    def value(self, obs):
        return self.output(obs)[1]

    def log_prob(self, obs, action):
        std = self.policy.log_std.detach().exp()
        return float(torch.distributions.Normal(self.output(obs)[0], std).log_prob(torch.from_numpy(action).double()).sum())

    def reward(self, raw):
        return raw if self.scale is None else float(np.clip(raw / self.scale, -CLIP_REWARD, CLIP_REWARD))

    def advantages(self, env):
        """The λ-sum of temporal differences, each forward from its own step to the end of episode or rollout."""
        row = self.steps[env][self.first : self.first + TIME]
        deltas = [
            self.reward(s.reward) + (0.0 if s.terminated else GAMMA * self.value(s.next_obs)) - self.value(s.obs) for s in row
        ]
        found = []
        for t in range(TIME):
            total, weight = 0.0, 1.0
            for k in range(t, TIME):
                total += weight * deltas[k]
                weight *= GAMMA * LAMBDA
                if row[k].terminated or row[k].truncated:
                    break
            found.append(total)
        return found


@pytest.fixture(scope="module", params=[False, True], ids=["raw", "normalised"])
def learned(request):
    """Whether it normalises, each rollout's policy and targets, its metrics, and the steps that its actions made."""
    agent = Watched(
        envs.make(Ends, ENVS, backend="sync", seed=SEED), seed=0, n_steps=TIME, minibatch_size=12, n_epochs=2, gamma=GAMMA,
        gae_lambda=LAMBDA, learning_rate=1e-2, model={"hidden": [16], "log_std_init": -0.7},
        **(NORMALISED if request.param else {}),
    )
    metrics = agent.advance(agent.begin(ROLLOUTS * TIME * ENVS))
    actions = torch.cat([batch.action.view(TIME, ENVS, 2) for _, batch in agent.seen]).numpy()
    return request.param, agent.seen, metrics, played(actions)


def test_the_rollouts_hold_every_kind_of_end_within_and_at_their_boundaries(learned):
    *_, steps = learned
    kinds = {(s.terminated, s.truncated) for row in steps for s in row}
    last = {(row[t].terminated, row[t].truncated) for row in steps for t in range(TIME - 1, TIME * ROLLOUTS, TIME)}
    assert len(kinds) == 4
    assert len(last) == 4


def test_values_log_probabilities_advantages_and_targets_are_those_of_a_plain_loop(learned):
    normalised, seen, _, steps = learned
    for rollout, (policy, batch) in enumerate(seen):
        oracle = Oracle(steps, rollout, policy, normalised)
        rows = [[steps[i][rollout * TIME + t] for i in range(ENVS)] for t in range(TIME)]
        actions = batch.action.view(TIME, ENVS, 2).numpy()
        value = np.array([[oracle.value(s.obs) for s in row] for row in rows])
        log_prob = np.array([[oracle.log_prob(s.obs, a) for s, a in zip(row, acted)] for row, acted in zip(rows, actions)])
        advantage = np.array([oracle.advantages(i) for i in range(ENVS)]).T
        for name, expected in (
            ("value", value), ("log_prob", log_prob), ("advantage", advantage), ("target", advantage + value),
        ):
            got = getattr(batch, name).view(TIME, ENVS).numpy()
            np.testing.assert_allclose(got, expected, rtol=1e-4, atol=2e-5, err_msg=f"{name}, rollout {rollout}")


def test_observations_in_the_batch_are_normalised_by_what_was_seen_before_the_rollout(learned):
    normalised, seen, _, steps = learned
    for rollout, (policy, batch) in enumerate(seen):
        oracle = Oracle(steps, rollout, policy, normalised)
        raw = np.array([[row[rollout * TIME + t].obs for row in steps] for t in range(TIME)], np.float64)
        expected = (raw - oracle.mean) / oracle.std
        expected = expected.clip(-CLIP_OBS, CLIP_OBS) if normalised else expected
        np.testing.assert_allclose(batch.obs.view(TIME, ENVS, 3).numpy(), expected, rtol=1e-4, atol=1e-5)


def test_the_logged_explained_variance_is_the_share_of_the_targets_variance(learned):
    normalised, seen, metrics, steps = learned
    expected = []
    for rollout, (policy, _) in enumerate(seen):
        oracle = Oracle(steps, rollout, policy, normalised)
        value = np.array([[oracle.value(s.obs) for s in row[rollout * TIME : (rollout + 1) * TIME]] for row in steps])
        target = value + np.array([oracle.advantages(i) for i in range(ENVS)])
        expected.append(1 - np.var(target - value) / np.var(target))
    np.testing.assert_allclose(metrics["ppo/explained_variance"].numpy(), expected, rtol=1e-3, atol=1e-4)
