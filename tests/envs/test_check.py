import random
from typing import Any

import numpy as np
import pytest

from rlt import envs
from tests.envs import toys


def wrong(report: Any) -> str:
    return "\n".join(finding.text for finding in report.findings if finding.verdict == "wrong")


@pytest.mark.parametrize("env_id", ["CartPole-v1", "LunarLander-v3", "Hopper-v5"])
def test_good_environments_pass(env_id):
    report = envs.check(env_id, steps=300)
    assert report.ok, report
    text = str(report)
    assert "the same seed and actions give the same trajectory" in text
    assert "its state restores to the bit" in text
    assert "steps/s" in text


class IgnoresSeeds(toys.Toy):
    def look(self):
        return np.array([self.t, random.random()], np.float32)


class ReusesItsArray(toys.Toy):
    def __init__(self):
        super().__init__()
        self.array = np.zeros(2, np.float32)

    def look(self):
        self.array[0] += 1
        return self.array


class NeverEnds(toys.Toy):
    def __init__(self):
        super().__init__(length=10**9)


class ForgetsInItsState(toys.HoldsALock):
    def get_state(self):
        return {}

    def set_state(self, state):
        pass


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (IgnoresSeeds, "draw from self.np_random alone"),
        (ReusesItsArray, "an array that a later step writes to"),
        (ForgetsInItsState, "its state does not restore"),
        (toys.CannotStart, "no such track"),
        (toys.NanReward, "a reward is nan"),
        (toys.Raises, "the wheel came off"),
    ],
)
def test_what_is_wrong_is_said(target, text):
    report = envs.check(target, steps=50)
    assert not report.ok
    assert text in wrong(report)


def test_what_is_only_worth_a_note_leaves_the_report_good():
    report = envs.check(NeverEnds, steps=40)
    assert report.ok, report
    assert "max_episode_steps=N sets a limit" in str(report)
    locked = envs.check(toys.HoldsALock, steps=40)
    assert locked.ok
    assert "a resumed run starts new episodes" in str(locked)


def test_the_command_prints_and_says_by_its_exit_code(capsys):
    from rlt.envs.checker import main

    assert main(["CartPole-v1"]) == 0
    assert "CartPole-v1:" in capsys.readouterr().out
    assert main(["CartPoel-v1"]) == 1
    assert "did you mean CartPole-v1" in capsys.readouterr().out
    assert main([]) == 2
