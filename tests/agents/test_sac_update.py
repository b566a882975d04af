"""SAC's update against the paper, written once more in plain torch."""

from __future__ import annotations

import copy
import math

import gymnasium as gym
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from rlt.agents.sac import losses
from rlt.agents.sac.config import SACConfig
from rlt.agents.sac.networks import networks
from rlt.agents.sac.update import Coefficients, SACUpdate
from rlt.config import from_mapping
from rlt.errors import ConfigError
from rlt.nn.config import MLPConfig
from rlt.rl.replay import Storage, gather
from tests.agents.operations import Operations

OBSERVATIONS = gym.spaces.Box(-1, 1, (3,), np.float32)
BOX = gym.spaces.Box(np.array([-2, 0], np.float32), np.array([2, 0.5], np.float32))
DISCRETE = gym.spaces.Discrete(4)
SIZE = 16


def parts(space, config, dtype=torch.float64, hidden=(8, 8)):
    torch.manual_seed(0)
    policy, critics = networks({"name": "mlp"}, MLPConfig(hidden=hidden), OBSERVATIONS, space, config.n_critics)
    with torch.no_grad():
        for p in (*policy.parameters(), *critics.parameters()):
            p.add_(0.3 * torch.randn_like(p))
    return policy.to(dtype), critics.to(dtype)


GAMMA, INDEX = 0.97, torch.arange(SIZE)


def stored(space, seed, dtype=torch.float64):
    """A replay's tensors: transition i leads to frame SIZE + i."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, dtype=torch.float64, generator=generator).to(dtype)

    if space is DISCRETE:
        action = torch.randint(4, (SIZE,), generator=generator)
    else:
        low, high = torch.tensor(BOX.low, dtype=dtype), torch.tensor(BOX.high, dtype=dtype)
        action = low + (high - low) * torch.rand(SIZE, 2, dtype=torch.float64, generator=generator).to(dtype)
    terminated = torch.rand(SIZE, generator=generator) < 0.3
    following = torch.randint(SIZE, (SIZE,), generator=generator)
    return Storage(normal(2 * SIZE, 3), SIZE + torch.arange(SIZE), action, normal(SIZE), terminated, following)


def noise_for(update, number, dtype=torch.float64):
    (noise,) = update.noise(1, SIZE, torch.Generator().manual_seed(50 + number))
    return type(noise)(*(n.to(dtype) for n in noise))


class Plain:
    """Algorithm 1 of arXiv:1812.05905 a line each: plain layers, autograd, torch's Adam."""

    def __init__(self, space, policy, critics, config, rates, own=None):
        """`own` has one more term of the critics' loss, of their values, and of the actor's, of its output."""
        self.space, self.config, self.rates, self.own = space, config, rates, own
        self.actor = self.layers(policy.actor.trunk, policy.actor.head)
        stack = critics.stack
        self.critics = [self.member(stack, i) for i in range(config.n_critics)]
        self.targets = copy.deepcopy(self.critics)
        self.log_alpha = torch.tensor(math.log(config.temperature_init), dtype=torch.float64, requires_grad=True)
        low, high = (torch.tensor(bound, dtype=torch.float64) for bound in (BOX.low, BOX.high))
        self.centre, self.half = (high + low) / 2, (high - low) / 2
        self.target_entropy = config.target_entropy
        if self.target_entropy == "auto":
            self.target_entropy = 0.5 * math.log(4) if space is DISCRETE else -2 + float(self.half.log().sum())
        groups = (list(self.actor.parameters()), [p for c in self.critics for p in c.parameters()], [self.log_alpha])
        self.adams = [
            torch.optim.Adam(group, lr=rate, eps=config.adam_epsilon, foreach=False) for group, rate in zip(groups, rates)
        ]
        self.updates = 0

    @staticmethod
    def layers(*modules):
        parts = (m for part in modules for m in (part if isinstance(part, nn.Sequential) else [part]))
        return copy.deepcopy(nn.Sequential(*parts))

    @staticmethod
    def member(stack, i):
        made = []
        for layer in (*stack.hidden, stack.out):
            if hasattr(layer, "weight"):
                plain = nn.Linear(layer.weight.shape[2], layer.weight.shape[1]).double()
                plain.load_state_dict({"weight": layer.weight[i].detach().clone(), "bias": layer.bias[i].detach().clone()})
                made.append(plain)
            else:
                made.append(nn.ReLU())
        return nn.Sequential(*made)

    def alpha(self):
        return float(self.log_alpha.detach().exp()) if self.config.temperature == "auto" else self.config.temperature

    def sample(self, obs, noise):
        mean, log_std = self.actor(obs).chunk(2, -1)
        std = log_std.clamp(-20, 2).exp()
        u = mean + std * noise
        action = self.centre + self.half * torch.tanh(u)
        density = torch.distributions.Normal(mean, std).log_prob(u) - torch.log(self.half * (1 - torch.tanh(u) ** 2))
        return action, density.sum(1)

    def q(self, members, obs, action):
        unit = (action - self.centre) / self.half
        return [member(torch.cat([obs, unit], 1)).squeeze(1) for member in members]

    def clip(self, parameters):
        limit = float("inf") if self.config.max_grad_norm is None else self.config.max_grad_norm
        return nn.utils.clip_grad_norm_(parameters, limit).item()

    def value(self, members, obs, noise):
        """(value to maximise, entropy) of each observation."""
        if self.space is DISCRETE:
            pi = torch.distributions.Categorical(logits=self.actor(obs))
            q = torch.min(torch.stack([m(obs) for m in members]), dim=0).values
            return (pi.probs * q).sum(1) + self.alpha() * pi.entropy(), pi.entropy()
        action, log_prob = self.sample(obs, noise)
        q = torch.min(torch.stack(self.q(members, obs, action)), dim=0).values
        return q - self.alpha() * log_prob, -log_prob

    def update(self, batch, noise, tau):
        config = self.config
        self.updates += 1
        row = [float("nan")] * 6 + [self.alpha()]
        with torch.no_grad():
            next_value, _ = self.value(self.targets, batch.next_obs, noise.next_action)
            target = batch.reward + batch.discount * next_value
        if self.space is DISCRETE:
            q = [m(batch.obs).gather(1, batch.action[:, None]).squeeze(1) for m in self.critics]
        else:
            q = self.q(self.critics, batch.obs, batch.action)
        loss = sum(0.5 * ((one - target) ** 2).mean() for one in q)
        if self.own is not None:
            loss = loss + self.own["critics"](q)
        self.adams[1].zero_grad()
        loss.backward()
        row[:3] = loss.item(), torch.stack(q).mean().item(), self.clip([p for c in self.critics for p in c.parameters()])
        self.adams[1].step()
        if self.updates % config.policy_delay == 0:
            value, entropy = self.value(self.critics, batch.obs, noise.action)
            self.adams[0].zero_grad()
            loss = -value.mean()
            if self.own is not None:
                loss = loss + self.own["actor"](self.actor(batch.obs))
            loss.backward()
            row[3:6] = loss.item(), entropy.mean().item(), self.clip(self.actor.parameters())
            self.adams[0].step()
            if config.temperature == "auto":
                self.adams[2].zero_grad()
                (self.log_alpha * (entropy.detach().mean() - self.target_entropy)).backward()
                self.adams[2].step()
        if self.updates % config.target_update_interval == 0:
            with torch.no_grad():
                for target, source in zip(self.targets, self.critics):
                    for a, b in zip(target.parameters(), source.parameters()):
                        a.copy_((1 - tau) * a + tau * b)
        return row


VARIANTS = {
    "defaults": {},
    "a fixed temperature, returns of two steps": {"temperature": 0.3, "n_steps": 2},
    "three critics, clipped gradients": {"n_critics": 3, "max_grad_norm": 0.1},
    "a delayed policy and rare target updates": {"policy_delay": 2, "target_update_interval": 3},
    "a target entropy and a start of one's own": {"target_entropy": -0.7, "temperature_init": 0.2, "adam_epsilon": 1e-5},
}
RATES, TAU = (3e-2, 1e-2, 2e-2), 0.1


def coefficients(dtype=torch.float64):
    return Coefficients(*(torch.tensor([x], dtype=dtype) for x in RATES))


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("space", [BOX, DISCRETE], ids=["box", "discrete"])
def test_six_updates_equal_plain_torchs(space, variant):
    config = from_mapping(SACConfig, {"gamma": GAMMA, "tau": TAU, **VARIANTS[variant]})
    policy, critics = parts(space, config)
    plain = Plain(space, policy, critics, config, RATES)
    update = SACUpdate(policy, critics, config)
    for number in range(6):
        storage, noise = stored(space, number), noise_for(update, number)
        row = update(storage, INDEX, noise, coefficients())
        expected = plain.update(gather(storage, INDEX, GAMMA, config.n_steps), noise, TAU)
        assert row.tolist() == pytest.approx(expected, rel=1e-9, abs=1e-11, nan_ok=True)
        torch.testing.assert_close(flat(policy.actor), flat(plain.actor), rtol=1e-10, atol=1e-12)
        for ours, theirs in ((critics, plain.critics), (update.targets, plain.targets)):
            for i, member in enumerate(theirs):
                mine = torch.cat([p[i].reshape(-1) for p in ours.parameters()])
                torch.testing.assert_close(mine, flat(member), rtol=1e-10, atol=1e-12)
        if update.temperature is not None:
            assert float(update.temperature.logarithm.detach()) == pytest.approx(float(plain.log_alpha.detach()), rel=1e-10)


def flat(module):
    return torch.cat([p.detach().reshape(-1) for p in module.parameters()])


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 12), st.integers(1, 4), st.integers(2, 5), st.integers(0, 2**31))
def test_each_loss_is_its_equation_summed_in_a_loop(n, members, actions, seed):
    random = np.random.default_rng(seed)
    t = torch.from_numpy
    q, log_prob, reward, discount, alpha = (
        random.normal(size=(members, n)), random.normal(size=n), random.normal(size=n), random.uniform(size=n), random.uniform()
    )
    temperature = torch.tensor([alpha], dtype=torch.float64)
    values = [min(q[:, i]) - alpha * log_prob[i] for i in range(n)]
    np.testing.assert_allclose(losses.soft_value(t(q), t(log_prob), temperature), values, rtol=1e-10, atol=1e-12)
    all_q, logits = random.normal(size=(members, n, actions)), random.normal(size=(n, actions))
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    exact = [sum(p[i, a] * (min(all_q[:, i, a]) - alpha * np.log(p[i, a])) for a in range(actions)) for i in range(n)]
    np.testing.assert_allclose(losses.exact_soft_value(t(all_q), t(np.log(p)), temperature), exact, rtol=1e-10, atol=1e-12)
    entropy = [-sum(x * np.log(x) for x in row) for row in p]
    np.testing.assert_allclose(losses.exact_entropy(t(np.log(p))), entropy, rtol=1e-10, atol=1e-12)
    target = [r + g * v for r, g, v in zip(reward, discount, values)]
    np.testing.assert_allclose(losses.td_target(t(reward), t(discount), t(np.array(values))), target, rtol=1e-10, atol=1e-12)
    squared = sum(0.5 * np.mean([(q[k, i] - target[i]) ** 2 for i in range(n)]) for k in range(members))
    assert float(losses.critic_loss(t(q), t(np.array(target)))) == pytest.approx(squared, rel=1e-10)
    log_alpha = torch.tensor([np.log(alpha)], dtype=torch.float64)
    expected = np.mean([np.log(alpha) * (-log_prob[i] + 1.5) for i in range(n)])
    assert float(losses.temperature_loss(log_alpha, t(-log_prob), -1.5)) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("space", [BOX, DISCRETE], ids=["box", "discrete"])
@pytest.mark.parametrize("options", [{}, {"temperature": 0.1}, {"policy_delay": 2, "max_grad_norm": 1.0}])
def test_an_update_reads_nothing_back_to_the_host(space, options):
    config = from_mapping(SACConfig, options)
    update = SACUpdate(*parts(space, config), config)
    storage, noise = stored(space, 0), noise_for(update, 0)
    with Operations() as operations:
        for _ in range(2):
            update(storage, INDEX, noise, coefficients())
    assert sum(operations.seen.values()) > 100
    assert not operations.host_reads()


def everything(update):
    groups = update.step.groups.values()
    return torch.cat([g.flat.buffer.double() for g in groups] + [v.double() for g in groups for v in g.state.values()])


def trained(space, dtype, counts, compile_at=None):
    """Everything after as many updates as `counts` says."""
    update, seen = SACUpdate(*parts(space, SACConfig(), dtype, (16, 16)), SACConfig(), compile_at), []
    for number in range(max(counts)):
        with torch._dynamo.config.patch(error_on_recompile=number > 0):
            update(stored(space, number, dtype), INDEX, noise_for(update, number, dtype), coefficients(dtype))
        if number + 1 in counts:
            seen.append(everything(update))
    return seen


@pytest.mark.slow
def test_the_compiled_update_of_discrete_actions_is_the_eager_one():  # of a Box: `make prove AREA=agents`, equal_modes
    """And one graph, made once."""
    eager, compiled = (trained(DISCRETE, torch.float64, (1, 60), at) for at in (None, 0))
    for one, other, bound in zip(eager, compiled, (1e-13, 1e-12)):
        assert (one - other).norm() <= bound * one.norm()


def test_targets_stay_in_eval_mode_and_take_no_gradient():
    policy, critics = parts(BOX, SACConfig())
    critics.stack.hidden.insert(1, nn.Dropout(0.5))
    policy.actor.trunk.append(nn.Dropout(0.5))
    update = SACUpdate(policy, critics, SACConfig())
    modes = []
    for module in (update.policy.actor, update.critics, update.targets):
        module.eval()
        module.register_forward_pre_hook(lambda m, args: modes.append((m, m.training)))
    with update.training():
        update(stored(BOX, 0), INDEX, noise_for(update, 0), coefficients())
    assert dict(modes) == {update.policy.actor: True, update.critics: True, update.targets: False}
    assert not any(m.training for m in (update.policy.actor, update.critics, update.targets))
    assert all(not p.grad.any() for p in update.targets.parameters())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"temperature": 0.2, "target_entropy": -1.0}, "target_entropy contradict"),
        ({"temperature": 0.2, "temperature_learning_rate": 1e-3}, "temperature_learning_rate contradict"),
        ({"temperature": 0.2, "temperature_init": 0.5}, "temperature_init contradict"),
        ({"temperature": -1.0}, "at least 0"), ({"tau": 0.0}, "tau=0.0"), ({"gamma": 1.1}, "gamma=1.1"),
        ({"policy_delay": 0}, "policy_delay=0"), ({"learning_starts": -1}, "learning_starts=-1"),
        ({"temperature": "aut"}, "temperature=aut"),
    ],
)
def test_options_that_make_no_update_or_contradict_each_other_are_refused(options, words):
    with pytest.raises(ConfigError, match=words):
        from_mapping(SACConfig, options)
