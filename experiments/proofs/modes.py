"""The training steps of the agents in their modes: eager, pure (what the compiler is given) and compiled."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
import torch

from experiments.examples.extensions import Conservative
from experiments.proofs.proof import Result, table
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
from rlt.engine.training import TrainingStep
from rlt.nn.config import MLPConfig
from rlt.rl.extensions import Terms
from rlt.rl.product import distribution_for
from rlt.rl.replay import Storage
from rlt.types import Float, Tensor

OBS = gym.spaces.Box(-1, 1, (5,), np.float32)
BOX, DISCRETE = gym.spaces.Box(-2, 2, (2,), np.float32), gym.spaces.Discrete(3)
SLOTS, BATCH = 60, 16

Arguments = tuple[Any, ...]


class Case(NamedTuple):
    """A training step, and what its updates are given."""

    step: TrainingStep
    updates: Iterator[Arguments]


def _drawer(dtype: torch.dtype) -> tuple[torch.Generator, Callable[..., Tensor]]:
    generator = torch.Generator().manual_seed(1)
    return generator, lambda *shape: torch.randn(*shape, dtype=torch.float64, generator=generator).to(dtype)


def _storage(generator: torch.Generator, normal: Callable[..., Tensor], action: Tensor) -> Storage:
    next_frame, following = torch.randint(SLOTS, (2, SLOTS), generator=generator).unbind(0)
    return Storage(
        normal(SLOTS, 5), next_frame, action, normal(SLOTS), torch.rand(SLOTS, generator=generator) < 0.2, following
    )


def dqn(dtype: torch.dtype, terms: Terms = Terms()) -> Case:
    """Double, dueling, a soft target, returns of three steps, advantage learning."""
    torch.manual_seed(0)
    policy = DQNPolicy(dqn_mlp(OBS, 3, MLPConfig(hidden=(16, 16)), dueling=True), OBS).to(dtype)
    config = DQNConfig(double=True, dueling=True, tau=0.05, n_steps=3, advantage_learning=0.5, batch_size=BATCH)
    update = DQNUpdate(policy, config, terms=terms)
    generator, normal = _drawer(dtype)
    storage = _storage(generator, normal, torch.randint(3, (SLOTS,), generator=generator))

    def updates() -> Iterator[Arguments]:
        rate = torch.tensor([1e-3], dtype=dtype)
        while True:
            yield storage, torch.randint(SLOTS, (BATCH,), generator=generator), rate

    return Case(update.step, updates())


def extended(dtype: torch.dtype) -> Case:
    """The same with a term of somebody else's in its loss."""
    return dqn(dtype, Terms((Conservative(0.5),), ("loss/conservative", "conservative/gap")))


def ppo(dtype: torch.dtype) -> Case:
    """Box actions, value clipping, a KL limit far away."""
    torch.manual_seed(0)
    distribution = distribution_for(BOX)
    policy = PPOPolicy(
        ppo_mlp(OBS, distribution, MLPConfig(hidden=(16, 16))), distribution, OBS, normalize_observation=False,
        normalize_reward=False, clip_observation=10, clip_reward=10, log_std_init=0.0,
    ).to(dtype)
    update = ppo_update.PPOUpdate(policy, PPOConfig(minibatch_size=BATCH, clip_range_vf=0.2, target_kl=100.0))
    generator, normal = _drawer(dtype)
    obs, action = normal(SLOTS, 5), normal(SLOTS, 2)
    with torch.no_grad():
        parameters, value = policy.evaluate(obs)
        log_prob = distribution.log_prob(parameters, action)
    rollout = ppo_update.Batch(obs, action, log_prob, value, normal(SLOTS), normal(SLOTS))
    numbers = ppo_update.Coefficients(*(torch.tensor([x], dtype=dtype) for x in (1e-3, 0.2, 0.01)))

    def updates() -> Iterator[Arguments]:
        active = torch.ones(1, dtype=torch.bool)
        while True:
            yield rollout, torch.randint(SLOTS, (BATCH,), generator=generator), numbers, active

    return Case(update.step, updates())


def sac(dtype: torch.dtype) -> Case:
    """Box actions, a learned temperature."""
    torch.manual_seed(0)
    config = SACConfig(batch_size=BATCH)
    policy, critics = sac_networks({"name": "mlp"}, MLPConfig(hidden=(16, 16)), OBS, BOX, config.n_critics)
    update = sac_update.SACUpdate(policy.to(dtype), critics.to(dtype), config)
    generator, normal = _drawer(dtype)
    storage = _storage(generator, normal, 2 * torch.tanh(normal(SLOTS, 2)))
    numbers = sac_update.Coefficients(*(torch.tensor([1e-3], dtype=dtype) for _ in range(3)))

    def updates() -> Iterator[Arguments]:
        while True:
            yield (
                storage, torch.randint(SLOTS, (BATCH,), generator=generator),
                sac_update.Noise(normal(BATCH, 2), normal(BATCH, 2)), numbers,
            )

    return Case(update.step, updates())


CASES: dict[str, Callable[[torch.dtype], Case]] = {"dqn": dqn, "dqn with a term": extended, "ppo": ppo, "sac": sac}


def after(name: str, count: int, dtype: torch.dtype, mode: str) -> tuple[Float[Tensor, "size"], list[float]]:
    """All parameters and moments after `count` updates in `mode`, and the optimisers' step counts."""
    step, updates = CASES[name](dtype)
    if mode == "compiled":
        step.compile_from(0)
    for _ in range(count):
        arguments = next(updates)
        if mode == "pure":
            with torch.no_grad():
                step._pure(*step._held(), *arguments)
        else:
            step(*arguments)
    parts, counts = [], []
    for group in step.groups.values():
        parts.append(group.flat.buffer.double())
        for key, value in group.state.items():
            if key == "step":
                counts.append(float(value))
            else:
                parts.append(value.double())
    return torch.cat(parts), counts


def distance(one: Tensor, other: Tensor) -> float:
    """Relative, of the whole vector (L2)."""
    return float((one - other).norm() / other.norm())


def equal_modes(folder: Path) -> Result:
    """Compiled against eager: float64 within rounding, float32 no further from float64 than eager float32."""
    rows: list[tuple[object, ...]] = []
    holds = True
    for name in CASES:
        far = []
        for count, bound in ((1, 1e-13), (100, 1e-12)):
            (eager, steps), (compiled, compiled_steps) = (after(name, count, torch.float64, m) for m in ("eager", "compiled"))
            far.append(distance(compiled, eager))
            holds = holds and far[-1] <= bound and steps == compiled_steps
        single, single_compiled = (after(name, 100, torch.float32, m)[0] for m in ("eager", "compiled"))
        ratio = distance(single_compiled, eager) / distance(single, eager)
        holds = holds and ratio <= 1.5
        rows.append((name, f"{far[0]:.1e}", f"{far[1]:.1e}", f"{ratio:.2f}"))
    head = ("agent", "float64, 1 update (1e-13)", "float64, 100 updates (1e-12)", "float32: compiled / eager distance (1.5)")
    return Result(holds, table(head, rows), ("make prove AREA=agents ARGS='only=equal_modes'",))


def no_growth(folder: Path) -> Result:
    """A thousand compiled updates: nothing is compiled anew, and no tensor is left behind."""
    rows: list[tuple[object, ...]] = []
    for name in CASES:
        step, updates = CASES[name](torch.float32)
        step.compile_from(0)
        for _ in range(3):
            step(*next(updates))
        before = living()
        with torch._dynamo.config.patch(error_on_recompile=True):
            for _ in range(1000):
                step(*next(updates))
        rows.append((name, "%d tensors, %d bytes" % before, "%d tensors, %d bytes" % living()))  # noqa: UP031
    holds = all(row[1] == row[2] for row in rows)
    return Result(holds, table(("agent", "after 3 updates", "after 1,003, none of them compiled anew"), rows))


def living() -> tuple[int, int]:
    """Tensors that exist, and their storage in bytes."""
    gc.collect()
    found = (o for o in gc.get_objects() if type(o) in (Tensor, torch.nn.Parameter))
    tensors = [t for t in found if not torch._C._functorch.is_functorch_wrapped_tensor(t)]  # what tracing left has no storage
    return len(tensors), sum({t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in tensors}.values())
