"""Storage of one rollout: `[time, envs, …]` tensors, allocated once on the learner's device."""

from __future__ import annotations

import logging
from typing import Any

import torch

import rlt
from rlt.errors import ConfigError
from rlt.rl.trees import tree_leaves, tree_map
from rlt.rl.vector_env import Action, Observation, Step
from rlt.types import Bool, Float, Float32, Tensor

_log = logging.getLogger(__name__)


class Rollout:
    """`n_steps` transitions of `num_envs` environments, written one vector step at a time."""

    def __init__(self, n_steps: int, num_envs: int, obs: Any, action: Any, device: torch.device) -> None:
        """`obs` and `action` are examples of a batch: a tensor `[batch, …]` (of any device, `meta` too), or a tree of such."""
        lead = (n_steps, num_envs)
        self.n_steps, self.num_envs, self.filled = n_steps, num_envs, 0

        def zeros(example: Tensor) -> Tensor:
            return torch.zeros(*lead, *example.shape[1:], dtype=example.dtype, device=device)

        self.obs: Observation = tree_map(zeros, obs)
        self.action: Action = tree_map(zeros, action)
        self.reward: Float32[Tensor, "time envs"] = torch.zeros(lead, device=device)
        self.terminated: Bool[Tensor, "time envs"] = torch.zeros(lead, dtype=torch.bool, device=device)
        self.truncated: Bool[Tensor, "time envs"] = torch.zeros(lead, dtype=torch.bool, device=device)
        self.last_obs: Observation = tree_map(lambda stored: torch.zeros_like(stored[0]), self.obs)
        """Where the rollout ended: what the next action will start from."""
        self._final: list[tuple[int, Observation]] = []  # steps in which an episode ended, and what all their actions led to

    @staticmethod
    def bytes(n_steps: int, num_envs: int, obs: Any, action: Any) -> int:
        """Memory of a rollout, final observations apart; `obs` and `action` as for the constructor."""
        row = sum(leaf[0].nbytes for tree in (obs, action) for leaf in tree_leaves(tree)) + 4 + 2
        return n_steps * num_envs * row

    @property
    def full(self) -> bool:
        """Whether it is time to learn."""
        return self.filled == self.n_steps

    def add(self, obs: Observation, action: Action, step: Step) -> None:
        """The next transition of each environment: `action` at `obs` led to `step`. No host read."""
        t = self.filled
        tree_map(lambda stored, new: stored[t].copy_(new), self.obs, obs)
        tree_map(lambda stored, new: stored[t].copy_(new), self.action, action)
        self.reward[t] = step.reward
        self.terminated[t] = step.terminated
        self.truncated[t] = step.truncated
        if step.final_obs is not step.obs:
            self._final.append((t, step.final_obs))
        self.filled = t + 1
        if self.full:
            tree_map(lambda last, new: last.copy_(new), self.last_obs, step.obs)

    def clear(self) -> None:
        """Starts over."""
        self.filled = 0
        self._final.clear()

    def final_observations(self) -> Observation | None:
        """What the actions of all environments led to, before any reset, in the steps in which an episode ended: `[n, …]`.
        None where none did."""
        if not self._final:
            return None
        return tree_map(lambda *parts: torch.cat(parts), *(obs for _, obs in self._final))

    @rlt.typed
    def next_values(
        self, value: Float[Tensor, "time envs"], last_value: Float[Tensor, "envs"], final_value: Float[Tensor, "n"] | None
    ) -> Float[Tensor, "time envs"]:
        """V of what each action led to. `final_value` are those of `final_observations`, and count where a step was truncated."""
        out = torch.cat([value[1:], last_value.unsqueeze(0)])
        if final_value is not None:
            time = torch.tensor([t for t, _ in self._final], device=out.device)
            out[time] = torch.where(self.truncated[time], final_value.view(-1, self.num_envs), out[time])
        return out

    def state(self) -> dict[str, Any]:
        """The open part of the rollout, for a checkpoint."""
        n = self.filled
        names = ("obs", "action", "reward", "terminated", "truncated")
        final = [{"time": t, "obs": obs} for t, obs in self._final]
        stored = {name: tree_map(lambda part: part[:n].clone(), getattr(self, name)) for name in names}
        return {"filled": n, "final": final, **stored}

    def load_state(self, state: dict[str, Any]) -> None:
        """Takes back what `state` gave."""
        n = self.filled = state["filled"]
        for name in ("obs", "action", "reward", "terminated", "truncated"):
            tree_map(lambda stored, saved: stored[:n].copy_(saved), getattr(self, name), state[name])
        device = self.reward.device
        self._final = [(f["time"], tree_map(lambda obs: obs.to(device), _of_all(f, self.num_envs))) for f in state["final"]]


def _of_all(final: dict[str, Any], num_envs: int) -> Observation:
    """Final observations of all environments; older states have those alone whose episode was truncated: others are unread."""
    if "envs" not in final:
        return final["obs"]
    return tree_map(lambda obs: obs.new_zeros(num_envs, *obs.shape[1:]).index_copy(0, final["envs"], obs), final["obs"])


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
        f"{rollout} / {minibatch_size} = {rollout / minibatch_size:.4g}, expected a whole number",
        fix=f"n_steps={best} ({count} minibatch{'es' if count > 1 else ''}), or minibatch_size={size}",
    )
