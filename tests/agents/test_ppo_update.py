"""PPO's update against the paper, written once more in plain torch."""

from __future__ import annotations

import copy
from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from rlt.agents.ppo.config import PPOConfig
from rlt.agents.ppo.losses import approximate_kl, clip_fraction, clipped_surrogate, normalized, value_loss
from rlt.agents.ppo.networks import PPOPolicy, mlp
from rlt.agents.ppo.update import METRICS, Batch, Coefficients, PPOUpdate
from rlt.config import from_mapping
from rlt.nn.config import MLPConfig
from rlt.rl.product import distribution_for
from rlt.rl.rollout import check_minibatches
from tests.agents.operations import Operations

OBSERVATIONS = gym.spaces.Box(-1, 1, (3,), np.float32)
DISCRETE, BOX = gym.spaces.Discrete(4), gym.spaces.Box(-1, 1, (2,), np.float32)
SIZE, MINIBATCH = 24, 8


def policy_for(action_space, seed=0, **network):
    torch.manual_seed(seed)
    distribution = distribution_for(action_space)
    net = mlp(OBSERVATIONS, distribution, MLPConfig(hidden=(8,), log_std_init=-0.3, **network))
    with torch.no_grad():
        for p in net.parameters():
            p.add_(0.3 * torch.randn_like(p))  # far from the uniform policy that PPO starts from
    made = PPOPolicy(
        net, distribution, OBSERVATIONS, normalize_observation=False, normalize_reward=False, clip_observation=10, clip_reward=10,
        log_std_init=-0.3,
    )
    return made.double()


def batch_for(policy, action_space, seed=1):
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, dtype=torch.float64, generator=generator)

    obs = normal(SIZE, 3)
    action = torch.randint(4, (SIZE,), generator=generator) if action_space is DISCRETE else normal(SIZE, 2)
    with torch.no_grad():
        parameters, value = policy.evaluate(obs)
        # An older policy than today's: ratios on both sides of the clip range from the first minibatch on.
        log_prob = policy.distribution.log_prob(parameters, action) + 0.3 * normal(SIZE)
    return Batch(obs, action, log_prob, value + 0.5 * normal(SIZE), 3 * normal(SIZE) + 1, normal(SIZE))


def plain_update(policy, batch, config, learning_rate, clip_range, ent_coef, generator, optimizer, minibatch=MINIBATCH, own=None):
    """Algorithm 1 of arXiv:1707.06347 and its implementation details, a line each; `own` is one more term of the loss."""
    rows, stopped = [], False
    for _ in range(config.n_epochs):
        for index in torch.randperm(len(batch.obs), generator=generator).split(minibatch):
            output, value = policy.network(batch.obs[index])
            if policy.log_std is None:
                distribution = torch.distributions.Categorical(logits=output)
                log_prob, entropy = distribution.log_prob(batch.action[index]), distribution.entropy()
            else:
                distribution = torch.distributions.Normal(output, policy.log_std.exp().expand_as(output))
                log_prob, entropy = distribution.log_prob(batch.action[index]).sum(1), distribution.entropy().sum(1)
            ratio = torch.exp(log_prob - batch.log_prob[index])
            advantage = batch.advantage[index]
            if config.normalize_advantage:
                advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
            surrogate = torch.min(ratio * advantage, torch.clamp(ratio, 1 - clip_range, 1 + clip_range) * advantage)
            error = (value - batch.target[index]) ** 2
            if config.clip_range_vf is not None:
                moved = torch.clamp(value - batch.value[index], -config.clip_range_vf, config.clip_range_vf)
                error = torch.max(error, (batch.value[index] + moved - batch.target[index]) ** 2)
            kl = ((ratio - 1) - (log_prob - batch.log_prob[index])).mean().item()
            stopped = stopped or (config.target_kl is not None and kl > 1.5 * config.target_kl)
            if stopped:
                rows.append([float("nan")] * len(METRICS))
                continue
            loss = -surrogate.mean() + config.vf_coef * error.mean() - ent_coef * entropy.mean()
            if own is not None:
                loss = loss + own(output, value)
            optimizer.param_groups[0]["lr"] = learning_rate
            optimizer.zero_grad()
            loss.backward()
            limit = float("inf") if config.max_grad_norm is None else config.max_grad_norm
            norm = nn.utils.clip_grad_norm_(policy.parameters(), limit).item()
            optimizer.step()
            outside = ((ratio < 1 - clip_range) | (ratio > 1 + clip_range)).double().mean().item()
            rows.append([-surrogate.mean().item(), error.mean().item(), entropy.mean().item(), kl, outside, norm])
    return torch.tensor(rows, dtype=torch.float64)


VARIANTS = {
    "defaults": {},
    "value clipping": {"clip_range_vf": 0.2},
    "raw advantages, no gradient clipping": {"normalize_advantage": False, "max_grad_norm": None},
    "tight gradient clipping, small epsilon": {"max_grad_norm": 0.05, "adam_epsilon": 1e-8, "vf_coef": 0.25},
    "stop in the middle": {"target_kl": 1.0},
    "no stop in reach": {"target_kl": 100.0},
}


def in_reach(policy, action_space, config):
    """A target that an update of `policy` passes only at its largest KL divergence, the first gradient steps apart."""
    twin = copy.deepcopy(policy)
    optimizer = torch.optim.Adam(twin.parameters(), eps=config.adam_epsilon)
    options = replace(config, target_kl=None), 2e-2, 0.2, 0.01, torch.Generator().manual_seed(5), optimizer
    kl = plain_update(twin, batch_for(twin, action_space, seed=0), *options)[:, 3]
    assert kl.argmax() > 0
    return float(0.999 * kl.max() / 1.5)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(("action_space", "shared"), [(DISCRETE, False), (BOX, True)], ids=["discrete", "box, one trunk"])
def test_two_updates_equal_plain_torchs(variant, action_space, shared):
    config = from_mapping(PPOConfig, {"n_epochs": 3, "minibatch_size": MINIBATCH, **VARIANTS[variant]})
    ours = policy_for(action_space, shared=shared)
    if variant == "stop in the middle":
        config = replace(config, target_kl=in_reach(ours, action_space, config))
    theirs = copy.deepcopy(ours)
    update = PPOUpdate(ours, config)
    optimizer = torch.optim.Adam(theirs.parameters(), eps=config.adam_epsilon, foreach=False)
    generators = [torch.Generator().manual_seed(5) for _ in range(2)]
    stops = []
    for rollout, (learning_rate, clip_range, ent_coef) in enumerate([(2e-2, 0.2, 0.01), (1e-2, 0.1, 0.0)]):
        batch = batch_for(theirs, action_space, seed=rollout)
        coefficients = Coefficients(*(torch.tensor([x], dtype=torch.float64) for x in (learning_rate, clip_range, ent_coef)))
        got = update(batch, MINIBATCH, coefficients, generators[0])
        expected = plain_update(theirs, batch, config, learning_rate, clip_range, ent_coef, generators[1], optimizer)
        stops.append(int(expected[:, 0].isnan().sum()))
        torch.testing.assert_close(got.double(), expected, rtol=1e-6, atol=1e-6, equal_nan=True)  # metrics are float32
        for (name, a), b in zip(ours.named_parameters(), theirs.parameters()):
            torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12, msg=lambda text, name=name: f"{name}: {text}")
    if variant == "stop in the middle":
        assert any(0 < n < 9 for n in stops), stops
    else:
        assert stops == [0, 0]


def test_after_a_kl_stop_neither_weights_nor_the_optimiser_move():
    config = from_mapping(PPOConfig, {"n_epochs": 4, "target_kl": 1e-6})
    policy = policy_for(DISCRETE)
    update = PPOUpdate(policy, config)
    before, state = update.flat.buffer.clone(), copy.deepcopy(update.state())
    batch = batch_for(policy, DISCRETE)  # the KL divergence is too large from the first minibatch on
    coefficients = Coefficients(*(torch.tensor([x]) for x in (1e-2, 0.2, 0.0)))
    metrics = update(batch, MINIBATCH, coefficients, torch.Generator().manual_seed(0))
    assert metrics.isnan().all()
    assert torch.equal(before, update.flat.buffer)
    after = update.state()["optimizers"]["policy"]
    assert after
    assert all(torch.equal(state["optimizers"]["policy"][name], value) for name, value in after.items())


@pytest.mark.parametrize("options", [{}, {"target_kl": 0.02, "clip_range_vf": 0.2}, {"max_grad_norm": None}])
@pytest.mark.parametrize("action_space", [DISCRETE, BOX], ids=["discrete", "box"])
def test_an_update_reads_nothing_back_to_the_host(options, action_space):
    policy = policy_for(action_space)
    update = PPOUpdate(policy, from_mapping(PPOConfig, {"n_epochs": 2, **options}))
    batch = batch_for(policy, action_space)
    coefficients = Coefficients(*(torch.tensor([x]) for x in (1e-2, 0.2, 0.01)))
    with Operations() as operations:
        update(batch, MINIBATCH, coefficients, torch.Generator().manual_seed(0))
    assert operations.total > 100
    assert not operations.host_reads()


def test_every_transition_is_visited_once_per_epoch():
    policy = policy_for(DISCRETE)
    visits = []
    policy.register_forward_pre_hook(lambda module, args: visits.append(args[0][:, 0].clone()))
    batch = batch_for(policy, DISCRETE)
    batch = batch._replace(obs=torch.arange(SIZE, dtype=torch.float64).unsqueeze(1).expand(SIZE, 3).contiguous())
    update = PPOUpdate(policy, from_mapping(PPOConfig, {"n_epochs": 3}))
    visits.clear()
    update(batch, MINIBATCH, Coefficients(*(torch.tensor([x]) for x in (1e-3, 0.2, 0.0))), torch.Generator().manual_seed(0))
    assert [len(v) for v in visits] == [MINIBATCH] * 9
    orders = [torch.cat(visits[3 * e : 3 * e + 3]) for e in range(3)]
    assert all(torch.equal(order.sort().values, torch.arange(SIZE, dtype=torch.float64)) for order in orders)
    assert not torch.equal(orders[0], orders[1])


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 20), st.floats(0.01, 0.9), st.integers(0, 2**31))
def test_each_loss_is_its_equation_summed_in_a_loop(n, clip_range, seed):
    random = np.random.default_rng(seed)
    log_ratio, advantage, value, old, target = random.normal(size=(5, n))
    ratio = np.exp(log_ratio)
    t = torch.from_numpy
    clip = torch.tensor([clip_range], dtype=torch.float64)
    surrogate = [min(r * a, min(max(r, 1 - clip_range), 1 + clip_range) * a) for r, a in zip(ratio, advantage)]
    assert float(clipped_surrogate(t(ratio), t(advantage), clip)) == pytest.approx(-np.mean(surrogate), rel=1e-10)
    assert float(value_loss(t(value), t(old), t(target), None)) == pytest.approx(np.mean((value - target) ** 2), rel=1e-10)
    near = [o + min(max(v - o, -clip_range), clip_range) for v, o in zip(value, old)]
    worst = [max((v - g) ** 2, (c - g) ** 2) for v, c, g in zip(value, near, target)]
    assert float(value_loss(t(value), t(old), t(target), clip_range)) == pytest.approx(np.mean(worst), rel=1e-10)
    assert float(approximate_kl(t(ratio), t(log_ratio))) == pytest.approx(np.mean(ratio - 1 - log_ratio), rel=1e-9, abs=1e-12)
    assert float(approximate_kl(t(ratio), t(log_ratio))) >= 0
    outside = np.mean([not 1 - clip_range <= r <= 1 + clip_range for r in ratio])
    assert float(clip_fraction(t(ratio), clip)) == pytest.approx(outside)
    if n > 1:
        expected = (advantage - advantage.mean()) / (advantage.std(ddof=1) + 1e-8)
        np.testing.assert_allclose(normalized(t(advantage)).numpy(), expected, rtol=1e-9)
    else:
        assert float(normalized(t(advantage))) == advantage[0]


@given(st.integers(1, 60), st.integers(1, 6), st.integers(1, 200))
def test_a_refused_minibatch_comes_with_sizes_that_fit(n_steps, num_envs, size):
    from rlt.errors import ConfigError

    rollout = n_steps * num_envs
    if size >= rollout or rollout % size == 0:
        assert check_minibatches(n_steps, num_envs, size, "PPO") == min(size, rollout)
        return
    with pytest.raises(ConfigError) as caught:
        check_minibatches(n_steps, num_envs, size, "PPO")
    fix = dict(part.split(" ")[0].split("=") for part in caught.value.fix.split(", or "))
    assert int(fix["n_steps"]) * num_envs % size == 0
    assert rollout % int(fix["minibatch_size"]) == 0
    closest = min(abs(s - size) for s in range(1, rollout + 1) if rollout % s == 0)
    assert abs(int(fix["minibatch_size"]) - size) == closest


@pytest.mark.parametrize("field", ["n_steps", "minibatch_size", "n_epochs"])
def test_sizes_below_one_are_refused(field):
    from rlt import envs
    from rlt.agents import PPO
    from rlt.errors import ConfigError

    for value in (0, -3):
        with pytest.raises(ConfigError, match=field), envs.make("CartPole-v1", 2) as env:
            PPO(env, **{"n_steps": 8, "minibatch_size": 8, field: value})


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"clip_observation": 5.0}, "clip_observation=5.0 and agent.normalize_observation=false contradict"),
        ({"clip_reward": 5.0}, "fix: agent.normalize_reward=true"),
        ({"model": {"log_std_init": -1.0}}, "model.log_std_init=-1.0 and agent.name=ppo contradict"),
    ],
)
def test_options_without_effect_are_refused(options, text):
    from rlt import envs
    from rlt.agents import PPO
    from rlt.errors import ConfigError

    with envs.make("CartPole-v1", 2) as env, pytest.raises(ConfigError) as caught:
        PPO(env, **{"n_steps": 8, "minibatch_size": 8, **options})
    assert text in str(caught.value)
