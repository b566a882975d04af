"""What PPO is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from rlt.errors import ConfigError
from rlt.rl.named import Handed
from rlt.rl.schedules import Schedule, refuse_negative


@dataclass(frozen=True)
class PPOConfig:
    """Proximal policy optimisation, Schulman et al. 2017 (arXiv:1707.06347)."""

    n_steps: int = 2048
    """Steps per environment between updates. More: better advantages, slower reaction. 128 (many environments) to 2048 (one)."""
    minibatch_size: int = 64
    """Transitions per gradient step. Smaller: more, noisier steps. 32 to 4096; must divide n_steps x num_envs."""
    n_epochs: int = 10
    """Passes over each rollout. More: more learning per step, until clip_fraction grows past about 0.3. 3 to 20."""
    learning_rate: Schedule = Schedule("constant", 3e-4, 3e-4)
    """Adam's step size; linear:3e-4 anneals it to 0 over the run. 1e-5 to 1e-3."""
    gamma: float = 0.99
    """Discount: how far ahead rewards count, about 1 / (1 - gamma) steps. 0.9 to 0.9999."""
    gae_lambda: float = 0.95
    """Trades bias (0) for variance (1) in the advantage. 0.9 to 0.98."""
    clip_range: Schedule = Schedule("constant", 0.2, 0.2)
    """How far the probability ratio may move before its gradient stops. 0.1 to 0.3."""
    clip_range_vf: float | None = None
    """Also clip how far values move from the rollout's. 0.1 to 0.5 with normalize_reward, else in proportion. null: off."""
    ent_coef: Schedule = Schedule("constant", 0.0, 0.0)
    """Weight of the entropy bonus. More: more exploration, a blurrier policy. 0 to 0.02."""
    vf_coef: float = 0.5
    """Weight of the value loss; matters where actor and critic share a trunk. 0.25 to 1."""
    max_grad_norm: float | None = 0.5
    """The gradient's norm is clipped to this. 0.3 to 1; null: off."""
    normalize_advantage: bool = True
    """Shift and scale advantages to mean 0, standard deviation 1 in each minibatch."""
    normalize_observation: bool = False
    """Normalise observations by running statistics, updated after each rollout. Helps MuJoCo and most vector observations."""
    normalize_reward: bool = False
    """Divide rewards by the running standard deviation of the discounted return. Helps where rewards are large or small."""
    clip_observation: float = 10.0
    """Normalised observations are clipped to plus or minus this. 5 to 10."""
    clip_reward: float = 10.0
    """Scaled rewards are clipped to plus or minus this. 5 to 10."""
    target_kl: float | None = None
    """Stop the epochs of a rollout once the approximate KL divergence passes 1.5 times this. 0.01 to 0.05; null: never."""
    adam_epsilon: float = 1e-5
    """Adam's epsilon: larger damps steps where gradients are tiny. 1e-8 to 1e-5."""
    extensions: tuple[Handed, ...] = ()
    """Loss terms, intrinsic rewards, an exploration of your own: objects, package.module:Class, or {name: …, weight: 0.1}."""

    def __post_init__(self) -> None:
        """ConfigError where a number makes no update."""
        for name in ("n_steps", "minibatch_size", "n_epochs"):
            if getattr(self, name) < 1:
                raise ConfigError(f"agent.{name}={getattr(self, name)} does not fit", "expected a whole number of at least 1")
        for name in ("gamma", "gae_lambda"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"agent.{name}={getattr(self, name)} does not fit", "expected a number from 0 to 1")
        refuse_negative(self, "learning_rate", "clip_range", "vf_coef", "adam_epsilon")
        if self.clip_range.start == 0:
            raise ConfigError("agent.clip_range=0 does not fit", "no probability could change", fix="agent.clip_range=0.2")
        for name in ("clip_range_vf", "max_grad_norm", "clip_observation", "clip_reward", "target_kl"):
            if getattr(self, name) is not None and not getattr(self, name) > 0:
                raise ConfigError(f"agent.{name}={getattr(self, name)} does not fit", "expected a number above 0")
        for name, needs in (("clip_observation", "normalize_observation"), ("clip_reward", "normalize_reward")):
            given = getattr(self, name)
            if given != getattr(type(self), name) and not getattr(self, needs):
                raise ConfigError(
                    f"agent.{name}={given} and agent.{needs}=false contradict each other",
                    "only what is normalised is clipped", fix=f"agent.{needs}=true, or leave agent.{name} out",
                )
