"""What people get wrong: each ends in one of rlt's own errors, which names the thing and the way out."""

import functools
import sys
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from rlt import envs
from rlt.agents import DQN, PPO, SAC
from rlt.envs import checker
from rlt.errors import ConfigError, EnvironmentFault
from rlt.types import Test
from tests.envs import toys


class NoSpaces(gym.Env[Any, Any]):
    action_space = gym.spaces.Discrete(2)


class NoPicture(toys.Toy):
    def __init__(self, render_mode: str | None = None) -> None:
        super().__init__()
        self.render_mode = render_mode


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"id": None}, "None names no environment"),
        ({"id": 3}, "3 names no environment"),
        ({"id": toys.Toy()}, "names no environment"),
        ({"num_envs": 1.5}, "num_envs must be a whole number of at least 1"),
        ({"num_envs": True}, "num_envs must be a whole number"),
        ({"seed": "a"}, "seed must be a whole number of at least 0"),
        ({"seed": -1}, "seed must be a whole number of at least 0"),
        ({"workers": "2"}, "workers must be a whole number of at least 1"),
        ({"timeout": "x"}, "timeout must be a number of seconds above 0"),
        ({"timeout": -1}, "timeout must be a number of seconds above 0"),
        ({"timeout": 0}, "timeout must be a number of seconds above 0"),
        ({"max_episode_steps": 2.5}, "max_episode_steps=2.5 is no number of steps"),
        ({"max_episode_steps": 0}, "max_episode_steps=0 is no number of steps"),
        ({"render_mode": "rgb_aray"}, r"(?s)render_mode='rgb_aray'.*did you mean rgb_array"),
        ({"wrappers": "frame_stack"}, r"(?s)is one wrapper.*wrappers=\['frame_stack'\]"),
        ({"wrappers": {"name": "frame_stack"}}, "is one wrapper"),
    ],
)
def test_arguments_of_make(words, says):
    with pytest.raises(ConfigError, match=says):
        envs.make(**{"id": "CartPole-v1", **words})


def test_numpys_integers_are_whole_numbers():
    env = envs.make("CartPole-v1", np.int64(3), seed=np.int32(5))  # type: ignore[arg-type]
    assert env.num_envs == 3
    env.close()


def test_a_class_without_a_space():
    with pytest.raises(EnvironmentFault, match=r"(?s)NoSpaces has no observation_space.*self.observation_space ="):
        envs.make(NoSpaces)


def test_a_class_that_draws_nothing():
    with pytest.raises(ConfigError, match=r"(?s)cannot render as render_mode='rgb_array'.*no render_modes"):
        envs.make(NoPicture, render_mode="rgb_array")
    with pytest.raises(ConfigError, match="Toy cannot draw itself: its constructor takes no render_mode"):
        envs.make(toys.Toy, render_mode="rgb_array")


@pytest.mark.parametrize(("backend", "where"), [("native", "step 1 failed"), ("sync", "failed in step 1")])
def test_a_constructors_argument_that_fails_in_a_step(backend, where):
    env = envs.make("HalfCheetah-v5", 2, backend=backend, ctrl_cost_weight="a")
    env.reset(0)
    with pytest.raises(EnvironmentFault, match=where):
        env.step(np.zeros((2, 6), np.float32))
    env.close()


def test_a_constructors_argument_that_fails_in_a_reset():
    with pytest.raises(EnvironmentFault, match=r"(?s)a reset failed.*reset_noise_scale=a"):
        envs.make("HalfCheetah-v5", 2, backend="native", reset_noise_scale="a").reset(0)


@pytest.fixture
def package(tmp_path, monkeypatch):
    (tmp_path / "a_package.py").write_text(
        "from tests.envs.toys import Toy as Good\ndef make_one(length=5):\n    return Good(length)\nNUMBER = 3\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield "a_package"
    sys.modules.pop("a_package", None)


def test_names_in_a_module(package):
    with pytest.raises(EnvironmentFault, match=r"(?s)there is no Goood in a_package.*did you mean Good"):
        envs.make(f"{package}:Goood")
    env = envs.make(f"{package}:make_one", 2, length=7)
    assert env.id == "a_package:make_one"
    env.close()


def test_a_function_with_arguments_given_beforehand():
    env = envs.make(functools.partial(toys.Toy, length=4), 2)
    assert env.id == "tests.envs.toys:Toy"
    env.close()


@pytest.mark.parametrize("agent", [PPO, DQN, SAC])
@pytest.mark.parametrize("autoreset", ["next_step", "disabled"])
def test_agents_refuse_resets_that_are_steps(agent, autoreset):
    env = envs.make("CartPole-v1", 2, autoreset=autoreset)
    with pytest.raises(ConfigError, match=rf"(?s)cannot step CartPole-v1 with autoreset='{autoreset}'.*same_step"):
        agent(env)
    learner = PPO(envs.make("CartPole-v1", 2))
    with pytest.raises(ConfigError, match=f"an evaluation cannot step CartPole-v1 with autoreset='{autoreset}'"):
        learner.evaluate(2, env=env)


def test_agents_refuse_to_learn_where_they_are_evaluated():
    for env in (envs.make("CartPole-v1", 2, purpose=Test), envs.make("CartPole-v1", 2).twin()):
        with pytest.raises(ConfigError, match="PPO cannot learn in an environment that was made for evaluation"):
            PPO(env)  # type: ignore[arg-type]


STACKED = {"wrappers": [{"name": "frame_stack", "size": 2}]}


@pytest.mark.parametrize(
    ("taken", "given", "says"),
    [
        (STACKED, {"wrappers": ["frame_stack"]}, r"(?s)expected: wrappers=\{name: frame_stack, padding: reset, size: 4.*size: 2"),
        ({}, STACKED, r"(?s)expected: wrappers=\{name.*got: wrappers=none"),
        ({"wrappers": ["time_aware"]}, {}, r"(?s)expected: wrappers=none.*got: wrappers=.*time_aware"),
        ({"max_episode_steps": 7}, {}, r"(?s)expected: options=max_episode_steps=1000.*got: options=max_episode_steps=7"),
    ],
)
def test_a_state_of_an_environment_that_was_made_otherwise(taken, given, says):
    source, target = (envs.make("Hopper-v5", 2, backend="sync", **words) for words in (taken, given))
    source.reset(0), target.reset(0)
    with pytest.raises(EnvironmentFault, match=says):
        target.set_state(source.get_state())
    for env in (source, target):
        env.close()


NAMED: dict[str, Any] = {"wrappers": [{"name": "wraps_nothing:Wrap", "func": max}]}


@pytest.mark.parametrize(
    ("taken", "given"),
    [
        ({"ctrl_cost_weight": np.float64(0.5)}, {"ctrl_cost_weight": 0.5}),
        ({"healthy_reward": 1}, {"healthy_reward": 1.0}),
        ({"healthy_z_range": (0.7, 9.0)}, {"healthy_z_range": [0.7, 9]}),
        ({"max_episode_steps": 1000}, {}),
        (NAMED, NAMED),
    ],
)
def test_the_same_said_otherwise_is_the_same(taken, given, tmp_path, monkeypatch):
    (tmp_path / "wraps_nothing.py").write_text("def Wrap(env, func):\n    return env\n")
    monkeypatch.syspath_prepend(tmp_path)
    source, target = (envs.make("Hopper-v5", 2, backend="sync", **words) for words in (taken, given))
    source.reset(0)
    target.set_state(source.get_state())


def test_a_partial_is_told_from_another_and_is_no_name():
    short, long = (envs.make(functools.partial(toys.Toy, length=n), 2) for n in (4, 5))
    short.reset(0)
    with pytest.raises(EnvironmentFault, match=r"(?s)length: 5.*length: 4"):
        long.set_state(short.get_state())
    assert short.config is None and envs.make(toys.Toy).config is not None


def test_an_agent_that_was_loaded_looks_at_its_environment_before_it_learns(tmp_path):
    PPO(envs.make("CartPole-v1", 2), n_steps=32).save(tmp_path / "a.zip")
    for env in (envs.make("CartPole-v1", 2).twin(), envs.make("CartPole-v1", 2, autoreset="next_step")):
        with pytest.raises(ConfigError, match="PPO cannot"):
            PPO.load(tmp_path / "a.zip", env=env).learn(64)  # type: ignore[arg-type]


def test_what_is_no_state():
    with pytest.raises(EnvironmentFault, match=r"(?s)this is no state.*NoneType"):
        envs.make("CartPole-v1").set_state(None)  # type: ignore[arg-type]


def test_a_state_does_not_depend_on_how_pictures_are_shown():
    drawn, plain = envs.make("CartPole-v1", backend="sync", render_mode="rgb_array"), envs.make("CartPole-v1")
    drawn.reset(3)
    plain.set_state(drawn.get_state())


class NanInAnObservation(toys.Toy):
    def look(self) -> Any:
        return np.array([self.t, np.nan if self.t > 2 else 0.0], np.float32)


class GivesNoReward(toys.Toy):
    def step(self, action: Any) -> Any:
        return self.look(), None, False, False, {}


class WrongShape(toys.Toy):
    def look(self) -> Any:
        return np.zeros(3, np.float32)


@pytest.mark.parametrize(
    ("target", "says", "not_said"),
    [
        (NanInAnObservation, "nan", ("an array that a later step writes to", "draw from self.np_random alone")),
        (toys.NanReward, "a reward is nan", ("draw from self.np_random alone",)),
        (GivesNoReward, "a reward is None, not a number", ("checker.py",)),
        (WrongShape, "shape", ("has no objection",)),
    ],
)
def test_check_says_what_is_wrong_and_nothing_else(target, says, not_said):
    report = envs.check(target, steps=100)
    assert not report.ok
    assert says in str(report)
    for text in not_said:
        assert text not in str(report)


def test_check_advises_the_backend_that_there_is(monkeypatch):
    monkeypatch.setattr(checker, "_QUICK", float("inf"))
    assert "backend=native" in str(envs.check("Pendulum-v1", steps=50))
    assert "backend=pool" in str(envs.check("LunarLander-v3", steps=50))


def test_the_checkers_command(capsys):
    assert checker.main(["--help"]) == 0
    assert "usage: python -m rlt.envs.checker ID" in capsys.readouterr().out
    assert checker.main(["--stesp=3", "CartPole-v1"]) == 2
    assert "there is no option --stesp=3" in capsys.readouterr().err
    assert checker.main([]) == 2
