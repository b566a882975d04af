"""DQN learns what is known, counts exactly, and refuses what it cannot serve."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
import torch
from torch import nn

from rlt import envs
from rlt.agents import DQN, PPO
from rlt.errors import ConfigError, NumericsError, RunError, SpaceError
from rlt.rl.replay import gather
from rlt.store.segment import SegmentFiles
from rlt.store.tree import load_tree, save_tree
from tests.agents import tiny

FAST = {
    "learning_rate": 1e-2, "batch_size": 64, "train_freq": 8, "gradient_steps": 4, "learning_starts": 64, "buffer_size": 5000,
    "target_update_interval": 64, "exploration": "linear:1:0.1@0.5",
}
VARIANTS = [
    {}, {"double": True, "dueling": True, "tau": 0.05, "target_update_interval": None, "loss": "squared"}, {"n_steps": 2},
]


def values(agent, *observations):
    with torch.no_grad():
        return agent.policy(torch.tensor(observations, dtype=torch.float32).unsqueeze(1))


@pytest.mark.parametrize("options", VARIANTS)
def test_the_right_one_of_two_actions_is_found_and_both_are_valued(options):
    agent = DQN(envs.make(tiny.RightAction, 8), seed=1, **FAST | options)
    agent.learn(1200)
    assert agent.evaluate(50)["return_mean"] == 1.0
    assert values(agent, -1.0, 1.0).flatten().tolist() == pytest.approx([1, 0, 0, 1], abs=0.05)


def test_advantage_learning_leaves_the_best_actions_value_and_pushes_the_others_away():
    agent = DQN(envs.make(tiny.RightAction, 8), seed=1, advantage_learning=0.5, **FAST)
    agent.learn(1600)
    assert agent.evaluate(50)["return_mean"] == 1.0
    assert values(agent, -1.0, 1.0).flatten().tolist() == pytest.approx([1, -1, -1, 1], abs=0.1)  # twice as far as 1 from 0


@pytest.mark.parametrize("options", VARIANTS)
def test_two_steps_of_patience_are_worth_two_discounted(options):
    agent = DQN(envs.make(tiny.Patience, 8), seed=0, gamma=0.9, **FAST | options)
    agent.learn(1600)
    assert agent.evaluate(20)["return_mean"] == 2.0
    assert values(agent, 0.0)[0].tolist() == pytest.approx([1.0, 0.9 * 2], abs=0.1)


@pytest.mark.parametrize("n_steps", [1, 3])
def test_a_time_limit_does_not_end_the_future(n_steps):
    agent = DQN(envs.make(tiny.ForeverOne, 4), seed=0, gamma=0.8, n_steps=n_steps, **FAST)
    agent.learn(1600)
    assert values(agent, 0.0)[0].tolist() == pytest.approx([5.0, 5.0], abs=0.2)  # an end at 5 would make it 2.7 on average


@pytest.mark.parametrize("n_steps", [1, 3])
def test_a_termination_ends_the_future(n_steps):
    agent = DQN(envs.make(tiny.EndsAtFive, 4), seed=0, gamma=0.8, n_steps=n_steps, **FAST)
    agent.learn(2400)
    expected = [sum(0.8**k for k in range(5 - t)) for t in range(5)]
    assert values(agent, *(t / 5 for t in range(5))).mean(1).tolist() == pytest.approx(expected, abs=0.3)


class Picture(tiny.RightAction):
    """The same as an image of bytes, channels last; the brighter half is the right action."""

    observation_space = gym.spaces.Box(0, 255, (36, 36, 3), np.uint8)

    def see(self):
        self.sign = int(self.np_random.integers(2))
        picture = np.zeros((36, 36, 3), np.uint8)
        picture[:, 18:] = 255 * self.sign
        picture[:, :18] = 255 * (1 - self.sign)
        return picture

    def step(self, action):
        return np.zeros((36, 36, 3), np.uint8), float(action == self.sign), True, False, {}


@pytest.mark.parametrize("model", ["cnn", {"name": "mlp", "hidden": [16]}])
def test_images_of_bytes_are_served_by_either_network_and_stored_as_bytes(model):
    agent = DQN(envs.make(Picture, 8), seed=0, model=model, threads=1, **FAST | {"learning_rate": 1e-3, "batch_size": 16})
    assert agent.replay.storage.frames.dtype == torch.uint8
    agent.learn(400)
    assert agent.evaluate(30)["return_mean"] == 1.0


class Recorder(tiny.Tiny):
    """Never ends; the observation counts."""

    observation_space = gym.spaces.Box(0, 1e6, (1,), np.float32)

    def see(self):
        return np.array([self.t], np.float32)

    def step(self, action):
        self.t += 1
        return self.see(), float(self.t), False, False, {}


def test_an_update_learns_from_what_was_stored_before_its_own_step():
    agent = DQN(envs.make(Recorder, 2), seed=0, **FAST | {"learning_starts": 0, "train_freq": 2, "gradient_steps": 1})
    seen = []
    inner = agent.update
    agent.update = lambda indices: seen.append((agent.steps, agent.replay.size)) or inner(indices)
    agent.begin(20)
    agent.advance(10)
    assert seen == [(2, 2), (4, 4), (6, 6), (8, 8)]  # nothing is stored while the first step is under way
    everything = gather(agent.replay.storage, torch.arange(10), 0.5)
    assert everything.obs[:, 0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert everything.next_obs[:, 0].tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


@pytest.mark.parametrize("num_envs", [1, 2, 3, 8, 16, 40])
@pytest.mark.parametrize(
    ("train_freq", "gradient_steps", "interval"), [(1, 1, 10), (4, 1, 6), (4, -1, 25), (10, 3, 500), (7, 2, 1)]
)
def test_intervals_count_steps_exactly_whatever_the_number_of_environments(num_envs, train_freq, gradient_steps, interval):
    options = {"train_freq": train_freq, "gradient_steps": gradient_steps, "target_update_interval": interval}
    agent = DQN(envs.make(Recorder, num_envs), seed=0, **FAST | options | {"learning_starts": 0, "batch_size": 2})
    updates, moves = [], []
    agent.update = lambda indices: updates.append((agent.steps, len(indices))) or torch.zeros(len(indices), 4)
    agent._update.move_target = lambda: moves.append(agent.steps)
    agent.begin(480)
    agent.advance(480)
    per_event = train_freq if gradient_steps == -1 else gradient_steps
    counts = range(num_envs, 481, num_envs)
    due = [(n - num_envs, per_event * (n // train_freq - (n - num_envs) // train_freq)) for n in counts if n > num_envs]
    assert updates == [(n, k) for n, k in due if k]
    assert moves == [n - num_envs for n in counts if n // interval > (n - num_envs) // interval]


def test_learning_starts_when_so_many_transitions_are_stored():
    agent = DQN(envs.make(Recorder, 4), seed=0, **FAST | {"learning_starts": 50, "train_freq": 4, "gradient_steps": 1})
    sizes = []
    inner = agent.update
    agent.update = lambda indices: sizes.append(agent.replay.size) or inner(indices)
    agent.learn(100)
    assert sizes == list(range(52, 100, 4))


def test_epsilon_is_drawn_for_each_environment_by_itself_and_follows_its_schedule():
    agent = DQN(envs.make(tiny.RightAction, 64), seed=0, **FAST | {"exploration": 0.5})
    obs = agent.start_environment()
    greedy = agent.policy.act(obs)
    differ = torch.stack([agent.explore(obs, False) != greedy for _ in range(400)]).float()
    assert differ.mean().item() == pytest.approx(0.25, abs=0.01)  # half of the random ones are the greedy one
    assert 0 < differ.mean(1).std() < 0.1  # one coin for all would make it 0.25 or 0
    agent = DQN(envs.make(tiny.RightAction, 4), seed=0, **FAST | {"exploration": "linear:1:0.2@0.5", "learning_starts": 4})
    agent.begin(100)
    metrics = agent.advance(100)
    epsilon = metrics["dqn/epsilon"].tolist()
    assert epsilon[:3] == pytest.approx([1 - 0.8 * n / 50 for n in (4, 12, 20)])
    assert epsilon[-3:] == pytest.approx([0.2] * 3)


def test_before_learning_starts_all_actions_are_random_and_none_is_asked_of_the_network():
    agent = DQN(envs.make(tiny.RightAction, 32), seed=0, **FAST | {"exploration": 0.0})
    obs = agent.start_environment()
    agent.policy.forward = None
    drawn = torch.cat([agent.explore(obs, True) for _ in range(50)])
    assert drawn.float().mean().item() == pytest.approx(0.5, abs=0.05)


class Moody(nn.Module):
    """Batch norm and dropout, and a diary of the modes that it ran in."""

    def __init__(self, obs_dim: int, n_actions: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(obs_dim, 16), nn.BatchNorm1d(16), nn.Dropout(0.3))
        self.head = nn.Linear(16, n_actions)
        self.modes: list[tuple[bool, bool]] = []

    def forward(self, obs):
        self.modes.append((self.training, torch.is_grad_enabled()))
        return self.head(self.body(obs))


def test_networks_collect_and_give_targets_in_eval_mode_and_learn_in_train_mode():
    options = FAST | {"double": True, "learning_starts": 8, "target_update_interval": 200}
    agent = DQN(envs.make("CartPole-v1", 2), model=Moody, seed=0, **options)
    agent.learn(100)
    network, target = agent.policy.network, agent._update.target.network
    choosing = agent._update.groups["q"].evaluating.network
    assert set(network.modes) == {(False, False), (True, True)}
    assert set(target.modes) == set(choosing.modes) == {(False, False)}
    assert int(network.body[1].num_batches_tracked) == len([m for m in network.modes if m[0]])
    assert int(target.body[1].num_batches_tracked) == 0
    agent.learn(150)  # past step 200: the statistics go with the weights
    assert int(target.body[1].num_batches_tracked) > 0


@pytest.mark.parametrize(
    ("space", "fix"),
    [(gym.spaces.Box(-1, 1, (2,), np.float32), "agent=ppo or agent=sac"), (gym.spaces.MultiDiscrete([2, 3]), "agent=ppo")],
)
def test_actions_that_have_no_finite_list_are_refused(space, fix):
    with pytest.raises(SpaceError, match=f"DQN cannot serve actions.*\n.*\n.*fix: {fix}"):
        DQN.for_spaces(gym.spaces.Box(-1, 1, (3,), np.float32), space)


def test_observations_without_one_tensor_are_refused():
    space = gym.spaces.Dict({"a": gym.spaces.Box(-1, 1, (3,), np.float32)})
    with pytest.raises(SpaceError, match=r"DQN cannot serve observations.*\n.*\n.*FlattenObservation"):
        DQN.for_spaces(space, gym.spaces.Discrete(2))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_starts": 100, "buffer_size": 50}, "learning_starts=100 and agent.buffer_size=50 contradict"),
        ({"buffer_size": 10**15}, "does not fit into the memory"),
        ({"tau": 0}, "agent.tau=0"),
        ({"train_freq": 0}, "agent.train_freq=0"),
        ({"gradient_steps": 0}, "agent.gradient_steps=0"),
        ({"n_steps": 0}, "agent.n_steps=0"),
        ({"advantage_learning": 1.0}, "agent.advantage_learning=1.0"),
        ({"exploration": "linear:2:0.1"}, "a chance is 0 to 1, got 2"),
        ({"target_update_interval": 0}, "target_update_interval=0"),
        ({"dueling": True, "model": Moody}, "dueling=true and a model of your own contradict"),
        ({"model": {"name": "cnn"}}, "model=cnn cannot read"),
        ({"model": {"shared": True}}, "model.shared=True and agent.name=dqn contradict"),
        ({"model": {"critic": {"name": "x:Y"}}}, "and agent.name=dqn contradict"),
        ({"model": {"name": "resnet"}}, "model.name=resnet: this agent has no such network"),
        ({"learning_rates": 1e-3}, "fix: agent.learning_rate"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises((ConfigError, SpaceError), match=message):
        DQN(envs.make("CartPole-v1", 1), **options)


def test_weights_from_outside_are_the_target_networks_too():
    given, agent = (DQN(envs.make("CartPole-v1", 1), seed=seed) for seed in (1, 2))
    agent.load_weights(given.weights())
    assert equal(agent.weights(), agent._update.target.state_dict())


def test_a_hidden_layer_as_wide_as_the_output_gets_a_hidden_layers_gain():
    network = DQN(envs.make("CartPole-v1", 1), model={"hidden": [2], "orthogonal_init": True}).policy.network
    for layer, gain in ((network.trunk[0], 2**0.5), (network.head, 1.0)):
        torch.testing.assert_close(layer.weight @ layer.weight.T, gain**2 * torch.eye(2), atol=1e-5, rtol=1e-5)


def test_a_run_too_short_to_learn_says_so(caplog):
    DQN(envs.make("CartPole-v1", 2), learning_starts=60).learn(60)
    assert "nothing will be learned: 60 steps do not fill agent.learning_starts=60" in caplog.text


def test_a_replay_smaller_than_a_vector_step_is_refused():
    with pytest.raises(ConfigError, match="smaller than one step of 8 environments"):
        DQN(envs.make("CartPole-v1", 8), buffer_size=7, learning_starts=0)


def test_losses_that_are_not_finite_stop_the_run(tmp_path):
    agent = DQN(envs.make("CartPole-v1", 2), seed=0, **FAST | {"learning_rate": 1e30, "max_grad_norm": None})
    with pytest.raises(NumericsError, match=r"DQN's updates before step \d+ gave NaN or infinity"):
        agent.learn(2000)


def test_weights_that_the_last_update_spoilt_are_never_saved():
    agent = DQN(envs.make("CartPole-v1", 2), seed=0, **FAST)
    sound = agent._learned([torch.ones(3, 4)])  # its loss was still that of the weights before
    assert sound["loss/q"].tolist() == [1.0] * 3
    agent._update.groups["q"].flat.buffer[7] = torch.inf
    with pytest.raises(NumericsError, match="weights that are NaN or infinite\n  of: q"):
        agent._learned([torch.ones(3, 4)])


def test_what_only_acts_makes_no_replay(tmp_path):
    agent = DQN.for_spaces(gym.spaces.Box(-1, 1, (3,), np.float32), gym.spaces.Discrete(2), buffer_size=10**15)
    agent.predict(np.zeros(3, np.float32))
    with pytest.raises(ConfigError, match="does not fit into the memory"):
        assert agent.replay.size
    agent = DQN(envs.make("CartPole-v1", 3), seed=4, **RESUMED)
    agent.learn(120)
    agent.save(tmp_path / "x.rlt")
    loaded = DQN.load(tmp_path / "x.rlt")
    assert loaded._made is None
    loaded.save(tmp_path / "y.rlt")  # what it was not asked for is there all the same
    assert DQN.load(tmp_path / "y.rlt", env=envs.make("CartPole-v1", 3)).replay.size == 60


def test_a_checkpoint_of_another_agent_is_refused(tmp_path):
    PPO(envs.make("CartPole-v1", 1), n_steps=8, minibatch_size=8).save(tmp_path / "x.rlt")
    with pytest.raises(RunError, match="holds the agent ppo, expected dqn"):
        DQN.load(tmp_path / "x.rlt")


def equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


RESUMED = FAST | {"buffer_size": 60, "learning_starts": 20, "train_freq": 3, "gradient_steps": 2, "double": True, "batch_size": 8}


@pytest.mark.parametrize("n_steps", [1, 3])
def test_a_resumed_agent_ends_bit_equal_to_one_that_went_on_and_cuts_change_nothing(n_steps, tmp_path):
    whole, stopped, resumed = (DQN(envs.make("CartPole-v1", 3), seed=4, n_steps=n_steps, **RESUMED) for _ in range(3))
    assert whole.begin(240) == stopped.begin(240) == 240
    expected = whole.advance(240)
    first = [stopped.advance(cut) for cut in (3, 50, 132)]
    files = SegmentFiles(tmp_path)
    save_tree(tmp_path / "x.rlt", stopped.state(), kind="checkpoint", segments=files)
    assert files.digests  # replay has gone round, and lies in files of its own
    assert resumed.load_state(load_tree(tmp_path / "x.rlt", kind="checkpoint")) is None
    parts = [*first, resumed.advance(240)]
    assert equal(whole.weights(), resumed.weights())
    assert equal(whole._update.state()["target"], resumed._update.state()["target"])
    for name in expected:
        if not name.startswith("time/"):
            assert torch.equal(expected[name], torch.cat([part[name] for part in parts])), name


def test_a_checkpoint_of_other_sizes_is_refused_or_its_newest_transitions_taken():
    agent = DQN(envs.make("CartPole-v1", 3), seed=4, **RESUMED)
    agent.begin(240)
    agent.advance(120)
    with pytest.raises(RunError, match="of 3 environments, expected 2\n  fix: env.num_envs=3"):
        DQN(envs.make("CartPole-v1", 2), seed=4, **RESUMED).load_state(agent.state())
    smaller = DQN(envs.make("CartPole-v1", 3), seed=4, **RESUMED | {"buffer_size": 30})
    smaller.load_state(agent.state())
    assert smaller.replay.size == 30
    everything = torch.arange(len(agent.replay.storage.reward), dtype=torch.int64)
    kept = smaller.replay.sample(1, 400, torch.Generator().manual_seed(0))[0]
    ours, theirs = gather(smaller.replay.storage, kept, 0.9), gather(agent.replay.storage, everything, 0.9)
    rows = {tuple(row) for row in torch.cat([theirs.obs, theirs.next_obs], 1).tolist()}
    assert all(tuple(row) in rows for row in torch.cat([ours.obs, ours.next_obs], 1).tolist())


def test_without_its_replay_a_resume_says_that_it_is_not_exact_and_fills_it_again(tmp_path):
    agent, resumed = (DQN(envs.make("CartPole-v1", 3), seed=4, **RESUMED) for _ in range(2))
    agent.begin(240)
    agent.advance(120)
    save_tree(tmp_path / "x.rlt", agent.state(), kind="checkpoint", leave_out_segments=True)
    assert "without replay (checkpoint.replay=false)" in resumed.load_state(load_tree(tmp_path / "x.rlt", kind="checkpoint"))
    assert resumed.replay.size == 0
    metrics = resumed.advance(240)
    assert len(metrics["loss/q"]) < len(agent.advance(240)["loss/q"])


def test_a_saved_agent_holds_its_replay_and_learns_on(tmp_path):
    agent = DQN(envs.make("CartPole-v1", 3), seed=4, **RESUMED)
    agent.learn(120)
    agent.save(tmp_path / "x.rlt")
    loaded = DQN.load(tmp_path / "x.rlt", env=envs.make("CartPole-v1", 3))
    assert loaded.replay.size == agent.replay.size == 60
    assert equal(loaded.weights(), agent.weights())
    loaded.learn(60)
    assert loaded.steps == 180
    fewer = DQN.load(tmp_path / "x.rlt", env=envs.make("CartPole-v1", 2))
    assert fewer.replay.size == 0  # of three environments: says so, and starts empty
    fewer.learn(60)
