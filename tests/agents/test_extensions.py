"""Loss terms, intrinsic rewards and explorations that an agent is handed."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
import torch

from experiments.examples.extensions import RND, Conservative, Lasting
from rlt import envs, evaluate, train
from rlt.agents import DQN, PPO, SAC
from rlt.agents.dqn.config import DQNConfig
from rlt.agents.dqn.update import DQNUpdate
from rlt.agents.ppo.config import PPOConfig
from rlt.agents.ppo.update import Coefficients, PPOUpdate
from rlt.agents.sac.config import SACConfig
from rlt.agents.sac.networks import parameters_of
from rlt.agents.sac.update import SACUpdate
from rlt.assembly.compose import plan
from rlt.errors import ConfigError, RltError, RunError
from rlt.rl.agent import Agent
from rlt.rl.extensions import Exploration, Extensions, IntrinsicReward, LossTerm
from rlt.rl.named import Handed
from rlt.rl.replay import gather
from rlt.run.folder import RunFolder
from rlt.store.tree import load_tree, save_tree
from tests.agents import test_dqn_update, test_meta, test_ppo_update, test_sac_update, tiny

SMALL = {"learning_starts": 20, "buffer_size": 200, "batch_size": 8, "train_freq": 2, "model": {"hidden": [8]}, "threads": 1}
NAME = "experiments.examples.extensions"


@dataclass(eq=False)
class Calm(LossTerm):
    """For PPO: pulls logits and values to zero."""

    METRICS = ("largest",)
    weight: float = 0.3

    def __call__(self, network, batch):
        parameters, value = network(batch.obs)
        return self.weight * (parameters.square().mean() + value.square().mean()), (value.abs().max(),)


@dataclass(eq=False)
class CalmActor(LossTerm):
    of = "actor"

    def __call__(self, network, batch):
        return 0.3 * parameters_of(network(batch.obs)).mean.square().mean(), ()


@dataclass(eq=False)
class CalmCritics(LossTerm):
    of = "critics"
    METRICS = ("largest",)

    def __call__(self, network, batch):
        q = network(batch.obs, (batch.action - torch.tensor([0, 0.25])) / torch.tensor([2, 0.25]))
        return 0.2 * q.square().mean(), (q.max(),)


@dataclass(eq=False)
class Ten(IntrinsicReward):
    amount: float = 10.0

    def reward(self, obs, action, step):
        return torch.full_like(step.reward, self.amount)


def terms(*extensions, losses):
    return Extensions([Handed.parse(one) for one in extensions], losses, "an agent")


def test_a_term_of_dqns_loss_changes_its_update_as_in_plain_torch():
    config = DQNConfig(gamma=0.9, adam_epsilon=1e-6)
    ours = test_dqn_update.policy_for()
    theirs, target = copy.deepcopy(ours), copy.deepcopy(ours)
    update = DQNUpdate(ours, config, terms=terms(Conservative(0.7), losses=("q",)).terms("q"))
    adam = torch.optim.Adam(theirs.parameters(), eps=1e-6, foreach=False)
    storage, indices = test_dqn_update.storage_for(), torch.randint(40, (3, 8), generator=torch.Generator().manual_seed(0))
    gaps = []

    def own(q, action):
        gaps.append((torch.logsumexp(q, 1) - q[torch.arange(len(q)), action]).mean())
        return 0.7 * gaps[-1]

    rows = update(storage, indices, torch.tensor([1e-2], dtype=torch.float64))
    expected = test_dqn_update.plain_update(theirs, target, storage, indices, config, 1e-2, adam, own)
    torch.testing.assert_close(rows[:, :4].double(), expected, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(rows[:, 5], torch.stack(gaps).detach())
    torch.testing.assert_close(rows[:, 4], 0.7 * rows[:, 5])
    for a, b in zip(ours.parameters(), theirs.parameters()):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("target_kl", [None, 100.0])
def test_a_term_of_ppos_loss_changes_its_update_as_in_plain_torch(target_kl):
    config = PPOConfig(n_epochs=2, minibatch_size=8, target_kl=target_kl)
    ours = test_ppo_update.policy_for(test_ppo_update.DISCRETE)
    theirs = copy.deepcopy(ours)
    update = PPOUpdate(ours, config, terms=terms(Calm(0.4), losses=("policy",)).terms("policy"))
    assert update.metrics[-2:] == ("loss/calm", "calm/largest")
    adam = torch.optim.Adam(theirs.parameters(), eps=config.adam_epsilon, foreach=False)
    batch = test_ppo_update.batch_for(theirs, test_ppo_update.DISCRETE)
    values = []

    def own(output, value):
        values.append(value.abs().max().item())
        return 0.4 * ((output**2).mean() + (value**2).mean())

    numbers = Coefficients(*(torch.tensor([x], dtype=torch.float64) for x in (1e-2, 0.2, 0.01)))
    rows = update(batch, 8, numbers, torch.Generator().manual_seed(5))
    plain = test_ppo_update.plain_update(theirs, batch, config, 1e-2, 0.2, 0.01, torch.Generator().manual_seed(5), adam, own=own)
    torch.testing.assert_close(rows[:, :6].double(), plain, rtol=1e-6, atol=1e-6)
    assert rows[:, 7].tolist() == pytest.approx(values)
    for a, b in zip(ours.parameters(), theirs.parameters()):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)


def test_terms_of_sacs_two_losses_change_its_update_as_in_plain_torch():
    config = SACConfig(gamma=test_sac_update.GAMMA, tau=test_sac_update.TAU, policy_delay=2)
    space = test_sac_update.BOX
    policy, critics = test_sac_update.parts(space, config)
    own = {
        "actor": lambda output: 0.3 * (output[:, :2] ** 2).mean(), "critics": lambda q: 0.2 * (torch.stack(q) ** 2).mean(),
    }
    plain = test_sac_update.Plain(space, policy, critics, config, test_sac_update.RATES, own)
    handed = terms(CalmActor(), CalmCritics(), losses=("critics", "actor"))
    assert handed.columns == ("loss/calm_critics", "calm_critics/largest", "loss/calm_actor")
    update = SACUpdate(policy, critics, config, critic_terms=handed.terms("critics"), actor_terms=handed.terms("actor"))
    for number in range(4):
        storage, noise = test_sac_update.stored(space, number), test_sac_update.noise_for(update, number)
        row = update(storage, test_sac_update.INDEX, noise, test_sac_update.coefficients())
        expected = plain.update(gather(storage, test_sac_update.INDEX, test_sac_update.GAMMA), noise, test_sac_update.TAU)
        assert row.tolist()[:7] == pytest.approx(expected, rel=1e-9, abs=1e-11, nan_ok=True)
        assert row.isnan().tolist()[7:] == [False, False, number % 2 == 0]
        flat = test_sac_update.flat
        torch.testing.assert_close(flat(policy.actor), flat(plain.actor), rtol=1e-10, atol=1e-12)


def made(agent_class, **options):
    if agent_class is PPO:
        return PPO(envs.make(tiny.EndsAtFive, 3), seed=3, n_steps=10, minibatch_size=30, threads=1, **options)
    env = tiny.EndsAtFive if agent_class is DQN else tiny.Target
    return agent_class(envs.make(env, 3), seed=3, **SMALL, **options)


@pytest.mark.parametrize("agent_class", [DQN, SAC, PPO])
def test_an_intrinsic_reward_is_learned_from_and_not_reported(agent_class):
    plain, agent = made(agent_class), made(agent_class, extensions=[Ten(2.5), Ten])
    for one in (plain, agent):
        one.begin(27)
    expected, metrics = plain.advance(27), agent.advance(27)  # nothing but random actions, or less than a rollout
    if agent_class is PPO:
        stored, without = agent._rollout.reward[:9].flatten(), plain._rollout.reward[:9].flatten()
    else:
        stored, without = agent.replay.storage.reward[:18], plain.replay.storage.reward[:18]
    torch.testing.assert_close(stored, without + 12.5)
    assert metrics["episode/return"].numel() > 0
    assert torch.equal(metrics["episode/return"][:3], expected["episode/return"][:3])
    assert metrics["intrinsic/ten"].tolist() == [2.5] * 9
    assert metrics["intrinsic/ten_2"].tolist() == [10.0] * 9
    if agent_class is not SAC:
        assert agent.evaluate(4)["return_mean"] == 5.0


def same(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    return torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b


EXTENDED = {
    DQN: [Conservative(0.5), Lasting(exponent=1.5, longest=9), RND(weight=0.2)],
    PPO: [Calm(), RND(weight=0.1)],
    SAC: [CalmActor(), RND(features=4)],
}


@pytest.mark.parametrize("agent_class", EXTENDED)
def test_a_resumed_agent_with_extensions_ends_bit_equal_to_one_that_went_on(agent_class, tmp_path):
    options = {"extensions": EXTENDED[agent_class]} | ({"exploration": 0.5} if agent_class is DQN else {})
    whole, stopped, resumed = (made(agent_class, **options) for _ in range(3))
    for agent in (whole, stopped):
        agent.begin(120)
    before = whole.advance(120)
    stopped.advance(51)
    save_tree(tmp_path / "x.rlt", stopped.state(), kind="checkpoint")
    assert resumed.load_state(load_tree(tmp_path / "x.rlt", kind="checkpoint")) is None
    after = resumed.advance(120)
    for name in ("weights", "extensions", "open_extensions"):
        assert same(whole.state()[name], resumed.state()[name]), name
    assert torch.equal(before["intrinsic/rnd"][17:], after["intrinsic/rnd"])


def test_a_saved_agent_has_its_extensions_again(tmp_path):
    agent = made(DQN, extensions=EXTENDED[DQN])
    agent.learn(60)
    agent.save(tmp_path / "x.rlt")
    with pytest.raises(RltError, match="agent.extensions=experiments") as refused:
        DQN.load(tmp_path / "x.rlt")
    assert "trust=experiments" in refused.value.fix
    loaded = DQN.load(tmp_path / "x.rlt", env=envs.make(tiny.EndsAtFive, 2), trust="experiments")  # another number of them
    assert loaded.describe()["agent"]["extensions"] == agent.describe()["agent"]["extensions"]
    assert same(agent.extensions.state(), loaded.extensions.state())
    loaded.learn(20)


def test_two_agents_share_no_state_of_an_extension():
    bonus = RND()
    first, second = made(DQN, extensions=[bonus]), made(DQN, extensions=[bonus])
    first.learn(30)
    second.learn(30)
    assert same(first.weights(), second.weights())
    assert first.extensions.all["rnd"] is not second.extensions.all["rnd"]


def lasting(epsilon, longest, many=400, actions=50):
    agent = DQN.for_spaces(
        tiny.EndsAtFive.observation_space, gym.spaces.Discrete(actions), num_envs=many, exploration=epsilon,
        extensions=[Lasting(exponent=1.0, longest=longest)], model={"hidden": [8]},
    )
    obs = torch.zeros(many, 1)
    return agent, obs, lambda: agent.extensions.explored(obs, agent.generators.exploration)


def test_an_action_that_lasts_is_drawn_for_each_environment_by_itself():
    agent, _, explored = lasting(1.0, 4)
    own, durations = agent.extensions.exploration, []
    for _ in range(40):
        free, before = own.left == 0, own.kept
        action = explored()
        assert torch.equal(action[~free], before[~free])  # what was begun goes on
        assert len(set(action[free].tolist())) > 20  # and each draws its own
        durations += (own.left[free] + 1).tolist()
    chances = np.array([1, 1 / 2, 1 / 3, 1 / 4]) / (25 / 12)
    shares = np.bincount(durations, minlength=5)[1:] / len(durations)
    np.testing.assert_allclose(shares, chances, atol=4 * 0.5 / len(durations) ** 0.5)


def test_one_begins_with_the_agents_own_epsilon_and_else_the_action_is_the_best():
    agent, obs, explored = lasting(0.3, 1)
    best = agent.act(obs, None)
    other = torch.stack([explored() != best for _ in range(40)]).float().mean()
    assert float(other) == pytest.approx(0.3 * 49 / 50, abs=4 * (0.3 * 0.7 / 16_000) ** 0.5)


def test_an_ended_episode_ends_what_lasts():
    agent = DQN.for_spaces(
        tiny.EndsAtFive.observation_space, gym.spaces.Discrete(2), num_envs=4, exploration=1.0, extensions=[Lasting(longest=50)]
    )
    own = agent.extensions.exploration
    own.left = torch.tensor([5, 5, 5, 5])
    ended = torch.tensor([True, False, False, False])
    step = test_meta.Step(torch.zeros(4, 1), torch.zeros(4), ended, ended.roll(1), torch.ones(4, 1))
    agent.extensions.seen(torch.zeros(4, 1), torch.zeros(4), step)
    assert own.left.tolist() == [0, 0, 5, 5]


def test_extensions_stay_on_the_agents_device():
    agent = DQN.for_spaces(
        test_meta.BOX, test_meta.DISCRETE, num_envs=2, device="meta", extensions=EXTENDED[DQN], **test_meta.REPLAY
    )
    obs = test_meta.observation(test_meta.BOX)
    for _ in range(6):
        with torch.no_grad():
            action = agent.extensions.explored(obs, agent.generators.exploration)
            step = test_meta.step(test_meta.BOX, ended=True)
            agent.replay.add(obs, action, agent.extensions.seen(obs, action, step))
        obs = step.obs
    rows = agent.update(agent.replay.sample(2, 4, agent.generators.batches))
    assert rows.shape == (2, len(agent.columns)) and rows.device.type == "meta"


class Wide(Exploration):
    def explore(self, obs, generator):
        return torch.zeros(obs.shape[0], 1, dtype=torch.int64)


class Flat(IntrinsicReward):
    def reward(self, obs, action, step):
        return step.reward.mean()


class PerRow(LossTerm):
    def __call__(self, network, batch):
        return network(batch.obs).mean(1), ()


@pytest.mark.parametrize(
    ("extensions", "words"),
    [
        ([Wide()], ["Wide must give an action for each environment", "torch.int64 (3,)", "(3, 1)"]),
        ([Flat()], ["Flat must give a reward for each environment", "expected (3,)", "got ()"]),
        ([PerRow()], ["PerRow must give a value and 0 metrics", "(8,)"]),
        ([Wide(), Lasting()], ["Wide and Lasting contradict each other", "fix: one of them"]),
        ([CalmActor()], ["CalmActor: DQN has no loss of actor", "there is: q"]),
        ([{"name": f"{NAME}:RND", "wieght": 1}], ["RND.wieght", "fix: agent.extensions", "weight"]),
        ([f"{NAME}:RDN"], ["has no RDN", "did you mean RND?"]),
        (["rnd"], ["agent.extensions=rnd", "package.module:Class"]),
        ([torch.nn.ReLU], ["ReLU is no extension", "LossTerm"]),
        ([3], ["agent.extensions[0]=3", "expected an extension"]),
        (RND(), ["agent.extensions", "expected a list"]),
    ],
)
def test_what_an_agent_cannot_use_is_refused_in_words(extensions, words):
    with pytest.raises(RltError) as caught:
        made(DQN, extensions=extensions).learn(60)
    for word in words:
        assert word in str(caught.value), str(caught.value)


def test_a_term_that_does_not_say_which_loss_or_finds_none_is_refused():
    class Bare(Agent):
        pass

    with pytest.raises(ConfigError, match="which loss of SAC"):
        made(SAC, extensions=[PerRow()])
    with pytest.raises(ConfigError, match="TD3 takes no terms"):
        Extensions([Handed.parse(PerRow())], Bare.LOSSES, "TD3")


def test_a_state_of_other_extensions_is_refused():
    agent, other = made(DQN, extensions=[RND()]), made(DQN, extensions=[Ten(), RND()])
    with pytest.raises(RunError, match="other extensions") as caught:
        other.load_state(agent.state())
    assert caught.value.details == ("expected: ten, rnd", "saved: rnd")


def test_a_run_names_them_and_what_a_folder_names_is_imported_where_it_is_trusted(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = [
        "agent=dqn", "env.id=CartPole-v1", "env.num_envs=2", "total_steps=60", "agent.learning_starts=20",
        "agent.buffer_size=100", "agent.batch_size=8", "model.hidden=[8]", "threads=1", "evaluation.interval=0",
        "evaluation.final_episodes=1",
        f"agent.extensions=[{NAME}:Lasting,{{name:{NAME}:RND,weight:0.25}}]", "hydra.run.dir=run",
    ]
    handed = plan(words).experiment.agent.extensions
    assert [one.plain() for one in handed] == [f"{NAME}:Lasting", {"name": f"{NAME}:RND", "weight": 0.25}]
    assert train.main(words) == 0
    folder = RunFolder("run")
    assert folder.config()["agent"]["extensions"][1]["weight"] == 0.25
    assert "intrinsic/rnd" in folder.metrics_file.read_text().splitlines()[0]
    record = json.loads(Path("run/run.json").read_text())
    Path("run/run.json").write_text(json.dumps(record | {"status": "running"}))
    capsys.readouterr()
    for command, more in ((train.main, ["resume=run"]), (evaluate.main, ["run", "episodes=1"])):
        assert command(more) == 2
        assert "trust=experiments" in capsys.readouterr().err
        assert command([*more, "trust=experiments"]) == 0
