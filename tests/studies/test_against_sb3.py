"""The study against Stable-Baselines3: nothing of a configuration is lost on the way, and its verdict is what it says."""

from __future__ import annotations

import csv
import inspect
import json
from dataclasses import asdict, fields, replace

import gymnasium as gym
import numpy as np
import pytest
import stable_baselines3
import torch
from stable_baselines3.common.env_util import make_vec_env

from experiments.studies.against_sb3 import __main__ as command
from experiments.studies.against_sb3.comparison import compare
from experiments.studies.against_sb3.playing import FIRST_SEED, play
from experiments.studies.against_sb3.sides import OURS, RANDOM, THEIRS, Score, score
from experiments.studies.against_sb3.study import scores_in, trainings
from experiments.studies.against_sb3.tasks import TASKS, Task
from experiments.studies.against_sb3.translation import translate
from rlt.assembly.build import make_agent, make_env
from rlt.assembly.root import parse
from rlt.errors import ConfigError
from rlt.rl.schedules import Schedule
from rlt.train import main as train

OTHER = {
    "target_update_interval": 7, "clip_range_vf": 0.3, "max_grad_norm": 0.7, "target_kl": 0.03, "temperature": 0.2,
    "target_entropy": -2.0, "gradient_steps": 3, "learning_rate": Schedule("constant", 1e-2, 1e-2), "loss": "squared",
    "exploration": Schedule("linear", 0.9, 0.01, 0.5), "hidden": (32,), "activation": "elu", "orthogonal_init": False,
    "tau": 0.5, "gamma": 0.9, "gae_lambda": 0.9, "workers": 2, "backend": "sync",
    "critic": {"name": "my_package:Critic"}, "id": "Pendulum-v1", "options": {"g": 9.0}, "wrappers": ["rescale_action"],
    "extensions": ("my_package:Term",),
}
"""Values that differ from the defaults where a default does not say what another would be."""

SAME = {"env.backend", "env.workers", "env.timeout"}
"""Options that change no number."""


def other_value(name, value):
    if name in OTHER:
        return OTHER[name]
    if value is None or isinstance(value, Schedule):
        return Schedule("constant", 0.05, 0.05)
    return not value if isinstance(value, bool) else value * 2 if value else type(value)(1)


def fate(plain, group, name):
    """What becomes of an option with another value: `moved` to SB3's arguments, `refused` by its name, or `lost`."""
    options = getattr(plain, group)
    value = other_value(name, options[name] if group == "model" else getattr(options, name))
    try:
        changed = replace(plain, **{group: {**options, name: value} if group == "model" else replace(options, **{name: value})})
        return "lost" if translate(changed) == translate(plain) else "moved"
    except ConfigError as error:
        return "refused" if f"{group}.{name}=" in str(error) else str(error)


@pytest.mark.parametrize("agent", ["dqn", "ppo", "sac"])
def test_every_option_reaches_sb3_or_is_refused_by_name(agent):
    plain = parse({"agent": {"name": agent}})
    options = [("agent", f.name) for f in fields(plain.agent)] + [("env", f.name) for f in fields(plain.env)]
    options += [("model", name) for name in plain.model]
    fates = {f"{group}.{name}": fate(plain, group, name) for group, name in options}
    lost = {option for option, found in fates.items() if found == "lost"}
    assert set(fates.values()) == {"lost", "moved", "refused"}
    assert lost == SAME | (set() if agent == "ppo" else {"model.orthogonal_init"})  # false is what the others do anyway


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"agent": {"name": "dqn", "double": True}}, "agent.double=true has no counterpart"),
        ({"agent": {"name": "dqn", "tau": 0.01}}, "fix: agent.target_update_interval=1"),
        ({"agent": {"name": "dqn", "exploration": "cosine:1:0"}}, "agent.exploration=cosine:1.0 has no counterpart"),
        ({"agent": {"name": "dqn"}, "env": {"num_envs": 2}}, "fix: env.num_envs=1"),
        ({"agent": {"name": "ppo", "ent_coef": "linear:0.01"}}, "fix: agent.ent_coef=0.01"),
        ({"agent": {"name": "ppo", "normalize_observation": True}}, "fix: agent.normalize_observation=false"),
        ({"agent": {"name": "sac", "critic_learning_rate": 1e-3}}, "fix: agent.critic_learning_rate=null"),
        ({"model": {"name": "cnn"}}, "fix: model=mlp"),
    ],
)
def test_what_sb3_has_not_is_refused_with_a_fix(values, message):
    with pytest.raises(ConfigError) as caught:
        translate(parse(values))
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["ppo_cartpole", "dqn_cartpole", "sac_pendulum"])
def test_both_sides_have_the_same_networks_optimisers_and_schedules_and_round_no_steps(name):
    experiment = TASKS[name].experiment(0)
    made = translate(experiment)
    cls = getattr(stable_baselines3, made.algorithm)
    assert set(made.arguments) <= set(inspect.signature(cls.__init__).parameters)
    env = make_vec_env(made.env_id, made.num_envs)
    theirs = cls("MlpPolicy", env, device="cpu", **made.arguments)
    ours = make_agent(experiment, make_env(experiment))
    their_nets = {"PPO": ["policy"], "DQN": ["q_net"], "SAC": ["actor", "critic"]}[made.algorithm]
    our_nets = [ours.policy, *([ours._critics] if made.algorithm == "SAC" else [])]
    assert count(*(getattr(theirs, n) for n in their_nets)) == count(*our_nets)
    for progress in (0.0, 0.1, 0.5, 1.0):
        assert theirs.lr_schedule(1 - progress) == pytest.approx(ours.config.learning_rate.at(progress))
        if made.algorithm == "PPO":
            assert theirs.clip_range(1 - progress) == pytest.approx(ours.config.clip_range.at(progress))
        if made.algorithm == "DQN":
            assert theirs.exploration_schedule(1 - progress) == pytest.approx(ours.config.exploration.at(progress))
    adam = theirs.actor.optimizer if made.algorithm == "SAC" else theirs.policy.optimizer
    assert adam.defaults["eps"] == ours.config.adam_epsilon
    whole = ours.config.n_steps * made.num_envs if made.algorithm == "PPO" else ours.config.train_freq
    assert TASKS[name].steps % whole == 0
    env.close()
    ours.close()


def count(*networks):
    return sum(p.numel() for net in networks for p in net.parameters())


def a_score(side, seed, mean, task="ppo_cartpole"):
    return Score(task, side, seed, 1000, [mean - 1, mean + 1], 2.0, 1.0, "abc1234", "rlt=0.1.0 torch=2.13.0")


def scores(ours, theirs, random=0.0):
    sides = ((OURS, ours), (THEIRS, theirs), (RANDOM, [random]))
    return [a_score(side, seed, mean) for side, means in sides for seed, mean in enumerate(means)]


TEN = Task("ppo_cartpole", "PPO, CartPole-v1", (), 1000, 10, 500.0, "print")


def test_the_difference_of_two_constants_is_known_exactly():
    found = compare(TEN, scores([450.0] * 10, [470.0] * 10, random=100.0))
    assert (found.difference, found.interval, found.range) == (-20.0, (-20.0, -20.0), 400.0)
    assert found.relative == (-0.05, -0.05, -0.05)
    assert found.holds  # at least -5 %
    assert not compare(TEN, scores([449.0] * 10, [470.0] * 10, random=100.0)).holds


def test_the_order_of_seeds_and_sides_in_the_list_does_not_matter():
    given = scores(range(400, 500, 10), range(300, 400, 10))
    found = compare(TEN, given)
    assert found == compare(TEN, given[::-1])
    assert found.difference == 100.0
    assert found.interval[0] < 100.0 < found.interval[1]


def test_a_wide_interval_fails_where_the_difference_alone_would_not():
    uneven = [500.0] * 5 + [100.0] * 5
    found = compare(TEN, scores(uneven, uneven))
    assert found.difference == 0.0
    assert found.relative[1] < -0.15
    assert not found.holds


def test_a_comparison_that_lacks_seeds_does_not_hold():
    found = compare(TEN, scores([500.0] * 9, [500.0] * 10))
    assert not found.complete and not found.holds
    assert compare(TEN, scores([500.0] * 9, [])) is None


def test_episodes_played_together_are_those_of_one_environment_after_the_other():
    def act(obs):
        return (obs[:, 2] > 0).astype(np.int64)

    env, returns = gym.make("CartPole-v1"), []
    for seed in range(FIRST_SEED, FIRST_SEED + 5):
        obs, done, total = env.reset(seed=seed)[0], False, 0.0
        while not done:
            obs, reward, terminated, truncated, _ = env.step(act(obs[None])[0])
            total, done = total + float(reward), terminated or truncated
        returns.append(total)
    assert play("CartPole-v1", act, 5) == returns
    assert len(set(returns)) > 1


@pytest.fixture
def tiny(monkeypatch):
    """Two rollouts."""
    words = ("agent=ppo", "env.id=CartPole-v1", "agent.n_steps=16", "agent.minibatch_size=16")
    task = Task("tiny", "PPO", words, 32, 1, 500.0, "print")
    monkeypatch.setitem(TASKS, "tiny", task)
    return task


def test_sb3_is_trained_by_the_translated_values_and_scored(tiny, tmp_path):
    threads = torch.get_num_threads()
    try:
        found = score(THEIRS, tiny, 0, tmp_path, episodes=2)
    finally:
        torch.set_num_threads(threads)
    assert (found.side, found.steps, len(found.returns)) == (THEIRS, 32, 2)
    assert found.processor_seconds > 0 and "stable-baselines3=" in found.versions


def test_ours_is_an_ordinary_run_whose_last_policy_is_scored(tiny, tmp_path):
    assert train([*tiny.training_words(0), "log.progress=off", f"hydra.run.dir={tmp_path / 'run'}"]) == 0
    found = score(OURS, tiny, 0, tmp_path, episodes=2)  # finished, so it is not trained again
    assert (found.side, found.steps, len(found.returns)) == (OURS, 32, 2)
    assert found.processor_seconds is None  # of a run that was there already


def test_what_is_there_is_not_made_again_and_what_is_missing_is(tmp_path, capsys):
    """The random policy's score is the one that is missing: its process is quick."""
    state, out = tmp_path / "state", tmp_path / "out"
    for training in trainings(["ppo_cartpole"]):
        if training.side != RANDOM:
            training.folder(state).mkdir(parents=True)
            training.result(state).write_text(json.dumps(asdict(a_score(training.side, training.seed, 480.0 + training.seed))))
    assert command.main(["ppo_cartpole", f"state={state}", f"out={out}"]) == 0
    assert [p.parent.name for p in state.glob("*/*/log")] == ["random_0"]
    random = next(s for s in scores_in(state) if s.side == RANDOM)
    assert len(random.returns) == 100 and 15 < random.mean < 30
    page = (out / "README.md").read_text()
    assert "10 a side" in page and "| holds" in page and "Not measured yet: DQN, CartPole-v1; " in page
    assert (out / "scores.png").stat().st_size > 10_000
    with open(out / "scores.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 21
    assert rows[-1]["returns"].split() == ["488", "490"]


def test_a_misspelt_task_gets_the_nearest(capsys):
    assert command.main(["ppo_cartpol"]) == 2
    assert "did you mean ppo_cartpole" in capsys.readouterr().err
