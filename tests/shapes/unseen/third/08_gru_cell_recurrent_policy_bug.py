"""Recurrent policy stepped one environment step at a time."""

import torch
from torch import nn
from torch.distributions import Categorical

import rlt
from rlt.types import Float, Tensor


class RecurrentPolicy(rlt.Module):
    """The state is carried by the caller; `initial_state` makes a fresh one."""

    def __init__(self, obs_dim: int, n_actions: int, embed: int = 32, hidden: int = 64) -> None:
        super().__init__()
        self.hidden = hidden
        self.encoder = nn.Sequential(nn.Linear(obs_dim, embed), nn.LayerNorm(embed), nn.SiLU())
        self.cell = nn.GRUCell(obs_dim, hidden)  # BUG: the cell reads the embedding, width embed
        self.logits = nn.Linear(hidden, n_actions)
        self.value = nn.Linear(hidden, 1)

    def initial_state(self, batch: int) -> Tensor:
        return torch.zeros(batch, self.hidden)

    @rlt.typed
    def forward(
        self,
        obs: Float[Tensor, "batch obs_dim"],
        state: Float[Tensor, "batch hidden"],
    ) -> tuple[
        Float[Tensor, "batch n_actions"],
        Float[Tensor, "batch"],
        Float[Tensor, "batch hidden"],
    ]:
        e = self.encoder(obs)
        state = self.cell(e, state)  # ALSO
        return self.logits(state), self.value(state).squeeze(-1), state


def rollout(policy: RecurrentPolicy, observations: Tensor) -> list[Tensor]:
    state = policy.initial_state(observations.shape[1])
    actions = []
    for obs in observations:
        logits, _, state = policy(obs, state)
        actions.append(Categorical(logits=logits).sample())
    return actions


def example() -> object:
    return rollout(RecurrentPolicy(5, 3), torch.randn(4, 2, 5))
