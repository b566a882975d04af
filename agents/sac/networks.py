"""SAC's networks: the actor with its distribution, the critics, the temperature."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from gymnasium import Space, spaces
from torch import nn

import rlt
from rlt.errors import ConfigError, ShapeError, SpaceError
from rlt.nn.config import MLPConfig
from rlt.nn.initializers import HIDDEN_GAIN, orthogonal
from rlt.nn.mlp import activation, hidden_layers
from rlt.nn.stacked import StackedMLP
from rlt.rl.distributions import Categorical, GaussianParameters
from rlt.rl.encoder import flattened
from rlt.rl.networks import build_own, refuse_options
from rlt.rl.squashed import SquashedGaussian
from rlt.shapes.spaces import BATCH, check_policy, describe_space, example_observation, policy_output
from rlt.types import Float, Shaped, Tensor

HIDDEN = (256, 256)
LOG_STD_MIN, LOG_STD_MAX = -20.0, 2.0
"""Where the logarithm of the standard deviation is clamped, as in the authors' code."""


class GaussianActor(rlt.Module):
    """Mean and log standard deviation of each action dimension, from a vector observation."""

    modeless = True

    def __init__(self, obs_dim: int, action_dim: int, hidden: tuple[int, ...], kind: type[nn.Module]) -> None:
        super().__init__()
        self.trunk = hidden_layers((obs_dim, *hidden), kind)
        self.head = nn.Linear(hidden[-1] if hidden else obs_dim, 2 * action_dim)

    @rlt.typed
    def forward(
        self, obs: Float[Tensor, "batch obs_dim"]
    ) -> tuple[Float[Tensor, "batch action_dim"], Float[Tensor, "batch action_dim"]]:
        mean, log_std = self.head(self.trunk(obs)).chunk(2, -1)
        return mean, log_std


class CategoricalActor(rlt.Module):
    """Logits of each action, from a vector observation."""

    modeless = True

    def __init__(self, obs_dim: int, n_actions: int, hidden: tuple[int, ...], kind: type[nn.Module]) -> None:
        super().__init__()
        self.trunk = hidden_layers((obs_dim, *hidden), kind)
        self.head = nn.Linear(hidden[-1] if hidden else obs_dim, n_actions)

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return self.head(self.trunk(obs))


class ActionCritics(rlt.Module):
    """`members` values of an action at an observation."""

    modeless = True

    def __init__(self, members: int, obs_dim: int, action_dim: int, hidden: tuple[int, ...], activation_name: str) -> None:
        super().__init__()
        self.stack = StackedMLP(members, obs_dim + action_dim, 1, hidden, activation_name)

    @rlt.typed
    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]
    ) -> Float[Tensor, "members batch"]:
        return self.stack(torch.cat([obs, action], -1)).squeeze(-1)


class AllActionCritics(rlt.Module):
    """`members` values of every discrete action at an observation."""

    modeless = True

    def __init__(self, members: int, obs_dim: int, n_actions: int, hidden: tuple[int, ...], activation_name: str) -> None:
        super().__init__()
        self.stack = StackedMLP(members, obs_dim, n_actions, hidden, activation_name)

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "members batch n_actions"]:
        return self.stack(obs)


class OwnCritics(nn.Module):
    """A user's critics, one after the other: any network may be one, which cannot be said of a batched product."""

    modeless = True

    def __init__(self, members: list[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, *inputs: Tensor) -> Tensor:
        """`[members, batch, …]`."""
        return torch.stack([member(*inputs) for member in self.members])


class Temperature(nn.Module):
    """The logarithm of a learned temperature. Not 0-d: in-place writes to such a state are lost in a compiled step."""

    modeless = True

    def __init__(self, start: float, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.logarithm = nn.Parameter(torch.tensor([math.log(start)], dtype=dtype))

    @rlt.typed
    def forward(self) -> Float[Tensor, "1"]:
        return self.logarithm + 0


class SACPolicy(nn.Module):
    """What acts, and what is saved as the policy: the actor and its distribution."""

    def __init__(self, actor: nn.Module, distribution: SquashedGaussian | Categorical) -> None:
        super().__init__()
        self.actor, self.distribution = actor, distribution
        self.flat_observations = isinstance(actor, GaussianActor | CategoricalActor)

    @rlt.typed
    def observe(self, obs: Shaped[Tensor, "batch *shape"]) -> Tensor:
        """Observations as the networks want them: for vector networks flat, bytes from 0 to 1."""
        return flattened(obs) if self.flat_observations else obs

    @rlt.typed
    def forward(self, obs: Tensor) -> Any:
        """The distribution's parameters."""
        return parameters_of(self.actor(self.observe(obs)))

    @rlt.typed
    def act(self, obs: Tensor, generator: torch.Generator | None) -> Tensor:
        """Actions for the environment: drawn with `generator`, the most likely ones without."""
        parameters, d = self(obs), self.distribution
        noise = None if generator is None else d.noise(obs.shape[0], generator).to(obs.device)
        if isinstance(d, Categorical):
            return d.mode(parameters) if noise is None else d.sample(parameters, noise)
        pre_tanh = parameters.mean if noise is None else d.pre_tanh(parameters, noise)
        return d.within(d.action(pre_tanh))

    def random_actions(self, batch: int, generator: torch.Generator) -> Tensor:
        """Each action alike: what the first steps take."""
        d = self.distribution
        if isinstance(d, Categorical):
            drawn = torch.randint(d.size, (batch,), generator=generator, device=generator.device)
            return drawn.to(next(self.actor.parameters()).device)
        return d.uniform(batch, generator)

    @property
    def default_target_entropy(self) -> float:
        """Minus the dimension for bounds of -1 and 1, shifted to the true bounds; half the uniform policy's for Discrete."""
        d = self.distribution
        return 0.5 * math.log(d.size) if isinstance(d, Categorical) else d.log_half_widths - d.size


def parameters_of(output: Any) -> Any:
    """An actor's output as the distribution's parameters: logits as they are, (mean, log_std) with the latter clamped."""
    if isinstance(output, Tensor):
        return output
    mean, log_std = output
    return GaussianParameters(mean, log_std.clamp(LOG_STD_MIN, LOG_STD_MAX))


def distribution_of(space: Space[Any]) -> SquashedGaussian | Categorical:
    """Squashed Gaussian for a bounded Box, categorical for Discrete. SpaceError for the rest."""
    if isinstance(space, spaces.Discrete):
        return Categorical(int(space.n))
    if isinstance(space, spaces.Box):
        return SquashedGaussian(space)
    raise SpaceError(
        f"SAC cannot serve actions {describe_space(space)}", "expected a bounded float Box or Discrete", fix="agent=ppo"
    )


def networks(
    model: Mapping[str, Any], config: MLPConfig | None, observation_space: Space[Any], action_space: Space[Any], n_critics: int
) -> tuple[SACPolicy, nn.Module]:
    """The policy and its critics. `config` is that of rlt's own networks, None where the actor is the user's."""
    distribution = distribution_of(action_space)
    obs_dim = math.prod(observation_space.shape or ())
    options = config if config is not None else MLPConfig()
    why = "SAC's actor and critics have a network each, and the actor gives its own standard deviation"
    refuse_options(vars(options), "sac", why, "shared", "log_std_init")
    hidden, kind = options.hidden if options.hidden is not None else HIDDEN, options.activation or "relu"
    if config is None:
        own = {key: value for key, value in model.items() if key not in ("name", "critic")}
        actor = checked_actor(build_own(model["name"], own, observation_space, action_space), observation_space, action_space)
    elif isinstance(distribution, Categorical):
        actor = CategoricalActor(obs_dim, distribution.size, hidden, activation(kind))
    else:
        actor = GaussianActor(obs_dim, distribution.size, hidden, activation(kind))
    critic = model.get("critic")
    if critic is not None:
        return SACPolicy(actor, distribution), own_critics(critic, observation_space, action_space, n_critics)
    arriving = example_observation(observation_space, 1)
    if config is None and (arriving.ndim != 2 or arriving.dtype != torch.float32):
        raise ConfigError(
            f"{type(actor).__name__} reads observations {describe_space(observation_space)}, and there is no model.critic",
            "SAC's own critics read vectors of floats", fix="model.critic={name: my_package:MyCritic}",
        )
    if isinstance(distribution, Categorical):
        critics: nn.Module = AllActionCritics(n_critics, obs_dim, distribution.size, hidden, kind)
    else:
        critics = ActionCritics(n_critics, obs_dim, distribution.size, hidden, kind)
    if options.orthogonal_init:
        orthogonal(actor, HIDDEN_GAIN)
        orthogonal(critics, HIDDEN_GAIN)
    return SACPolicy(actor, distribution), critics


def checked_actor(actor: nn.Module, observation_space: Space[Any], action_space: Space[Any]) -> nn.Module:
    """`actor` if it fits the spaces. ShapeError where it does not, or gives a mean without a standard deviation."""
    actor.eval()  # looking changes no batch statistics and draws no dropout
    check_policy(actor, observation_space, action_space)
    output = policy_output(actor, observation_space)
    if isinstance(action_space, spaces.Box) and isinstance(output, Tensor):
        raise ShapeError(
            f"actions are {describe_space(action_space)}: {type(actor).__name__} must return (mean, log_std) for SAC",
            "but gives one tensor: a standard deviation that depends on the observation is part of the method",
            fix="return mean, log_std",
        )
    return actor


def own_critics(
    critic: Mapping[str, Any] | str | type[nn.Module], observation_space: Space[Any], action_space: Space[Any], n_critics: int
) -> nn.Module:
    """`n_critics` networks of the user's class, each `forward(obs, action)` to `[batch]`; for Discrete actions `forward(obs)`
    to `[batch, n_actions]`."""
    asked: dict[str, Any] = dict(critic) if isinstance(critic, Mapping) else {"name": critic}
    options = {key: value for key, value in asked.items() if key != "name"}
    members = [build_own(asked["name"], options, observation_space, action_space) for _ in range(n_critics)]
    for member in members:
        member.eval()
    inputs = [example_observation(observation_space)]
    wanted: tuple[int, ...] = (BATCH,)
    if isinstance(action_space, spaces.Discrete):
        wanted = (BATCH, int(action_space.n))
    else:
        inputs.append(torch.empty(BATCH, math.prod(action_space.shape or ()), device="meta"))
    try:
        with torch.device("meta"), torch.no_grad():
            output = torch.func.functional_call(
                members[0], {n: p.to("meta") for n, p in members[0].state_dict().items()}, tuple(inputs)
            )
    except (TypeError, RuntimeError, AttributeError) as error:
        call = "forward(obs)" if len(inputs) == 1 else "forward(obs, action)"
        raise ShapeError(
            f"{type(members[0]).__name__} cannot be called as {call}, as a critic is for actions {describe_space(action_space)}",
            str(error).splitlines()[0],
        ) from None
    if not isinstance(output, Tensor) or tuple(output.shape) != wanted:
        shape = ["batch", *map(str, wanted[1:])]
        got = ["batch", *map(str, output.shape[1:])] if isinstance(output, Tensor) else [type(output).__name__]
        raise ShapeError(
            f"{type(members[0]).__name__} must give action values ({', '.join(shape)})", f"but gives ({', '.join(got)})",
            fix="value.squeeze(-1)" if got[1:] == ["1"] and len(shape) == 1 else None,
        )
    return OwnCritics(members)
