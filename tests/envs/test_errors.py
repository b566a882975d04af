"""Bad input: one clear error each."""

import inspect
import subprocess
import sys

import gymnasium as gym
import pytest
import torch

from rlt import envs
from rlt.errors import ConfigError, EnvironmentFault, MissingExtra, NumericsError, RltError
from tests.envs import toys


def message(error: type[RltError], make) -> str:
    with pytest.raises(error) as caught:
        make()
    assert len(str(caught.value).splitlines()) <= 12
    return str(caught.value)


def run(target, steps=6, num_envs=2, **options):
    env = envs.make(target, num_envs, **options)
    env.reset(0)
    for _ in range(steps):
        env.step([1] * num_envs)


def test_an_unknown_id_names_the_nearest_ones():
    assert "did you mean LunarLander-v3" in message(EnvironmentFault, lambda: envs.make("LunarLandr-v3"))


def test_an_unknown_version_names_the_one_that_is():
    assert "CartPole-v1" in message(EnvironmentFault, lambda: envs.make("CartPole-v9"))


def test_an_unknown_module_is_named():
    assert "no module nowhere_at_all" in message(ConfigError, lambda: envs.make("nowhere_at_all:Thing-v0"))


def test_an_unknown_option_names_the_nearest_one():
    text = message(ConfigError, lambda: envs.make("LunarLander-v3", continous=True))
    assert "continous: did you mean continuous?" in text
    assert "lenth: did you mean length?" in message(ConfigError, lambda: envs.make(toys.Toy, lenth=3))


def test_a_missing_package_comes_with_its_command():
    code = (
        "import sys; sys.modules['Box2D'] = None\n"
        "from rlt import envs\nfrom rlt.errors import MissingExtra\n"
        "try: envs.make('LunarLander-v3')\nexcept MissingExtra as error: print(error)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "LunarLander-v3 needs a package that is not installed" in out
    assert "fix: pip install" in out
    assert issubclass(MissingExtra, ImportError)


def test_an_environment_that_cannot_be_made_says_why():
    assert "OSError: no such track" in message(EnvironmentFault, lambda: envs.make(toys.CannotStart))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"backend": "synch"}, "did you mean sync?"),
        ({"autoreset": "samestep"}, "did you mean same_step"),
        ({"num_envs": 0}, "at least 1"),
        ({"device": "gpu"}, "no such device"),
        ({"purpose": "test"}, "Train or rlt.types.Test"),
    ],
)
def test_a_wrong_argument_of_make_is_named(arguments, text):
    assert text in message(ConfigError, lambda: envs.make("CartPole-v1", **arguments))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_without_cuda_is_refused():
    assert "fix: device=cpu" in message(ConfigError, lambda: envs.make("CartPole-v1", device="cuda"))


def test_an_environment_that_raises_is_named_with_step_and_action():
    text = message(EnvironmentFault, lambda: run(toys.Raises))
    assert "sub-environment 0 failed in step 4" in text
    assert "ZeroDivisionError: the wheel came off" in text
    assert "last action: " in text


def test_a_nan_observation_is_named_with_index_step_and_action():
    text = message(NumericsError, lambda: run(toys.NanObservation))
    assert "observation of sub-environment 0 holds nan after step 2" in text
    assert "at index 1 of 2" in text


def test_an_infinite_final_observation_is_found_though_a_reset_follows():
    assert "holds inf after step 5" in message(NumericsError, lambda: run(toys.NanLastObservation))


def test_a_nan_reward_is_named():
    assert "sub-environment 0 gave the reward nan in step 2" in message(NumericsError, lambda: run(toys.NanReward))


@pytest.mark.parametrize(
    ("lies", "expected", "got"),
    [
        (toys.WrongShapeAtReset, "shape (2,)", "shape (3,)"),
        (toys.WrongShapeLater, "shape (2,)", "shape (1,)"),
        (toys.WrongDtype, "dtype uint8", "dtype float32"),
        (toys.FlagIsNumber, "True or False", "0"),
        (toys.WrongReset, "(observation, info)", "'no', 'dict'"),
    ],
)
def test_an_environment_that_lies_is_reported_with_expected_and_got(lies, expected, got):
    text = message(EnvironmentFault, lambda: run(lies))
    assert expected in text
    assert got in text


@pytest.mark.parametrize(
    ("old", "what", "fix"),
    [
        (toys.OldStep, "step returned 4 values", "return observation, reward, done, False, info"),
        (toys.OldReset, "reset returned an observation alone", "return observation, {}"),
        (toys.OldSeed, "reset takes no seed", "def reset(self, *, seed=None, options=None)"),
    ],
)
@pytest.mark.parametrize("limit", [None, 9], ids=["bare", "below a wrapper"])
def test_the_interface_of_old_gym_is_named_with_what_to_write(old, what, fix, limit):
    text = message(EnvironmentFault, lambda: run(old, max_episode_steps=limit))
    assert what in text
    assert "the package gym before 0.26" in text
    assert f"fix: {fix}" in text


def test_an_environment_of_the_package_gym_is_named_as_such():
    old = type("Old", (), {"__module__": "gym.core"})
    assert "fix: import gymnasium as gym" in message(EnvironmentFault, lambda: envs.make(lambda: old()))


def line_of(text: str) -> str:
    source = inspect.getsource(toys).splitlines()
    return f"{toys.__file__}:{source.index(next(line for line in source if line.strip() == text)) + 1}"


@pytest.mark.parametrize("backend", ["sync", "pool"])
@pytest.mark.parametrize(
    ("target", "text"),
    [
        (toys.Raises, 'raise ZeroDivisionError("the wheel came off")'),
        (toys.RaisesInNumpy, "np.linalg.inv(np.zeros((2, 2)))"),
        (toys.RaisesAtReset, 'raise LookupError("no track")'),
        (toys.CannotStart, 'raise OSError("no such track")'),
    ],
)
def test_what_an_environment_raises_names_its_own_file_and_line(target, text, backend):
    told = message(EnvironmentFault, lambda: run(target, backend=backend, wrappers=[gym.wrappers.OrderEnforcing]))
    where = next(line for line in told.splitlines() if line.startswith("  at "))
    assert where.startswith(f"  at {line_of(text)}, in ")
    assert where.endswith(f": {text}")


def test_the_order_of_calls_is_checked():
    env = envs.make(toys.Toy)
    assert "before the first reset" in message(EnvironmentFault, lambda: env.step([0]))
    env.reset(0)
    assert "recv without a step" in message(EnvironmentFault, env.recv)
    env.send([0])
    for call in (env.get_state, env.reset, lambda: env.send([0])):
        assert "with a step in flight" in message(EnvironmentFault, call)
    env.recv()
    env.close()
    env.close()
    assert "after close" in message(EnvironmentFault, lambda: env.step([0]))


def test_a_state_of_another_environment_is_refused():
    env, other = envs.make("CartPole-v1"), envs.make("CartPole-v1", 2)
    env.reset(0)
    assert "expected: num_envs=2" in message(EnvironmentFault, lambda: other.set_state(env.get_state()))
