"""Agents on stacked observations: replay holds a frame once, and no number depends on it."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
import torch

from rlt import envs
from rlt.agents import DQN, SAC
from rlt.envs.wrappers import ClipReward, FrameSkip, FrameStack, Grey
from rlt.rl.replay import Replay, gather
from rlt.rl.stacked import Stacked
from rlt.rl.vector_env import Step
from rlt.store.segment import SegmentFiles
from rlt.store.tree import load_tree, save_tree

DQN_OPTIONS = {"buffer_size": 60, "learning_starts": 20, "train_freq": 3, "gradient_steps": 2, "batch_size": 8, "n_steps": 2}


@pytest.mark.parametrize(
    ("env_id", "wrappers", "stacked"),
    [
        ("CartPole-v1", [], None),
        ("CartPole-v1", [FrameStack(3)], Stacked(3, False)),
        ("CartPole-v1", [FrameStack(2, "zero"), ClipReward(-1, 1)], Stacked(2, True)),
        ("CartPole-v1", [FrameSkip(2), FrameStack(3), FrameStack(2)], Stacked(2, False)),
        ("CartPole-v1", [FrameStack(3), "flatten"], None),
        ("CarRacing-v3", [Grey(), FrameStack(4)], Stacked(4, False)),
    ],
)
def test_an_environment_says_whether_its_last_wrapper_stacks(env_id, wrappers, stacked):
    env = envs.make(env_id, 2, wrappers=wrappers)
    assert env.stacked == stacked
    assert env.twin().stacked == stacked
    env.close()


def test_parts_of_a_dict_are_not_said_to_be_stacked():
    class Parts(gym.ObservationWrapper):
        def __init__(self, env):
            super().__init__(env)
            self.observation_space = gym.spaces.Dict({"state": env.observation_space})

        def observation(self, observation):
            return {"state": observation}

    assert envs.make("CartPole-v1", 2, wrappers=[Parts, FrameStack(2)]).stacked is None


@pytest.mark.parametrize(
    ("agent_class", "env_id", "options"),
    [(DQN, "CartPole-v1", DQN_OPTIONS), (SAC, "Pendulum-v1", DQN_OPTIONS | {"n_steps": 1})],
)
def test_an_agent_learns_the_same_whether_frames_are_stored_once_or_not_and_goes_on_to_the_bit(
    agent_class, env_id, options, tmp_path
):
    def agent(told):
        env = envs.make(env_id, 3, wrappers=[FrameStack(3)])
        if not told:
            env.stacked = None
        return agent_class(env, seed=4, **options)

    told, untold, stopped, resumed = agent(True), agent(False), agent(True), agent(True)
    assert told.replay.storage.frames[0].numel() * 3 == untold.replay.storage.frames[0].numel()
    for each in (told, untold):
        each.begin(240)
        each.advance(240)
    assert all(torch.equal(a, b) for a, b in zip(told.weights().values(), untold.weights().values(), strict=True))
    stopped.begin(240)
    stopped.advance(132)
    save_tree(tmp_path / "x.rlt", stopped.state(), kind="checkpoint", segments=SegmentFiles(tmp_path))
    assert resumed.load_state(load_tree(tmp_path / "x.rlt", kind="checkpoint")) is None
    resumed.advance(240)
    assert all(torch.equal(a, b) for a, b in zip(told.weights().values(), resumed.weights().values(), strict=True))


def test_a_replay_that_begins_in_the_middle_of_an_episode_holds_what_was_seen(tmp_path):
    def agent():
        return DQN(envs.make("CartPole-v1", 2, wrappers=[FrameStack(3)]), seed=4, **DQN_OPTIONS)

    stopped, resumed = agent(), agent()
    stopped.begin(200)
    stopped.advance(10)
    save_tree(tmp_path / "x.rlt", stopped.state(), kind="checkpoint", segments=SegmentFiles(tmp_path), leave_out_segments=True)
    assert "starts empty" in resumed.load_state(load_tree(tmp_path / "x.rlt", kind="checkpoint"))
    seen = resumed.current_obs.clone()
    resumed.advance(12)
    resumed.replay.state()
    first = gather(resumed.replay.storage, resumed.replay._first * 2 + torch.arange(2), 0.9, 2).obs
    assert torch.equal(first, seen)
    assert not torch.equal(seen[:, 0], seen[:, 2])


def test_a_saved_agent_that_is_loaded_without_an_environment_holds_its_stacked_replay(tmp_path):
    agent = DQN(envs.make("CartPole-v1", 2, wrappers=[FrameStack(3)]), **DQN_OPTIONS)
    agent.learn(40)
    agent.save(tmp_path / "x.rlt")
    loaded = DQN.load(tmp_path / "x.rlt")
    assert loaded.replay.size == agent.replay.size == 40
    places = torch.arange(agent.replay.size) + 2 * agent.replay._first
    for a, b in zip(gather(loaded.replay.storage, places, 0.9, 2), gather(agent.replay.storage, places, 0.9, 2)):
        assert torch.equal(a, b)


def test_stacks_are_written_and_gathered_on_their_device():
    replay = Replay(20, 2, (4, 5), torch.uint8, (), torch.int64, torch.device("meta"), stacked=Stacked(4, True))
    flags = torch.zeros(2, dtype=torch.bool, device="meta")
    for n in range(25):
        obs = replay._current if n else torch.zeros(2, 4, 5, dtype=torch.uint8, device="meta")
        after = torch.zeros_like(obs)
        step = Step(after, torch.zeros(2, device="meta"), flags, flags, torch.zeros_like(obs) if n % 5 == 4 else after)
        replay.add(obs, torch.zeros(2, dtype=torch.int64, device="meta"), step)
    batch = gather(replay.storage, replay.sample(1, 8, torch.Generator()).flatten(), 0.9)
    assert batch.obs.shape == batch.next_obs.shape == (8, 4, 5)
    assert batch.obs.device.type == "meta"
    assert np.prod(replay.storage.frames.shape[1:]) == 5
