"""An agent that goes on from a state, or is cut into slices, learns what it would have learned."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
import torch
from torch import nn

from rlt import envs
from rlt.agents import PPO
from rlt.errors import ConfigError, RunError
from rlt.run.callbacks import Callback
from rlt.store.tree import load_tree, save_tree
from tests.agents import tiny

NORMALISED = {"normalize_observation": True, "normalize_reward": True, "target_kl": 0.05, "clip_range_vf": 0.3}
TASKS = {"CartPole-v1": {}, "LunarLander-v3": NORMALISED, "Pendulum-v1": NORMALISED, "Hopper-v5": NORMALISED}
SMALL = {"n_steps": 24, "minibatch_size": 24, "n_epochs": 1, "learning_rate": "linear:1e-3", "clip_range": "linear:0.2:0.1"}


def make(task, num_envs=3, seed=4, **options):
    return PPO(envs.make(task, num_envs), seed=seed, **SMALL | options)


def equal(a, b):
    """Two states, to the bit."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[name], b[name]) for name in a)
    return torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b


def advance(agent, *cuts):
    """Metrics of the stretches up to each cut, put together, seconds apart."""
    parts = [agent.advance(cut) for cut in cuts]
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0] if not name.startswith("time/")}


@pytest.mark.parametrize("task", TASKS)
def test_a_resumed_agent_ends_bit_equal_to_one_that_went_on(task, tmp_path):
    whole, stopped, resumed = (make(task, **TASKS[task]) for _ in range(3))
    stop = whole.begin(4 * 72)
    assert stopped.begin(4 * 72) == stop == 288
    before = advance(whole, 132, stop)
    first = advance(stopped, 132)  # in the middle of a rollout
    save_tree(tmp_path / "x.rlt", stopped.state(), kind="checkpoint")
    resumed.env.reset(99)
    assert resumed.load_state(load_tree(tmp_path / "x.rlt", kind="checkpoint")) is None
    assert resumed.steps == 132
    second = advance(resumed, stop)
    assert equal(resumed.weights(), whole.weights())
    assert equal(resumed.own_state(), whole.own_state())
    both = {name: torch.cat([first[name], second[name]]) for name in first}
    assert all(torch.equal(both[name], before[name]) or both[name].isnan().any() for name in before)
    assert resumed.headline() == whole.headline()


def test_a_state_in_memory_stays_as_it_was_while_the_agent_goes_on():
    agent, again = make("CartPole-v1", normalize_observation=True), make("CartPole-v1", normalize_observation=True)
    agent.begin(288)
    agent.advance(132)
    state = agent.state()
    agent.advance(288)
    again.load_state(state)
    again.advance(288)
    assert equal(again.weights(), agent.weights())


@pytest.mark.parametrize("cuts", [[288], [3, 6, 150, 288], [72, 144, 216, 288], [100, 101, 288], list(range(3, 291, 3))])
def test_how_a_stretch_is_cut_changes_no_number(cuts):
    whole, sliced = make("CartPole-v1", **NORMALISED), make("CartPole-v1", **NORMALISED)
    assert whole.begin(288) == sliced.begin(288)
    expected, got = advance(whole, 288), advance(sliced, *cuts)
    assert equal(whole.weights(), sliced.weights())
    assert list(expected) == list(got)
    for name in expected:
        assert torch.equal(expected[name].nan_to_num(-1.0), got[name].nan_to_num(-1.0)), name


def test_advance_stops_at_the_first_vector_step_that_reaches_until():
    agent = make("CartPole-v1")
    agent.begin(10_000)
    for until, steps in [(1, 3), (3, 3), (7, 9), (100, 102), (72, 102)]:
        agent.advance(until)
        assert agent.steps == steps


@pytest.mark.parametrize(("asked", "reached"), [(1, 72), (71, 72), (72, 72), (143, 72), (144, 144), (1000, 936)])
def test_whole_rollouts_are_made_and_at_least_one(asked, reached):
    agent = make("CartPole-v1")
    agent.learn(asked)
    assert agent.steps == reached


def test_schedules_run_from_start_to_end_over_the_steps_that_are_made():
    agent = make("CartPole-v1")
    for first in (0, 288):  # a second learn runs them anew, and counters go on
        stop = agent.begin(300)
        assert stop == first + 288
        metrics = agent.advance(stop)
        np.testing.assert_allclose(metrics["optim/learning_rate"].tolist(), [1e-3, 7.5e-4, 5e-4, 2.5e-4], rtol=1e-6)
        np.testing.assert_allclose(metrics["ppo/clip_range"].tolist(), [0.2, 0.175, 0.15, 0.125], rtol=1e-6)


def test_the_same_seed_learns_the_same_and_another_does_not():
    first, again, other = make("CartPole-v1"), make("CartPole-v1"), make("CartPole-v1", seed=5)
    torch.rand(17)  # what else the process draws does not matter
    for agent in (first, again, other):
        agent.learn(144)
    assert equal(first.weights(), again.weights())
    assert not equal(first.weights(), other.weights())


def test_making_and_training_an_agent_leaves_the_global_generators_alone():
    before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()
    agent = make("CartPole-v1")
    agent.learn(72)
    agent.evaluate(3)
    agent.predict(np.zeros(4, np.float32))
    assert torch.equal(before, torch.get_rng_state())
    assert np.array_equal(numpy_before, np.random.get_state()[1])


class Evaluates(Callback):
    def __init__(self, agent, **how):
        self.agent, self.how = agent, how

    def on_log(self, run, metrics):
        self.agent.evaluate(3, **self.how)
        self.agent.predict(np.zeros((5, 4), np.float32), deterministic=False)


@pytest.mark.parametrize("how", [{"deterministic": True}, {"deterministic": False}])
def test_evaluating_and_predicting_on_the_way_change_nothing_that_is_learned(how):
    quiet, watched = (make("CartPole-v1", normalize_observation=True, normalize_reward=True) for _ in range(2))
    quiet.learn(216)
    watched.learn(216, callback=Evaluates(watched, **how))
    assert equal(quiet.weights(), watched.weights())
    assert torch.equal(quiet.state()["generators"]["exploration"], watched.state()["generators"]["exploration"])


def test_an_evaluation_is_the_same_whatever_was_evaluated_or_learned_before():
    agent, fresh = make("CartPole-v1", num_envs=8), make("CartPole-v1", num_envs=8)
    agent.evaluate(2)
    agent.evaluate(5, final=True)
    agent.start_environment()
    agent.predict(np.zeros(4, np.float32))
    for final in (True, False):
        assert agent.evaluate(12, final=final) == fresh.evaluate(12, final=final)
    assert agent.evaluate(12, deterministic=False) == agent.evaluate(12, deterministic=False)
    assert agent.evaluate(12)["returns"] != agent.evaluate(12, final=True)["returns"]


def test_normalisers_are_part_of_the_policy_learn_from_rollouts_and_freeze_in_evaluation():
    agent = make("CartPole-v1", normalize_observation=True, normalize_reward=True)
    agent.learn(144)
    weights = agent.weights()
    assert int(weights["normalizer.moments.count"]) == int(weights["return_scaler.moments.count"]) == 144
    agent.evaluate(4)
    agent.policy.train()
    agent.predict(np.ones((6, 4), np.float32))
    assert equal(weights, agent.weights())


def test_a_saved_agent_predicts_the_same_and_learns_on(tmp_path):
    agent = make("CartPole-v1", normalize_observation=True)
    agent.learn(144)
    agent.save(tmp_path / "x.rlt")
    obs = np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)
    loaded = PPO.load(tmp_path / "x.rlt")
    assert np.array_equal(loaded.predict(obs, deterministic=True)[0], agent.predict(obs, deterministic=True)[0])
    assert equal(loaded.weights(), agent.weights())
    with pytest.raises(ConfigError, match="without an environment"):
        loaded.learn(72)
    again = PPO.load(tmp_path / "x.rlt", env=envs.make("CartPole-v1", 3))
    again.learn(144)
    assert again.steps == 288
    assert not equal(again.weights(), agent.weights())
    assert again.config == agent.config


@pytest.mark.parametrize("num_envs", [1, 3, 6])
def test_a_saved_agent_learns_on_in_another_number_of_environments(tmp_path, num_envs):
    agent = make("CartPole-v1", normalize_reward=True)
    agent.begin(144)
    agent.advance(99)  # with a rollout under way
    agent.save(tmp_path / "x.rlt")
    loaded = PPO.load(tmp_path / "x.rlt", env=envs.make("CartPole-v1", num_envs))
    loaded.learn(144)
    assert loaded.steps == 99 + 144 // (24 * num_envs) * 24 * num_envs


class Steps(tiny.Tiny):
    """Counts its steps in the observation, so that a hole in a rollout shows."""

    observation_space = gym.spaces.Box(0, 1000, (1,), np.float32)

    def see(self):
        return np.array([self.t], np.float32)

    def step(self, action):
        self.t += 1
        return self.see(), 1.0, False, False, {}


def test_a_rollout_holds_no_hole_where_the_environment_was_started_anew(tmp_path):
    agent = PPO(envs.make(Steps, 2), seed=0, **SMALL)
    agent.begin(480)
    agent.advance(10)
    agent.save(tmp_path / "x.rlt")
    loaded = PPO.load(tmp_path / "x.rlt", env=envs.make(Steps, 2))
    loaded.begin(480)
    loaded.advance(loaded.steps + 10)
    obs = loaded._rollout.obs[: loaded._rollout.filled, 0, 0]
    assert obs.tolist() == list(range(len(obs)))


def test_weights_of_another_network_are_refused_with_the_names_that_differ():
    agent, wide = make("CartPole-v1"), make("CartPole-v1", model={"hidden": [32]})
    before = agent.weights()
    with pytest.raises(RunError, match="actor_trunk") as caught:
        agent.load_weights(wide.weights())
    assert "expected (64, 4), got (32, 4)" in str(caught.value)
    assert equal(before, agent.weights())


def test_an_agent_for_other_spaces_is_refused(tmp_path):
    make("CartPole-v1").save(tmp_path / "x.rlt")
    with pytest.raises(RunError, match="other observations"):
        PPO.load(tmp_path / "x.rlt", env=envs.make("LunarLander-v3", 1))


class Dropout(nn.Module):
    def __init__(self, obs_dim: int, n_actions: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(obs_dim, 32), nn.BatchNorm1d(32), nn.Dropout(0.5))
        self.head = nn.Linear(32, n_actions)
        self.modes: list[tuple[bool, bool]] = []

    def forward(self, obs):
        self.modes.append((self.training, torch.is_grad_enabled()))
        return self.head(self.body(obs))


def test_networks_collect_and_evaluate_in_eval_mode_and_learn_in_train_mode():
    agent = PPO(envs.make("CartPole-v1", 3), model=Dropout, seed=0, **SMALL)
    assert torch.equal(agent.policy.network.actor.body[1].running_mean, torch.zeros(32))  # the trial forward left no trace
    agent.learn(72)
    agent.evaluate(2)
    modes = set(agent.policy.network.actor.modes)
    assert modes == {(False, False), (True, True)}
    assert int(agent.policy.network.actor.body[1].num_batches_tracked) == 3
    obs = np.ones((40, 4), np.float32)
    assert len(set(agent.predict(obs, deterministic=True)[0].tolist())) == 1


def test_dropout_too_is_fixed_by_the_seed():
    agents = []
    for _ in range(2):
        torch.rand(3)  # another state of the global generator
        agents.append(PPO(envs.make("CartPole-v1", 3), model=Dropout, seed=0, **SMALL))
        agents[-1].learn(72)
    assert equal(agents[0].weights(), agents[1].weights())


def test_initial_weights_do_not_depend_on_the_machines_cores():
    before, built = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            built.append(make("CartPole-v1").weights())
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert equal(built[0], built[1]) and equal(built[0], built[2])
