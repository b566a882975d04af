from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium import spaces

from rlt import envs
from rlt.errors import ShapeError, SpaceError
from tests.envs import toys


def test_discrete_spaces_with_a_start_are_counted_from_zero_on_both_sides():
    env = envs.make(toys.Shifted, 2)
    assert env.reset(0).tolist() == [0, 0]
    step = env.step(torch.tensor([0, 2]))
    assert step.obs.dtype == torch.int64
    assert step.obs.tolist() == [1, 1]
    assert step.reward.tolist() == [-1.0, 1.0]  # the environment was given -1 and 1


def test_every_kind_of_leaf_keeps_its_kind():
    env = envs.make(toys.Nested, 2)
    obs = env.reset(0)
    assert obs["camera"].dtype == torch.uint8
    assert obs["camera"].shape == (2, 2, 3)
    assert obs["body"][0].dtype == torch.float32
    assert obs["body"][1].dtype == torch.int64
    assert obs["body"][1].tolist() == [[0, 0], [0, 0]]
    assert obs["lamps"].dtype == torch.bool
    assert obs["lamps"].tolist() == [[True, False, True]] * 2
    step = env.step({"arm": torch.tensor([[0.1, 0.2], [0.3, 0.4]]), "gear": torch.tensor([0, 3])})
    assert step.obs["body"][1].tolist() == [[1, 1], [1, 1]]
    given = [sub.given[0] for sub in env._group.envs]  # type: ignore[attr-defined]
    assert [g["gear"] for g in given] == [1, 4]
    assert given[1]["arm"].tolist() == pytest.approx([0.3, 0.4])
    assert list(given[0]) == ["arm", "gear"]


def test_a_discrete_action_reaches_the_environment_as_its_own_space_would_sample_it():
    seen = []

    class Looks(toys.Toy):
        def step(self, action):
            seen.append((type(action), self.action_space.contains(action)))
            return super().step(action)

    env = envs.make(Looks)
    env.reset(0)
    env.step([1])
    assert seen == [(np.int64, True)]


def test_final_observations_are_the_true_ones_of_ended_rows_and_obs_elsewhere():
    lengths = iter((2, 3))
    env = envs.make(lambda: toys.Toy(next(lengths)), 2)
    env.reset(0)
    first = env.step([0, 0])
    assert first.final_obs is first.obs
    second = env.step([0, 0])
    assert second.terminated.tolist() == [True, False]
    assert second.obs[:, 0].tolist() == [0, 2]
    assert second.final_obs[:, 0].tolist() == [2, 2]
    third = env.step([0, 0])
    assert third.obs[:, 0].tolist() == [1, 0]
    assert third.final_obs[:, 0].tolist() == [1, 3]
    assert second.final_obs[:, 0].tolist() == [2, 2], "a step is never written to again"


def test_masks_come_with_resets_and_steps_alike():
    env: Any = envs.make(toys.Masked, 2, max_episode_steps=2)
    env.reset(0)
    assert env.action_mask.tolist() == [[True, False, True]] * 2
    assert env.step([0, 0]).action_mask.tolist() == [[True, True, True]] * 2
    assert env.step([0, 0]).action_mask.tolist() == [[True, False, True]] * 2, "of the new episode"
    plain = envs.make(toys.Toy)
    plain.reset(0)
    assert plain.action_mask is None
    assert plain.step([0]).action_mask is None


def test_the_callers_action_may_be_overwritten_after_send():
    env = envs.make(toys.Toy, 2)
    env.reset(0)
    action = torch.tensor([1, 2])
    env.send(action)
    action.zero_()
    assert env.recv().reward.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "space",
    [
        spaces.Text(5),
        spaces.Sequence(spaces.Discrete(2)),
        spaces.Graph(spaces.Box(0, 1, (2,)), None),
        spaces.OneOf([spaces.Discrete(2), spaces.Box(0, 1, (2,))]),
        spaces.Dict({"a": spaces.Discrete(2), "b": spaces.Text(3)}),
    ],
    ids=lambda s: type(s).__name__,
)
def test_spaces_that_no_network_takes_are_refused_by_name(space):
    with pytest.raises(SpaceError, match="rlt cannot serve the observation space"):
        envs.make(toys.Speaks, space=space)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (torch.zeros(2, 1, dtype=torch.int64), r"wrong shape[^$]*expected: \(2,\)[^$]*got: \(2, 1\)"),
        (torch.zeros(2), "wrong dtype"),
        (torch.tensor([0, 3]), "sub-environment 1 is out of range"),
        (torch.tensor([-1, 0]), "sub-environment 0 is out of range"),
    ],
)
def test_an_action_that_does_not_fit_is_refused(action, message):
    env = envs.make(toys.Toy, 2)
    env.reset(0)
    with pytest.raises(ShapeError, match=message):
        env.step(action)


def test_wrappers_are_applied_to_each_sub_environment_in_order():
    def stack(env):
        return gym.wrappers.FrameStackObservation(env, 3)

    env = envs.make("Pendulum-v1", 2, wrappers=[gym.wrappers.FlattenObservation, stack])
    assert env.reset(0).shape == (2, 3, 3)
    named = envs.make("Pendulum-v1", wrappers=["gymnasium.wrappers:FlattenObservation"])
    assert named.reset(0).shape == (1, 3)
