"""An agent from outside rlt that learns from whole episodes; REINFORCE is the example."""

from __future__ import annotations

import ast
import copy
import inspect
from dataclasses import dataclass

import pytest
import torch

from experiments.examples import reinforce
from experiments.examples.reinforce import METRICS, Reinforce, ReinforceConfig
from rlt import envs, train
from rlt.assembly.compose import plan
from rlt.errors import SpaceError
from rlt.rl.extensions import LossTerm
from rlt.run.folder import RunFolder
from rlt.store.tree import save_tree
from tests.agents import tiny
from tests.agents.twins import went_on_and_resumed

NAME = "agent.name=experiments.examples.reinforce:Reinforce"
SMALL = {"episodes": 3, "model": {"hidden": [16]}, "threads": 1}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def cartpole(**options):
    return Reinforce(envs.make("CartPole-v1", 2, backend="sync"), seed=4, **(SMALL | options))


def test_its_options_stand_where_the_defaults_stood():
    assert plan([NAME, "env.id=CartPole-v1", "agent.episodes=4"]).experiment.agent == ReinforceConfig(episodes=4)


def test_a_run_of_it_is_like_any_other():
    words = [
        NAME, "env.id=CartPole-v1", "env.num_envs=2", "total_steps=300", "agent.episodes=2", "threads=1",
        "evaluation.interval=100", "evaluation.episodes=2", "evaluation.final_episodes=2", "log.interval=100",
        "hydra.run.dir=run",
    ]
    assert train.main(words) == 0
    columns = RunFolder("run").metrics_file.read_text().splitlines()[0].split(",")
    assert {*METRICS, "episode/return", "evaluation/return_mean"} <= set(columns)


@pytest.mark.parametrize("at", [100, 150, 202])
def test_a_resumed_agent_ends_bit_equal_to_one_that_went_on(at, tmp_path):
    whole, resumed, updates = went_on_and_resumed(cartpole, at, 400, tmp_path)
    assert 0 < updates < whole.step.updates
    digests = {save_tree(tmp_path / "end.rlt", agent.state(), kind="checkpoint") for agent in (whole, resumed)}
    assert len(digests) == 1


def test_its_numbers_do_not_depend_on_how_a_stretch_is_cut():
    whole, cut = cartpole(), cartpole()
    for agent in (whole, cut):
        agent.begin(400)
    whole.advance(400)
    for until in range(2, 401, 2):
        cut.advance(until)
    assert all(torch.equal(value, cut.weights()[name]) for name, value in whole.weights().items())


def test_an_update_is_the_policy_gradient_of_the_episodes_that_ended():
    """By hand: returns summed backwards in each episode, autograd, torch's Adam. The open episode of the second waits."""
    agent = cartpole(gamma=0.9, learning_rate=0.01)
    generator = torch.Generator().manual_seed(0)
    rewards = [[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]  # [envs][time]
    done = [[0, 1, 0, 1], [0, 0, 1, 0]]
    rows = []
    for t in range(4):
        obs, action = torch.randn(2, 4, generator=generator), torch.randint(2, (2,), generator=generator)
        ends = torch.tensor([bool(done[e][t]) for e in range(2)])
        rows.append((obs, action, torch.tensor([rewards[e][t] for e in range(2)]), ends, torch.ones(2, dtype=torch.bool)))
    plain = copy.deepcopy(agent.policy)
    agent.rows = list(rows)
    agent.begin(100)
    agent.update()

    returns, log_probs = [], []
    for t, env, value in [
        (0, 0, 1 + 0.9 * 2), (1, 0, 2), (2, 0, 3 + 0.9 * 4), (3, 0, 4),
        (0, 1, 5 + 0.9 * 6 + 0.81 * 7), (1, 1, 6 + 0.9 * 7), (2, 1, 7),
    ]:
        returns.append(value)
        log_probs.append(plain(rows[t][0][env : env + 1]).log_softmax(-1)[0, rows[t][1][env]])
    advantage = torch.tensor(returns)
    advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
    adam = torch.optim.Adam(plain.parameters(), lr=0.01)
    (-(advantage * torch.stack(log_probs)).mean()).backward()
    adam.step()
    for mine, theirs in zip(agent.policy.parameters(), plain.parameters()):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-6)
    assert [row[4].tolist() for row in agent.rows] == [[False, True]]
    assert torch.equal(agent.rows[0][0], rows[3][0])


@dataclass(eq=False)
class Confidence(LossTerm):
    """Penalises large logits."""

    METRICS = ("size",)
    weight: float = 0.5

    def __call__(self, network, batch):
        size = network(batch.obs).square().mean()
        return self.weight * size, (size,)


def test_a_term_of_somebody_elses_enters_its_loss():
    agent = cartpole(extensions=[Confidence()])
    agent.begin(300)
    metrics = agent.advance(300)
    assert metrics["confidence/size"].numel() == agent.step.updates > 0
    torch.testing.assert_close(metrics["loss/confidence"], 0.5 * metrics["confidence/size"])


def test_it_learns_a_tiny_task_and_refuses_what_it_cannot_do():
    agent = Reinforce(envs.make(tiny.RightAction, 4, backend="sync"), seed=0, **(SMALL | {"episodes": 32}))
    agent.learn(2000)
    assert agent.evaluate(50)["return_mean"] == 1.0
    with pytest.raises(SpaceError, match="actions Discrete"):
        Reinforce.for_spaces(tiny.Target.observation_space, tiny.Target.action_space)


@pytest.mark.slow
def test_it_learns_cartpole():
    agent = Reinforce(envs.make("CartPole-v1", 8), seed=0, threads=1)
    agent.learn(40_000)
    assert agent.evaluate(20)["return_mean"] > 400


def test_the_example_is_short_and_uses_public_names_only():
    source = inspect.getsource(reinforce)
    assert len(source.splitlines()) <= 160
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            assert not node.attr.startswith("_"), node.attr
        if isinstance(node, ast.ImportFrom) and node.module.startswith("rlt"):
            assert not node.module.startswith(("rlt.agents", "rlt.assembly"))
