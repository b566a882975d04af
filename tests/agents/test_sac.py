"""SAC finds the best policy and the true values where both are known; it resumes, and refuses what it cannot do."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
import torch
from torch import nn

import rlt
from rlt import envs
from rlt.agents import SAC
from rlt.errors import ConfigError, NumericsError, ShapeError, SpaceError
from rlt.store.tree import load_tree, save_tree
from rlt.types import Float, Tensor
from tests.agents import tiny

FAST = {
    "learning_rate": 3e-3, "learning_starts": 64, "buffer_size": 4000, "batch_size": 64, "tau": 0.05, "temperature": 0.01,
    "model": {"hidden": [32, 32]},
}


def values(agent, *observations):
    """The critics' mean at the policy's deterministic action."""
    obs = torch.tensor(observations, dtype=torch.float32).unsqueeze(1)
    with torch.no_grad():
        q = agent._update.critics(obs).mean(0)
        return q.gather(1, agent.policy.act(obs, None).unsqueeze(1)).squeeze(1)


@pytest.mark.parametrize(
    "options",
    [
        {}, {"temperature": "auto", "temperature_init": 0.2},
        {"policy_delay": 2, "target_update_interval": 2, "max_grad_norm": 10.0},
    ],
)
def test_the_right_one_of_two_actions_is_found(options):
    agent = SAC(envs.make(tiny.RightAction, 4), seed=1, **FAST | options)
    agent.learn(300)
    assert agent.evaluate(50)["return_mean"] == 1.0


def test_two_steps_of_patience_are_worth_two_discounted():
    agent = SAC(envs.make(tiny.Patience, 4), seed=0, gamma=0.9, **FAST)
    agent.learn(500)
    assert agent.evaluate(20)["return_mean"] == 2.0
    assert values(agent, 0.0, 1.0).tolist() == pytest.approx([0.9 * 2, 2.0], abs=0.1)


def test_a_time_limit_does_not_end_the_future_and_the_entropy_counts():
    agent = SAC(envs.make(tiny.ForeverOne, 4), seed=0, gamma=0.8, **FAST | {"temperature": 0.5})
    agent.learn(500)
    # Both actions are alike: reward 1 for ever, and from the second step on ln 2 of entropy, worth half as much.
    expected = 1 / (1 - 0.8) + 0.8 * 0.5 * np.log(2) / (1 - 0.8)
    assert float(values(agent, 0.0)) == pytest.approx(expected, abs=0.3)  # an end at 5 would make it 2.7 and a bit


def test_a_termination_ends_the_future():
    agent = SAC(envs.make(tiny.EndsAtFive, 4), seed=0, gamma=0.8, **FAST)
    agent.learn(700)
    expected = [sum(0.8**k for k in range(5 - t)) for t in range(5)]
    assert values(agent, *(t / 5 for t in range(5))).tolist() == pytest.approx(expected, abs=0.25)


@pytest.mark.parametrize("options", [{}, {"temperature": "auto", "temperature_init": 0.1}])
def test_a_continuous_action_follows_its_target(options):
    agent = SAC(envs.make(tiny.Target, 4), seed=0, **FAST | options)
    agent.learn(500)
    assert agent.evaluate(50)["return_mean"] > -0.01  # standing still at 0 gives -0.083


def test_a_learned_temperature_brings_the_entropy_to_its_target():
    agent = SAC(
        envs.make(tiny.Target, 4), seed=0,
        **FAST | {"temperature": "auto", "target_entropy": 0.3, "temperature_init": 0.05, "temperature_learning_rate": 1e-2},
    )
    agent.begin(1000)
    agent.advance(500)
    assert float(agent.advance(600)["sac/entropy"].mean()) == pytest.approx(0.3, abs=0.2)


SMALL = {"learning_starts": 30, "buffer_size": 120, "batch_size": 16, "model": {"hidden": [16]}}


def make(task="Pendulum-v1", num_envs=2, seed=4, **options):
    return SAC(envs.make(task, num_envs, backend="sync"), seed=seed, **SMALL | options)


def equal(a, b):
    """Two states, to the bit."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[name], b[name]) for name in a)
    return torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b


@pytest.mark.parametrize(
    ("task", "options", "at"),
    [
        ("Pendulum-v1", {}, 20),  # while actions are random
        ("Hopper-v5", {"policy_delay": 2, "target_update_interval": 3}, 130),
        ("LunarLander-v3", {"train_freq": 5}, 170),  # after the ring is full
        ("Pendulum-v1", {"temperature": 0.1, "train_freq": 4, "gradient_steps": 3, "learning_rate": "linear:1e-3"}, 150),
    ],
)
def test_a_resumed_agent_ends_bit_equal_to_one_that_went_on(task, options, at, tmp_path):
    whole, stopped, resumed = (make(task, **options) for _ in range(3))
    for agent in (whole, stopped):
        agent.begin(200)
    before = whole.advance(200)
    first = stopped.advance(at)
    save_tree(tmp_path / "x.rlt", stopped.state(), kind="checkpoint")
    resumed.env.reset(99)
    assert resumed.load_state(load_tree(tmp_path / "x.rlt", kind="checkpoint")) is None
    second = resumed.advance(200)
    assert equal(resumed.weights(), whole.weights())
    assert equal(resumed.update_state(), whole.update_state())
    for name in before:
        if not name.startswith("time/"):
            assert torch.equal(torch.cat([first[name], second[name]]), before[name]), name


def test_random_actions_end_and_updates_begin_where_learning_starts():
    agent = make(learning_starts=60, num_envs=3)
    drawn = []
    random_actions = agent.policy.random_actions
    agent.policy.random_actions = lambda *given: drawn.append(1) or random_actions(*given)
    agent.begin(1000)
    agent.advance(90)
    assert len(drawn) == 20  # vector steps 1 to 20: 60 transitions
    assert agent._update.updates == 90 - 60  # one for every step of one environment since


@pytest.mark.parametrize(
    ("train_freq", "gradient_steps", "updates"), [(1, 1, 60), (4, 1, 15), (1, 3, 180), (6, -1, 60), (3, 2, 40)]
)
def test_any_ratio_of_updates_to_data(train_freq, gradient_steps, updates):
    agent = make(learning_starts=60, num_envs=3, train_freq=train_freq, gradient_steps=gradient_steps)
    agent.begin(1000)
    agent.advance(120)
    assert agent._update.updates == updates


def test_actor_critics_and_temperature_follow_their_own_learning_rates():
    rates = {"learning_rate": 1e-3, "critic_learning_rate": "linear:2e-3", "temperature_learning_rate": 3e-3}
    agent = make(**rates)
    agent.begin(200)
    metrics = agent.advance(100)
    assert metrics["optim/actor_learning_rate"][-1] == pytest.approx(1e-3)
    assert metrics["optim/critic_learning_rate"][-1] == pytest.approx(2e-3 * (1 - 98 / 200))
    assert metrics["optim/temperature_learning_rate"][-1] == pytest.approx(3e-3)


def test_a_delayed_actor_has_metrics_for_its_own_updates_only():
    agent = make(policy_delay=3)
    agent.begin(400)
    metrics = agent.advance(120)
    assert len(metrics["loss/critic"]) == 90 and len(metrics["loss/actor"]) == 30
    assert metrics["loss/actor"].isfinite().all()


class Infinite(tiny.Tiny):
    """Rewards so large that squares of them are infinite."""

    action_space = gym.spaces.Box(-1, 1, (1,), np.float32)

    def step(self, action):
        self.t += 1
        return np.zeros(1, np.float32), 1e30, False, self.t == 5, {}


@pytest.mark.parametrize("options", [{}, {"policy_delay": 2}])
def test_an_infinite_loss_stops_the_run_and_the_checkpoint_from_before_is_good(options, tmp_path):
    agent = SAC(envs.make(Infinite, 2), seed=0, **SMALL | options)
    with pytest.raises(NumericsError, match="NaN or infinity"):
        agent.learn(200, run=tmp_path / "run")
    saved = load_tree(tmp_path / "run/checkpoints/last.rlt", kind="checkpoint")
    assert saved["run"]["steps"] == 20  # before the first update
    assert all(value.isfinite().all() for value in saved["learner"]["weights"].values())


@pytest.mark.parametrize(
    ("observations", "actions", "words"),
    [
        (gym.spaces.Box(-1, 1, (3,)), gym.spaces.Box(-np.inf, np.inf, (2,)), "finite bounds"),
        (gym.spaces.Box(-1, 1, (3,)), gym.spaces.MultiDiscrete([2, 3]), "SAC cannot serve actions MultiDiscrete"),
        (gym.spaces.Dict({"a": gym.spaces.Box(-1, 1, (3,))}), gym.spaces.Discrete(2), "FlattenObservation"),
    ],
)
def test_spaces_that_it_cannot_serve_are_refused(observations, actions, words):
    with pytest.raises(SpaceError, match=words):
        SAC.for_spaces(observations, actions)


def test_an_own_actor_for_images_needs_an_own_critic():
    class Actor(nn.Module):
        def __init__(self, n_actions: int) -> None:
            super().__init__()
            self.logits = nn.Linear(192, n_actions)

        def forward(self, obs):
            return self.logits(obs.flatten(1).float())

    images = gym.spaces.Box(0, 255, (8, 8, 3), np.uint8)
    with pytest.raises(ConfigError, match="(?s)Actor.*no model.critic.*fix: model.critic"):
        SAC.for_spaces(images, gym.spaces.Discrete(2), model=Actor)
    SAC.for_spaces(images, gym.spaces.Discrete(2), model={"name": Actor, "critic": Actor})


def test_options_of_networks_that_sac_has_no_use_for_are_refused():
    spaces = (gym.spaces.Box(-1, 1, (3,)), gym.spaces.Discrete(2))
    for name, value in (("shared", True), ("log_std_init", -1.0)):
        with pytest.raises(ConfigError, match=f"model.{name}={value} and agent.name=sac contradict"):
            SAC.for_spaces(*spaces, model={name: value})


class Actor(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, width: int = 24) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(obs_dim, width), nn.LayerNorm(width), nn.ReLU(), nn.Dropout(0.1))
        self.mean, self.log_std = nn.Linear(width, action_dim), nn.Linear(width, action_dim)

    @rlt.typed
    def forward(
        self, obs: Float[Tensor, "batch obs_dim"]
    ) -> tuple[Float[Tensor, "batch action_dim"], Float[Tensor, "batch action_dim"]]:
        h = self.body(obs)
        return self.mean(h), self.log_std(h)


class Critic(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, width: int = 24, squeeze: bool = True) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim + action_dim, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Linear(width, 1))
        self.squeeze = squeeze

    def forward(self, obs: Tensor, action: Tensor) -> Tensor:
        value: Tensor = self.net(torch.cat([obs, action], -1))
        return value.squeeze(-1) if self.squeeze else value


class MeanOnly(Actor):
    def forward(self, obs):
        return self.mean(self.body(obs))


def test_own_networks_learn_are_saved_and_acted_with_in_eval_mode(tmp_path):
    agent = make(model={"name": Actor, "width": 16, "critic": {"name": Critic, "width": 8}}, num_envs=2)
    agent.learn(120)
    assert agent.policy.actor.body[0].out_features == 16
    assert len(agent._update.critics.members) == 2
    assert int(agent._update.critics.members[0].net[1].num_batches_tracked) == 90
    obs = np.ones((20, 3), np.float32)
    assert len({float(a[0]) for a in agent.predict(obs, deterministic=True)[0]}) == 1  # dropout is off
    agent.save(tmp_path / "x.rlt")
    with pytest.raises(rlt.errors.TrustError, match="model"):
        SAC.load(tmp_path / "x.rlt")
    loaded = SAC.load(tmp_path / "x.rlt", trust="tests")
    assert np.array_equal(loaded.predict(obs, deterministic=True)[0], agent.predict(obs, deterministic=True)[0])
    assert equal(loaded.update_state(), agent.update_state())


def test_own_networks_that_do_not_fit_are_refused_with_the_fix():
    with pytest.raises(ShapeError, match="mean, log_std"):
        make(model={"name": MeanOnly})
    with pytest.raises(ShapeError, match=r"gives \(batch, 1\)") as caught:
        make(model={"critic": {"name": Critic, "squeeze": False}})
    assert caught.value.fix == "value.squeeze(-1)"


def test_actions_are_the_environments_and_predict_draws_from_its_own_generator():
    agent = make()
    before = agent.generators.exploration.get_state()
    drawn, _ = agent.predict(np.zeros((500, 3), np.float32))
    assert drawn.dtype == np.float32 and drawn.shape == (500, 1) and abs(drawn).max() <= 2 and drawn.std() > 0.5
    assert torch.equal(before, agent.generators.exploration.get_state())
