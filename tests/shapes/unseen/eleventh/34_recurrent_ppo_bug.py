"""A recurrent actor-critic that resets its state where episodes begin."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.distributions import Categorical

import rlt
from rlt.types import Bool, Float, Int64


class RecurrentPolicy(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 64) -> None:
        super().__init__()
        self.hidden = hidden
        self.embed = nn.Sequential(nn.Linear(obs_dim, hidden), nn.Tanh())
        self.gru = nn.GRU(hidden, hidden)
        self.policy = nn.Linear(hidden, n_actions)
        self.value = nn.Linear(hidden, 1)

    def initial_state(self, batch: int) -> Tensor:
        return torch.zeros(1, batch, self.hidden)

    def _reset(self, state: Tensor, first: Tensor) -> Tensor:
        return state * (~first).float()  # BUG: (1, batch, hidden) times (batch,), the mask needs [None, :, None]

    def unroll(
        self,
        obs: Float[Tensor, "time batch obs_dim"],
        first: Bool[Tensor, "time batch"],
        state: Float[Tensor, "1 batch hidden"],
    ) -> tuple[Float[Tensor, "time batch hidden"], Float[Tensor, "1 batch hidden"]]:
        x = self.embed(obs)
        outputs: list[Tensor] = []
        for t in range(x.shape[0]):
            state = self._reset(state, first[t])  # ALSO
            out, state = self.gru(x[t : t + 1], state)
            outputs.append(out)
        return torch.cat(outputs, dim=0), state

    def forward(
        self,
        obs: Float[Tensor, "time batch obs_dim"],
        first: Bool[Tensor, "time batch"],
        state: Float[Tensor, "1 batch hidden"],
    ) -> tuple[Float[Tensor, "time batch n_actions"], Float[Tensor, "time batch"], Float[Tensor, "1 batch hidden"]]:
        h, state = self.unroll(obs, first, state)  # ALSO
        return self.policy(h), self.value(h).squeeze(-1), state


def policy_loss(
    logits: Float[Tensor, "time batch n_actions"],
    actions: Int64[Tensor, "time batch"],
    old_log_prob: Float[Tensor, "time batch"],
    advantages: Float[Tensor, "time batch"],
    clip: float = 0.2,
) -> Float[Tensor, ""]:
    ratio = (Categorical(logits=logits).log_prob(actions) - old_log_prob).exp()
    clipped = ratio.clamp(1 - clip, 1 + clip)
    return -torch.minimum(ratio * advantages, clipped * advantages).mean()
