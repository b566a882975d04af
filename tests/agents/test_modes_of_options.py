"""The pure step is the eager step for every kind of action and every switch that changes what is computed."""

from __future__ import annotations

import gymnasium as gym
import pytest
import torch

from experiments.proofs.modes import BATCH, BOX, DISCRETE, OBS, SLOTS, _drawer, _storage, distance
from rlt.agents.dqn.config import DQNConfig
from rlt.agents.dqn.networks import DQNPolicy
from rlt.agents.dqn.networks import mlp as dqn_mlp
from rlt.agents.dqn.update import DQNUpdate
from rlt.agents.ppo import update as ppo_update
from rlt.agents.ppo.config import PPOConfig
from rlt.agents.ppo.networks import PPOPolicy
from rlt.agents.ppo.networks import mlp as ppo_mlp
from rlt.agents.sac import update as sac_update
from rlt.agents.sac.config import SACConfig
from rlt.agents.sac.networks import networks as sac_networks
from rlt.config import from_mapping
from rlt.nn.config import MLPConfig
from rlt.rl.product import distribution_for
from rlt.rl.trees import tree_map

ROLLOUT = 64
SEVERAL = gym.spaces.MultiDiscrete([2, 3])
NESTED = gym.spaces.Dict({"turn": BOX, "rest": gym.spaces.Tuple([DISCRETE, gym.spaces.MultiBinary(2), SEVERAL])})


def one(number):
    return torch.tensor([number], dtype=torch.float64)


def driven(step, mode):
    """`step`, made to run as the compiler sees it where `mode` is pure."""

    def run(tensors):
        with torch.no_grad():
            metrics, statistics = step._pure(*step._held(), *tensors)
        assert not statistics  # no batch norm here
        return metrics

    if mode == "pure":
        step._run_eagerly = run
    return step


def everything(step):
    parts = [group.flat.buffer for group in step.groups.values()]
    return torch.cat([*parts, *(value.double() for group in step.groups.values() for value in group.state.values())])


def ppo(mode, space, options):
    """Three rollouts of two epochs; the policy that acted is not today's, so that ratios leave the clip range."""
    torch.manual_seed(0)
    distribution = distribution_for(space)
    policy = PPOPolicy(
        ppo_mlp(OBS, distribution, MLPConfig(hidden=(16,))), distribution, OBS, normalize_observation=False,
        normalize_reward=False, clip_observation=10, clip_reward=10, log_std_init=0.0,
    ).double()
    update = ppo_update.PPOUpdate(policy, from_mapping(PPOConfig, {"n_epochs": 2, "minibatch_size": BATCH} | options))
    driven(update.step, mode)
    generator, normal = _drawer(torch.float64)
    orders, rows = torch.Generator().manual_seed(3), []
    for _ in range(3):
        obs = normal(ROLLOUT, 5)
        with torch.no_grad():
            parameters, value = policy.evaluate(obs)
            noise = tree_map(lambda leaf: leaf.double(), distribution.noise(ROLLOUT, generator))
            action = distribution.sample(parameters, noise)
            log_prob = distribution.log_prob(parameters, action) + 0.3 * normal(ROLLOUT)
        batch = ppo_update.Batch(obs, action, log_prob, value + normal(ROLLOUT), normal(ROLLOUT), 2 * normal(ROLLOUT))
        numbers = ppo_update.Coefficients(one(1e-2), one(0.2), one(0.01))
        rows.append(update(batch, BATCH, numbers, orders))
    return everything(update.step), torch.cat(rows)


def sac(mode, space, options):
    torch.manual_seed(0)
    config = from_mapping(SACConfig, {"batch_size": BATCH} | options)
    policy, critics = sac_networks({"name": "mlp"}, MLPConfig(hidden=(16,)), OBS, space, config.n_critics)
    update = sac_update.SACUpdate(policy.double(), critics.double(), config)
    for step in update.training_steps:
        driven(step, mode)
    generator, normal = _drawer(torch.float64)
    drawn = torch.randint(3, (SLOTS,), generator=generator) if space is DISCRETE else 2 * torch.tanh(normal(SLOTS, 2))
    storage, rows = _storage(generator, normal, drawn), []
    for _ in range(12):
        index = torch.randint(SLOTS, (BATCH,), generator=generator)
        noise = sac_update.Noise(normal(BATCH, update.noise_size), normal(BATCH, update.noise_size))
        rows.append(update(storage, index, noise, sac_update.Coefficients(one(1e-2), one(2e-2), one(3e-2))))
    assert update.updates == 12
    return everything(update.step), torch.stack(rows)


def dqn(mode, space, options):
    torch.manual_seed(0)
    config = from_mapping(DQNConfig, {"batch_size": BATCH} | options)
    policy = DQNPolicy(dqn_mlp(OBS, 3, MLPConfig(hidden=(16,)), config.dueling), OBS).double()
    update = DQNUpdate(policy, config)
    driven(update.step, mode)
    generator, normal = _drawer(torch.float64)
    storage, rows = _storage(generator, normal, torch.randint(3, (SLOTS,), generator=generator)), []
    for _ in range(3):
        rows.append(update(storage, torch.randint(SLOTS, (4, BATCH), generator=generator), one(1e-2)))
        update.move_target()
    return everything(update.step), torch.cat(rows)


CASES = [
    (ppo, DISCRETE, {}),
    (ppo, SEVERAL, {}),
    (ppo, NESTED, {}),
    (ppo, NESTED, {"clip_range_vf": 0.2}),
    (ppo, DISCRETE, {"target_kl": 0.04}),
    (ppo, BOX, {"target_kl": 0.04, "clip_range_vf": 0.2}),
    (ppo, BOX, {"normalize_advantage": False, "max_grad_norm": None}),
    (sac, BOX, {"policy_delay": 2}),
    (sac, BOX, {"policy_delay": 3, "target_update_interval": 2, "n_steps": 3}),
    (sac, BOX, {"temperature": 0.1}),
    (sac, BOX, {"n_critics": 3, "max_grad_norm": 0.5}),
    (sac, DISCRETE, {}),
    (sac, DISCRETE, {"temperature": 0.1, "policy_delay": 2}),
    (dqn, DISCRETE, {}),
    (dqn, DISCRETE, {"n_steps": 3}),
    (dqn, DISCRETE, {"n_steps": 5, "double": True, "tau": 0.1, "loss": "squared", "max_grad_norm": None}),
]


def named(part):
    return part.__name__ if callable(part) else ",".join(part) or "plain" if isinstance(part, dict) else type(part).__name__


@pytest.mark.parametrize(("agent", "space", "options"), CASES, ids=named)
def test_the_pure_step_is_the_eager_step_with_these_options(agent, space, options):
    (eager, rows), (pure, pure_rows) = (agent(mode, space, options) for mode in ("eager", "pure"))
    assert distance(pure, eager) <= 1e-12
    torch.testing.assert_close(pure_rows, rows, rtol=1e-10, atol=1e-12, equal_nan=True)


@pytest.mark.parametrize("space", [DISCRETE, BOX], ids=named)
def test_the_kl_limit_of_these_cases_is_reached_in_the_middle_of_a_rollout(space):
    rows = ppo("pure", space, {"target_kl": 0.04})[1]
    stopped = rows[:, 0].isnan().view(3, -1)
    assert any(0 < int(stops.sum()) < len(stops) for stops in stopped)
