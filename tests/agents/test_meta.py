"""Acting, storing and learning with all state on `meta`: a tensor made on another device, or a host read, fails.

What a GPU would find, without one. Generators draw on the CPU here, for none draws on meta.
"""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
import torch

from rlt.agents import DQN, PPO, SAC
from rlt.rl.trees import tree_leaves, tree_map
from rlt.rl.vector_env import Step
from rlt.shapes.spaces import example_observation

BOX = gym.spaces.Box(-1, 1, (3,), np.float32)
IMAGE = gym.spaces.Box(0, 255, (36, 36, 3), np.uint8)
DISCRETE, CONTINUOUS = gym.spaces.Discrete(4), gym.spaces.Box(-1, 1, (2,), np.float32)
NUM_ENVS = 2
REPLAY = {"buffer_size": 40, "learning_starts": 4, "batch_size": 4}


def observation(space):
    return example_observation(space, NUM_ENVS)


def step(space, ended):
    obs, flags = observation(space), torch.zeros(NUM_ENVS, dtype=torch.bool, device="meta")
    return Step(obs, torch.zeros(NUM_ENVS, device="meta"), flags, flags, observation(space) if ended else obs)


@pytest.mark.parametrize(
    ("agent_class", "space", "actions", "options"),
    [
        (DQN, BOX, DISCRETE, {"exploration": 0.5, "advantage_learning": 0.9}),
        (DQN, BOX, DISCRETE, {"double": True, "dueling": True, "tau": 0.1, "n_steps": 3}),
        (DQN, IMAGE, DISCRETE, {"model": {"name": "cnn", "features": 8}}),
        (SAC, BOX, CONTINUOUS, {}),
        (SAC, BOX, CONTINUOUS, {"policy_delay": 2, "temperature": 0.2}),
        (SAC, BOX, DISCRETE, {}),
    ],
)
def test_an_off_policy_agent_stays_on_its_device(agent_class, space, actions, options):
    agent = agent_class.for_spaces(space, actions, num_envs=NUM_ENVS, device="meta", **REPLAY | options)
    with torch.no_grad():
        for n in range(12):
            obs = agent.current_obs if n else observation(space)
            action = agent.explore(obs, n < 2)
            assert agent.for_environment(action).device.type == "meta"
            made = step(space, ended=n % 5 == 4)
            agent.replay.add(obs, action, made)
            agent.current_obs = made.obs
        assert agent.act(obs, None).device.type == "meta"
    rows = agent.update(agent.replay.sample(2, 4, agent.generators.batches))
    agent.after_step(0, 100_000)
    assert rows.shape == (2, len(agent.METRICS))
    assert rows.device.type == "meta"
    state = [*agent.policy.parameters(), *(t for t in agent.replay.storage if t is not None)]
    state += [t for s in agent.training_steps for g in s.groups.values() for t in (g.flat.buffer, *g.state.values())]
    assert {t.device.type for t in state} == {"meta"}


MIXED = gym.spaces.Dict({"x": BOX, "picture": IMAGE, "room": gym.spaces.Discrete(3), "lights": gym.spaces.MultiBinary(2)})
ACTIONS = {
    "discrete": DISCRETE, "box": CONTINUOUS, "several choices": gym.spaces.MultiDiscrete([2, 3]),
    "bits": gym.spaces.MultiBinary(2), "a dict": gym.spaces.Dict({"go": DISCRETE, "reach": CONTINUOUS}),
}


@pytest.mark.parametrize("actions", ACTIONS.values(), ids=ACTIONS)
@pytest.mark.parametrize(
    ("space", "options"),
    [
        (BOX, {}),
        (BOX, {"normalize_observation": True, "normalize_reward": True, "target_kl": 0.1, "clip_range_vf": 0.2}),
        (IMAGE, {"model": {"name": "cnn", "features": 8}}),
        (MIXED, {"normalize_observation": True}),
    ],
)
def test_ppo_stays_on_its_device(space, actions, options):
    agent = PPO.for_spaces(space, actions, num_envs=NUM_ENVS, device="meta", n_steps=4, minibatch_size=4, n_epochs=2, **options)
    obs = observation(space)
    with torch.no_grad():
        while not agent._rollout.full:
            action = agent.policy.act(obs, agent.generators.exploration)
            assert {leaf.device.type for leaf in tree_leaves(agent._for_environment(action))} == {"meta"}
            made = step(space, ended=agent._rollout.filled % 2 == 1)
            agent._rollout.add(obs, action, made)
            obs = made.obs
    from rlt.agents.ppo.update import METRICS, Coefficients

    coefficients = Coefficients(*(torch.zeros(1, device="meta") for _ in range(3)))
    rows = agent._update(agent._targets(), 4, coefficients, agent.generators.batches)
    if agent.policy.normalizer is not None:
        agent.policy.normalizer.update(tree_map(lambda part: part.flatten(0, 1), agent._rollout.obs))
    assert rows.shape == (4, len(METRICS))
    assert {t.device.type for t in (rows, *agent.policy.parameters(), *agent.policy.buffers())} == {"meta"}
