import os
from typing import Any

import pytest

from rlt import envs
from tests.envs import toys


@pytest.fixture(autouse=True)
def forget(monkeypatch):
    from rlt.envs import choice

    choice._choices.clear()
    monkeypatch.setattr(choice, "cores", lambda: 2)  # on one core nothing is timed


def made(*arguments: Any, **options: Any) -> Any:
    return envs.make(*arguments, **options)


def test_auto_names_its_choice_and_the_reason():
    one = made("CartPole-v1")
    assert (one.backend, one.backend_reason) == ("sync", "one environment leaves nothing to do side by side")
    many = made("CartPole-v1", 256)
    assert many.backend == "native"
    assert "steps/s on native" in many.backend_reason
    assert "a class or function is not built once more" in made(toys.Toy, 2).backend_reason
    cheap = made("rlt-test/Registered-v0", 2)
    assert cheap.backend == "sync"
    assert "too little for several processes" in cheap.backend_reason
    assert made("CartPole-v1", backend="sync").backend_reason == "asked for"


def test_auto_takes_processes_where_they_pay_and_hands_out_environments_that_nobody_stepped():
    env = made("rlt-test/Slow-v0", 4, workers=4)
    assert env.backend == "pool"
    assert "steps/s on pool" in env.backend_reason
    assert env.reset(0)[:, 1].tolist() == [1.0] * 4, "the first reset of each"
    assert env.twin(2).backend == "pool"
    env.close()


def test_an_environment_that_refuses_random_actions_is_given_to_sync():
    env = made("rlt-test/Raises-v0", 2)
    assert env.backend == "sync"
    assert "could not be timed" in env.backend_reason


def test_an_environment_that_no_worker_can_build_is_given_to_sync(monkeypatch):
    monkeypatch.setenv("RLT_TEST_OWNER", str(os.getpid()))
    env = made("rlt-test/OwnersOnly-v0", 2)
    assert env.backend == "sync"
    assert "pool failed: rlt-test/OwnersOnly-v0 could not be made" in env.backend_reason
