"""Storage of one rollout: `[time, envs, …]` tensors, allocated once on the learner's device."""

from __future__ import annotations

import logging
from typing import Any

import torch

import rlt
from rlt.errors import ConfigError
from rlt.rl.vector_env import Step
from rlt.types import Bool, Float, Float32, Tensor

_log = logging.getLogger(__name__)


class Rollout:
    """`n_steps` transitions of `num_envs` environments, written one vector step at a time."""

    def __init__(
        self, n_steps: int, num_envs: int, obs_shape: tuple[int, ...], obs_dtype: torch.dtype,
        action_shape: tuple[int, ...], action_dtype: torch.dtype, device: torch.device,
    ) -> None:
        lead = (n_steps, num_envs)
        self.n_steps, self.num_envs, self.filled = n_steps, num_envs, 0
        self.obs: Tensor = torch.zeros(*lead, *obs_shape, dtype=obs_dtype, device=device)
        self.action: Tensor = torch.zeros(*lead, *action_shape, dtype=action_dtype, device=device)
        self.reward: Float32[Tensor, "time envs"] = torch.zeros(lead, device=device)
        self.terminated: Bool[Tensor, "time envs"] = torch.zeros(lead, dtype=torch.bool, device=device)
        self.truncated: Bool[Tensor, "time envs"] = torch.zeros(lead, dtype=torch.bool, device=device)
        self.last_obs: Tensor = torch.zeros(num_envs, *obs_shape, dtype=obs_dtype, device=device)
        """Where the rollout ended: what the next action will start from."""
        self._final: list[tuple[int, Tensor, Tensor]] = []  # time, environments, their final observations

    @property
    def full(self) -> bool:
        """Whether it is time to learn."""
        return self.filled == self.n_steps

    def add(self, obs: Tensor, action: Tensor, step: Step) -> None:
        """The next transition of each environment: `action` at `obs` led to `step`."""
        t = self.filled
        self.obs[t] = obs
        self.action[t] = action
        self.reward[t] = step.reward
        self.terminated[t] = step.terminated
        self.truncated[t] = step.truncated
        if step.final_obs is not step.obs:
            cut = step.truncated & ~step.terminated  # only there is the value of the final observation asked for
            where = cut.nonzero(as_tuple=True)[0]
            if where.numel():
                self._final.append((t, where, step.final_obs[where]))
        self.filled = t + 1
        if self.full:
            self.last_obs.copy_(step.obs)

    def clear(self) -> None:
        """Starts over."""
        self.filled = 0
        self._final.clear()

    def final_observations(self) -> tuple[Tensor, Tensor, Tensor] | None:
        """Times, environments and true final observations `[n, …]` of the truncated steps; None where there are none."""
        if not self._final:
            return None
        time = torch.cat([torch.full_like(where, t) for t, where, _ in self._final])
        return time, torch.cat([where for _, where, _ in self._final]), torch.cat([obs for _, _, obs in self._final])

    @rlt.typed
    def next_values(
        self, value: Float[Tensor, "time envs"], last_value: Float[Tensor, "envs"], final_value: Float[Tensor, "n"] | None
    ) -> Float[Tensor, "time envs"]:
        """V of what each action led to. At truncated steps `final_value`, in the order of `final_observations`."""
        out = torch.cat([value[1:], last_value.unsqueeze(0)])
        final = self.final_observations()
        if final is not None and final_value is not None:
            out[final[0], final[1]] = final_value
        return out

    def state(self) -> dict[str, Any]:
        """The open part of the rollout, for a checkpoint."""
        n = self.filled
        names = ("obs", "action", "reward", "terminated", "truncated")
        final = [{"time": t, "envs": where, "obs": obs} for t, where, obs in self._final]
        return {"filled": n, "final": final, **{name: getattr(self, name)[:n].clone() for name in names}}

    def load_state(self, state: dict[str, Any]) -> None:
        """Takes back what `state` gave."""
        n = self.filled = state["filled"]
        for name in ("obs", "action", "reward", "terminated", "truncated"):
            getattr(self, name)[:n] = state[name]
        device = self.obs.device
        self._final = [(f["time"], f["envs"].to(device), f["obs"].to(device)) for f in state["final"]]


def check_minibatches(n_steps: int, num_envs: int, minibatch_size: int, agent: str) -> int:
    """The minibatch size to use: the whole rollout where it is smaller than `minibatch_size`.

    ConfigError where the rollout does not divide, with the nearest numbers that do.
    """
    rollout = n_steps * num_envs
    if minibatch_size >= rollout:
        if minibatch_size > rollout:
            _log.warning("minibatch_size=%d is more than a rollout: a minibatch is all of its %d steps", minibatch_size, rollout)
        return rollout
    if rollout % minibatch_size == 0:
        return minibatch_size
    sizes = [s for s in range(1, rollout + 1) if rollout % s == 0]
    size = min(sizes, key=lambda s: (abs(s - minibatch_size), s))
    steps = [n for n in range(1, 2 * n_steps + minibatch_size) if (n * num_envs) % minibatch_size == 0]
    best = min(steps, key=lambda n: (abs(n - n_steps), n))
    count = best * num_envs // minibatch_size
    raise ConfigError(
        f"{agent} cannot split a rollout of {rollout} steps ({num_envs} environments x {n_steps}) "
        f"into minibatches of {minibatch_size}:",
        f"{rollout} / {minibatch_size} = {rollout / minibatch_size:.4g}",
        fix=f"n_steps={best} ({count} minibatch{'es' if count > 1 else ''}), or minibatch_size={size}",
    )
