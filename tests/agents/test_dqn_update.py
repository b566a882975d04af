"""DQN's update against the papers, written once more in plain torch."""

from __future__ import annotations

import copy

import gymnasium as gym
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rlt.agents.dqn.config import DQNConfig
from rlt.agents.dqn.losses import td_loss, td_target, value_of, widened
from rlt.agents.dqn.networks import DQNPolicy, mlp
from rlt.agents.dqn.update import DQNUpdate
from rlt.config import from_mapping
from rlt.nn.config import MLPConfig
from rlt.rl.replay import Storage
from tests.agents.operations import Operations

SPACE = gym.spaces.Box(-1, 1, (3,), np.float32)
SLOTS, BATCH, ACTIONS = 40, 8, 4


def policy_for(dueling=False, seed=0):
    torch.manual_seed(seed)
    return DQNPolicy(mlp(SPACE, ACTIONS, MLPConfig(hidden=(8, 6)), dueling), SPACE).double()


def storage_for(seed=1):
    """As replay holds it: a transition leads to the next slot, or to a final observation beyond the ring."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, dtype=torch.float64, generator=generator)

    next_frame = torch.randint(SLOTS, (SLOTS,), generator=generator)
    return Storage(
        normal(SLOTS, 3), next_frame, torch.randint(ACTIONS, (SLOTS,), generator=generator), 3 * normal(SLOTS),
        torch.rand(SLOTS, generator=generator) < 0.3, torch.randint(SLOTS, (SLOTS,), generator=generator),
    )


def values(network, obs):
    hidden = obs
    for layer in network.trunk:
        hidden = torch.relu(hidden) if isinstance(layer, torch.nn.ReLU) else hidden @ layer.weight.T + layer.bias
    head = network.head
    if isinstance(head, torch.nn.Linear):
        return hidden @ head.weight.T + head.bias
    value = hidden @ head.value.weight.T + head.value.bias
    advantage = hidden @ head.advantage.weight.T + head.advantage.bias
    return value + advantage - advantage.mean(dim=1, keepdim=True)


def plain_update(policy, target, storage, indices, config, learning_rate, optimizer, own=None):
    """Algorithm 1 of Mnih et al. 2015 with its successors' details, a transition at a time where that is clearer. `own` is one
    more term of the loss."""
    rows = []
    for index in indices:
        targets = []
        for i in index.tolist():
            reward, discount, count = float(storage.reward[i]), config.gamma, 1
            while count < config.n_steps and storage.following[i] != i:
                i = int(storage.following[i])
                reward, discount, count = reward + discount * float(storage.reward[i]), discount * config.gamma, count + 1
            after = storage.frames[storage.next_frame[i]].unsqueeze(0)
            with torch.no_grad():
                chooser = policy if config.double else target
                best = int(values(chooser.network, after)[0].argmax())
                future = 0.0 if storage.terminated[i] else float(values(target.network, after)[0, best])
            targets.append(reward + discount * future)
        for k, i in enumerate(index.tolist()):
            with torch.no_grad():
                now = values(target.network, storage.frames[i].unsqueeze(0))[0]
            targets[k] -= config.advantage_learning * (float(max(now)) - float(now[storage.action[i]]))
        aim = torch.tensor(targets, dtype=torch.float64)
        every = values(policy.network, storage.frames[index])
        q = every[torch.arange(len(index)), storage.action[index]]
        error = (q - aim).abs()
        if config.loss == "huber":
            loss = torch.where(error < 1, 0.5 * error**2, error - 0.5).mean()
        else:
            loss = (0.5 * error**2).mean()
        if own is not None:
            loss = loss + own(every, storage.action[index])
        optimizer.param_groups[0]["lr"] = learning_rate
        optimizer.zero_grad()
        loss.backward()
        limit = float("inf") if config.max_grad_norm is None else config.max_grad_norm
        norm = torch.nn.utils.clip_grad_norm_(policy.parameters(), limit)
        optimizer.step()
        if config.tau < 1:
            for mine, theirs in zip(target.parameters(), policy.parameters()):
                mine.data = (1 - config.tau) * mine.data + config.tau * theirs.data
        rows.append([loss.item(), q.mean().item(), error.mean().item(), norm.item()])
    return torch.tensor(rows, dtype=torch.float64)


VARIANTS = {
    "defaults": {},
    "double, returns of three steps": {"double": True, "n_steps": 3},
    "advantage learning, double": {"advantage_learning": 0.6, "double": True},
    "dueling, squared, no clipping": {"dueling": True, "loss": "squared", "max_grad_norm": None},
    "double, dueling, soft target, tight clipping": {"double": True, "dueling": True, "tau": 0.1, "max_grad_norm": 0.05},
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_updates_equal_plain_torchs(variant):
    config = from_mapping(DQNConfig, {"gamma": 0.9, "adam_epsilon": 1e-6, **VARIANTS[variant]})
    ours = policy_for(config.dueling)
    theirs = copy.deepcopy(ours)
    update = DQNUpdate(ours, config)
    for target in (update.target, their_target := copy.deepcopy(theirs)):
        with torch.no_grad():  # a target that lags behind
            for p in target.parameters():
                p.mul_(0.7)
    optimizer = torch.optim.Adam(theirs.parameters(), eps=config.adam_epsilon, foreach=False)
    generator = torch.Generator().manual_seed(2)
    for rate in (3e-2, 1e-2):
        indices = torch.randint(SLOTS, (3, BATCH), generator=generator)
        got = update(storage_for(), indices, torch.tensor([rate], dtype=torch.float64))
        expected = plain_update(theirs, their_target, storage_for(), indices, config, rate, optimizer)
        torch.testing.assert_close(got, expected, rtol=1e-10, atol=1e-12)
        for a, b in [*zip(ours.parameters(), theirs.parameters()), *zip(update.target.parameters(), their_target.parameters())]:
            torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.integers(2, 6), st.floats(0, 1), st.integers(0, 2**31))
def test_targets_equal_those_summed_by_hand(n, actions, gamma, seed):
    random = np.random.default_rng(seed)
    reward, next_q, choosing_q = random.normal(size=n), random.normal(size=(n, actions)), random.normal(size=(n, actions))
    terminated, truncated = random.random(n) < 0.5, random.random(n) < 0.5
    discount = np.where(terminated, 0.0, gamma)  # truncation changes nothing
    t = torch.from_numpy
    expected = []
    for i in range(n):
        best = max(range(actions), key=lambda a: choosing_q[i, a])
        expected.append(reward[i] + (0.0 if terminated[i] else gamma * next_q[i, best]))
        assert truncated[i] in (True, False)
    got = td_target(t(reward), t(discount), t(next_q), t(choosing_q))
    np.testing.assert_allclose(got.numpy(), expected, rtol=1e-10, atol=1e-12)
    action, share = random.integers(actions, size=n), random.random()
    short = [reward[i] - share * (max(next_q[i]) - next_q[i, a]) for i, a in enumerate(action)]
    np.testing.assert_allclose(widened(t(reward), t(next_q), t(action), share).numpy(), short, rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(value_of(t(next_q), t(action)).numpy(), [next_q[i, a] for i, a in enumerate(action)])
    error = np.abs(reward - next_q[:, 0])
    first = t(next_q[:, 0].copy())
    assert float(td_loss(t(reward), first, "squared")) == pytest.approx(np.mean(error**2) / 2, rel=1e-10)
    huber = np.where(error < 1, error**2 / 2, error - 0.5)
    assert float(td_loss(t(reward), first, "huber")) == pytest.approx(np.mean(huber), rel=1e-10)


@pytest.mark.parametrize("options", [{}, {"double": True, "dueling": True, "tau": 0.01}, {"max_grad_norm": None}])
def test_an_update_reads_nothing_back_to_the_host(options):
    config = from_mapping(DQNConfig, options)
    update = DQNUpdate(policy_for(config.dueling), config)
    storage, indices = storage_for(), torch.randint(SLOTS, (3, BATCH))
    rate = torch.tensor([1e-3], dtype=torch.float64)
    with Operations() as operations:
        update(storage, indices, rate)
        update.move_target()
    assert operations.total > 100
    assert not operations.host_reads()


def test_the_optimiser_holds_the_network_alone_and_the_target_moves_only_when_told():
    config = from_mapping(DQNConfig, {})
    update = DQNUpdate(policy_for(), config)
    before = update.groups["target"].flat.buffer.clone()
    update(storage_for(), torch.randint(SLOTS, (4, BATCH)), torch.tensor([1e-2], dtype=torch.float64))
    assert torch.equal(before, update.groups["target"].flat.buffer)
    assert not torch.equal(before, update.groups["q"].flat.buffer)
    assert list(update.groups["q"].state["moment"].shape) == [sum(p.numel() for p in update.policy.parameters())]
    update.move_target()
    assert torch.equal(update.groups["q"].flat.buffer, update.groups["target"].flat.buffer)
