"""Vector wrappers beside Gymnasium's own wrappers of single environments, step for step, in every autoreset mode."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import wrappers as theirs

from rlt import envs
from rlt.envs import wrappers as ours
from rlt.envs.factory import AUTORESETS
from rlt.errors import ConfigError, RltError, SpaceError
from tests.envs import toys
from tests.envs.continue_elsewhere import trajectory


class Flickers(toys.Toy):
    """Colour pictures, an end after 7 steps or by chance, rewards of several digits."""

    def __init__(self) -> None:
        super().__init__(length=7)
        self.observation_space = gym.spaces.Box(0, 255, (12, 10, 3), np.uint8)

    def look(self):
        return self.np_random.integers(0, 256, (12, 10, 3), np.uint8)

    def step(self, action):
        obs, _, ended, _, info = super().step(action)
        return obs, float(self.np_random.normal()), ended or self.np_random.random() < 0.1, False, info


class Parts(toys.Nested):
    """Nested, with numbers that change."""

    def look(self):
        seen = super().look()
        draw = self.np_random
        body = (draw.uniform(-1, 1, 2), np.array([draw.integers(1, 4), draw.integers(0, 4)]))
        return {**seen, "camera": draw.integers(0, 255, (2, 3), np.uint8), "body": body}


gym.register("rlt-test/Flickers-v0", Flickers, max_episode_steps=6)
gym.register("rlt-test/Parts-v0", Parts, max_episode_steps=9)

CHEETAH = ("HalfCheetah-v5", {"max_episode_steps": 25})
LANDER = ("LunarLander-v3", {"continuous": True, "max_episode_steps": 30})
CASES: dict[str, tuple[tuple[str, dict[str, Any]], Any, list[Any]]] = {
    "time limit": (CHEETAH, lambda e: theirs.TimeLimit(e, 13), [ours.TimeLimit(13)]),
    "time limit of classic control": (
        ("CartPole-v1", {}), lambda e: theirs.TimeLimit(e, 9), [{"name": "time_limit", "steps": 9}]
    ),
    "frame stack": (("CartPole-v1", {}), lambda e: theirs.FrameStackObservation(e, 3), [ours.FrameStack(3)]),
    "frame stack with zeros": (
        ("rlt-test/Flickers-v0", {}),
        lambda e: theirs.FrameStackObservation(e, 4, padding_type="zero"),
        [ours.FrameStack(4, "zero")],
    ),
    "rescaled action": (
        CHEETAH, lambda e: theirs.RescaleAction(e, np.float32(-0.3), np.float32(2)), [ours.RescaleAction(-0.3, 2.0)]
    ),
    "clipped action": (LANDER, theirs.ClipAction, ["clip_action"]),
    "clipped reward": (CHEETAH, lambda e: theirs.ClipReward(e, -0.1, 0.05), [ours.ClipReward(-0.1, 0.05)]),
    "reward clipped above": (LANDER, lambda e: theirs.ClipReward(e, None, 0.5), [ours.ClipReward(None, 0.5)]),
    "scaled reward": (LANDER, lambda e: theirs.TransformReward(e, lambda r: 0.1 * r), [{"name": "scale_reward", "scale": 0.1}]),
    "time": (("CartPole-v1", {}), theirs.TimeAwareObservation, ["time_aware"]),
    "time from 0 to 1": (
        CHEETAH, lambda e: theirs.TimeAwareObservation(e, normalize_time=True), [ours.TimeAware(normalize=True)]
    ),
    "time apart": (CHEETAH, lambda e: theirs.TimeAwareObservation(e, flatten=False), [ours.TimeAware(flatten=False)]),
    "time in a Dict": (
        ("rlt-test/Parts-v0", {}), lambda e: theirs.TimeAwareObservation(e, flatten=False), [ours.TimeAware(flatten=False)]
    ),
    "flat": (("rlt-test/Parts-v0", {}), theirs.FlattenObservation, ["flatten"]),
    "selected": (
        ("rlt-test/Parts-v0", {}), lambda e: theirs.FilterObservation(e, ["lamps", "body"]), [ours.Select(("lamps", "body"))]
    ),
    "grey": (("rlt-test/Flickers-v0", {}), theirs.GrayscaleObservation, ["grey"]),
    "grey with a channel": (
        ("rlt-test/Flickers-v0", {}),
        lambda e: theirs.GrayscaleObservation(e, keep_dim=True),
        [{"name": "grey", "keep_channel": True}],
    ),
    "several": (
        ("rlt-test/Flickers-v0", {}),
        lambda e: theirs.ClipReward(theirs.FrameStackObservation(theirs.GrayscaleObservation(e), 2), -0.5, 0.5),
        ["grey", ours.FrameStack(2), ours.ClipReward(-0.5, 0.5)],
    ),
    "Gymnasium's below, the vector's above": (
        ("CartPole-v1", {}),
        lambda e: theirs.FrameStackObservation(theirs.TimeLimit(theirs.DelayObservation(e, 2), 11), 2),
        [lambda e: theirs.DelayObservation(e, 2), ours.TimeLimit(11), ours.FrameStack(2)],
    ),
}


def leaves(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        return [leaf for key in sorted(tree) for leaf in leaves(tree[key])]
    return [leaf for part in tree for leaf in leaves(part)] if isinstance(tree, tuple) else [np.asarray(tree)]


def assert_row(got: Any, i: int, space: gym.Space, want: Any, where: str) -> None:
    """Row i of a vector's observation is the cast of a raw one."""
    counted = gym.spaces.MultiDiscrete
    for mine, part, raw in zip(leaves(got), leaves(tuple(flat_spaces(space))), leaves(want), strict=True):
        sub = part.item()
        raw = raw - sub.start if isinstance(sub, counted) else raw
        np.testing.assert_array_equal(mine[i], raw.astype(mine.dtype), err_msg=where)


def flat_spaces(space: Any) -> list[Any]:
    if isinstance(space, gym.spaces.Dict):
        return [sub for key in sorted(space.spaces) for sub in flat_spaces(space[key])]
    if isinstance(space, gym.spaces.Tuple):
        return [sub for part in space.spaces for sub in flat_spaces(part)]
    box = np.empty((), object)
    box[()] = space
    return [box]


def actions_of(space: Any, steps: int, num_envs: int, rng: np.random.Generator) -> list[Any]:
    if isinstance(space, gym.spaces.Dict):
        parts = {key: actions_of(sub, steps, num_envs, rng) for key, sub in space.spaces.items()}
        return [{key: part[t] for key, part in parts.items()} for t in range(steps)]
    if isinstance(space, gym.spaces.Discrete):
        return list(rng.integers(space.n, size=(steps, num_envs)))
    low, high = np.maximum(space.low, -3), np.minimum(space.high, 3)
    return list(rng.uniform(low, high, (steps, num_envs, *space.shape)).astype(np.float32))


def action_of(space: Any, actions: Any, i: int) -> Any:
    if isinstance(space, gym.spaces.Dict):
        return {key: action_of(sub, actions[key], i) for key, sub in space.spaces.items()}
    return actions[i] + int(space.start) if isinstance(space, gym.spaces.Discrete) else actions[i]


def backends_of(env_id: str) -> list[str]:
    return ["sync", *(["native"] if env_id in ("CartPole-v1", "HalfCheetah-v5") else [])]


@pytest.mark.parametrize("autoreset", AUTORESETS)
@pytest.mark.parametrize("case", CASES)
def test_a_vector_wrapper_is_gymnasiums_wrapper_step_for_step(case, autoreset):
    (env_id, options), wrap, asked = CASES[case]
    sub_wrappers = "Gymnasium's" in case
    for backend in ["sync"] if sub_wrappers else backends_of(env_id):
        env: Any = envs.make(env_id, 3, backend=backend, autoreset=autoreset, wrappers=asked, **options)
        singles = [wrap(gym.make(env_id, **options)) for _ in range(3)]
        assert_same_run(env, singles, autoreset, 70, scaled=case == "scaled reward")
        env.close()


def assert_same_run(env: Any, singles: list[Any], autoreset: str, steps: int, scaled: bool) -> None:
    space, rng = env.single_observation_space, np.random.default_rng(4)
    assert space == singles[0].observation_space
    assert env.single_action_space == singles[0].action_space
    obs = env.reset(6)
    for i, single in enumerate(singles):
        assert_row(obs, i, space, single.reset(seed=6 + i)[0], "reset")
    over, ended = np.zeros(3, bool), 0
    for t, action in enumerate(actions_of(singles[0].action_space, steps, 3, rng)):
        step = env.step(action)
        now = np.zeros(3, bool)
        for i, single in enumerate(singles):
            if autoreset == "next_step" and over[i]:
                value, reward, terminated, truncated = single.reset()[0], 0.0, False, False
            else:
                value, reward, terminated, truncated, _ = single.step(action_of(single.action_space, action, i))
            now[i] = terminated or truncated
            assert_row(step.final_obs, i, space, value, f"final observation {i} of step {t}")
            shown = single.reset()[0] if now[i] and autoreset == "same_step" else value
            assert_row(step.obs, i, space, shown, f"observation {i} of step {t}")
            assert (bool(step.terminated[i]), bool(step.truncated[i])) == (terminated, truncated), t
            if scaled:  # rounded to float32 before it is scaled, and after: at most the next number
                np.testing.assert_array_max_ulp(np.asarray(step.reward[i]), np.float32(reward), 1)
            else:
                np.testing.assert_array_equal(np.asarray(step.reward[i]), np.float32(reward))
        assert (step.final_obs is step.obs) == (autoreset != "same_step" or not now.any())
        ended += int(now.sum())
        if autoreset == "disabled" and now.any():
            obs = env.reset(only=now)
            for i in np.flatnonzero(now):
                assert_row(obs, i, space, singles[i].reset()[0], f"reset {i} after step {t}")
        over = now
    assert ended >= 4


@pytest.mark.parametrize("maximum", [False, True])
def test_a_frame_skip_adds_rewards_and_stops_at_the_end(maximum):
    env: Any = envs.make("rlt-test/Flickers-v0", 1, wrappers=[ours.FrameSkip(4, maximum)])
    single = gym.make("rlt-test/Flickers-v0")
    assert_row(env.reset(0), 0, env.single_observation_space, single.reset(seed=0)[0], "reset")
    for t in range(30):
        step, total, frames, over = env.step([1]), 0.0, [], False
        while len(frames) < 4 and not over:
            obs, reward, terminated, truncated, _ = single.step(1)
            frames.append(obs)
            total, over = total + float(reward), terminated or truncated
        want = np.maximum(frames[-1], frames[-2]) if maximum and len(frames) > 1 else frames[-1]
        np.testing.assert_array_equal(step.final_obs[0], want, err_msg=str(t))
        assert float(step.reward[0]) == np.float32(total)
        if over:
            np.testing.assert_array_equal(step.obs[0], single.reset()[0])


@pytest.mark.parametrize("size", [(6, 5), (7, 7), (12, 10), (4, 5), (1, 1), (11, 3)])
def test_a_resized_picture_is_the_mean_over_the_area_of_each_pixel(size):
    picture = np.random.default_rng(0).integers(0, 256, (2, 12, 10, 3), np.uint8)
    base = ours.Base("x", gym.spaces.Box(0, 255, (12, 10, 3), np.uint8), gym.spaces.Discrete(2), 2, None)
    (got,) = ours.Resize(*size).attach(base).look([picture])
    # Each old pixel as a block of new.height x new.width cells: the areas are then whole cells.
    cells = picture.repeat(size[0], axis=1).repeat(size[1], axis=2).astype(np.int64)
    means = cells.reshape(2, size[0], 12, size[1], 10, 3).mean(axis=(2, 4))
    want = np.floor(means + 0.5) if size == (6, 5) else np.rint(means)
    np.testing.assert_array_equal(got, want.astype(np.uint8))


def test_a_resized_picture_is_that_of_opencv():
    cv2 = pytest.importorskip("cv2")
    for size in ((84, 84), (48, 48), (32, 64), (96, 96)):
        picture = np.random.default_rng(1).integers(0, 256, (96, 96, 3), np.uint8)
        base = ours.Base("x", gym.spaces.Box(0, 255, (96, 96, 3), np.uint8), gym.spaces.Discrete(2), 1, None)
        (got,) = ours.Resize(*size).attach(base).look([picture[None]])
        want = cv2.resize(picture, size[::-1], interpolation=cv2.INTER_AREA)
        difference = np.abs(got[0].astype(int) - want)
        assert difference.max() <= 1
        assert (difference > 0).mean() < 0.002, "OpenCV adds in float32: a half may fall to the other side"


def test_pool_wraps_alike():
    asked: list[Any] = [ours.FrameSkip(2), "time_aware", ours.FrameStack(2), ours.ClipReward(-0.5, 0.5)]
    pool, sync = (envs.make("LunarLander-v3", 3, backend=b, workers=2, wrappers=asked) for b in ("pool", "sync"))
    assert pool.reset(1).equal(sync.reset(1))
    actions = np.random.default_rng(0).integers(4, size=(90, 3))
    for a, b in zip(trajectory(pool, actions), trajectory(sync, actions)):
        for x, y in zip(a, b):
            np.testing.assert_array_equal(x, y)
    pool.close()


@pytest.mark.parametrize("autoreset", ["same_step", "next_step"])
@pytest.mark.parametrize("backend", ["sync", "native"])
def test_states_go_through_wrappers_from_backend_to_backend(backend, autoreset):
    asked: list[Any] = [{"name": "time_limit", "steps": 17}, "time_aware", {"name": "frame_stack", "size": 3}]
    env = envs.make("CartPole-v1", 2, backend=backend, autoreset=autoreset, wrappers=asked)
    other = envs.make("CartPole-v1", 2, backend="sync", autoreset=autoreset, wrappers=asked)
    env.reset(0)
    actions = np.random.default_rng(0).integers(2, size=(120, 2))
    for action in actions[:53]:
        env.step(action)
    assert env.inexact_resume is None
    np.testing.assert_array_equal(other.set_state(env.get_state()), env.set_state(env.get_state()))
    for a, b in zip(trajectory(env, actions[53:]), trajectory(other, actions[53:])):
        for x, y in zip(a, b):
            np.testing.assert_array_equal(x, y)


def test_what_cannot_be_saved_begins_anew_through_wrappers():
    env = envs.make(toys.HoldsALock, 2, wrappers=[ours.FrameStack(2)])
    env.reset(0)
    for _ in range(3):
        env.step([0, 0])
    first = env.set_state(env.get_state())
    assert first[:, :, 0].tolist() == [[0, 0], [0, 0]]
    assert env.step([0, 0]).obs[:, :, 0].tolist() == [[0, 1], [0, 1]]


def test_wrappers_of_a_config_are_those_of_python_and_twins_have_them():
    asked = ["rescale_action", {"name": "frame_stack", "size": 2}, {"name": "gymnasium.wrappers:ClipReward", "max_reward": 1}]
    first = envs.make("Pendulum-v1", 2, wrappers=[asked[2], ours.RescaleAction(), ours.FrameStack(2)])
    assert first.config is not None
    again = envs.make("Pendulum-v1", 2, wrappers=first.config["wrappers"])
    assert again.config == first.config
    assert again.twin().single_observation_space.shape == (2, 3)
    assert envs.make(lambda: toys.Toy(), wrappers=[ours.FrameStack(2)]).config is None


@pytest.mark.parametrize(
    ("error", "asked", "text"),
    [
        (ConfigError, ["frame_stak"], "did you mean frame_stack"),
        (ConfigError, [{"name": "frame_stack", "sise": 3}], "env.wrappers frame_stack.size"),
        (ConfigError, [{"size": 3}], "does not say which wrapper"),
        (ConfigError, [ours.FrameStack(2), ours.TimeLimit(3)], "fix: TimeLimit before FrameStack"),
        (ConfigError, [ours.FrameStack], "fix: FrameStack(…)"),
        (ConfigError, [3], "is no wrapper"),
        (ConfigError, [ours.FrameStack(0)], "size=0"),
        (ConfigError, [ours.TimeLimit(0)], "steps=0"),
        (ConfigError, [ours.ClipReward(2, 1)], "low=2, high=1"),
        (SpaceError, ["rescale_action"], "wants Box actions"),
        (SpaceError, ["grey"], "wants pictures"),
        (SpaceError, ["resize"], "wants pictures"),
        (SpaceError, [{"name": "select", "keys": ["a"]}], "wants Dict observations"),
    ],
)
def test_a_wrapper_that_does_not_fit_is_named(error, asked, text):
    with pytest.raises(RltError, match=".*") as caught:
        envs.make("CartPole-v1", 2, backend="sync", wrappers=asked)
    assert isinstance(caught.value, error)
    assert text in str(caught.value)


