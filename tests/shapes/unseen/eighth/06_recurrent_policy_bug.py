import torch
from torch import nn
from torch.distributions import Categorical

import rlt
from rlt.types import Float, Int64, Tensor


class RecurrentPolicy(rlt.Module):
    """An LSTM over the episode, for environments that hide part of their state."""

    def __init__(self, obs_dim: int, n_actions: int, embed: int = 64, hidden: int = 128) -> None:
        super().__init__()
        self.hidden = hidden
        self.encoder = nn.Sequential(nn.Linear(obs_dim, embed), nn.ReLU())
        self.lstm = nn.LSTM(embed, hidden)  # BUG: the input is batch first, the layer expects time first
        self.policy = nn.Linear(hidden, n_actions)
        self.value = nn.Linear(hidden, 1)

    def initial_state(self, batch_size: int) -> tuple[Tensor, Tensor]:
        zeros = torch.zeros(1, batch_size, self.hidden)
        return zeros, zeros.clone()

    def forward(
        self, obs: Float[Tensor, "batch time obs_dim"]
    ) -> tuple[Float[Tensor, "batch time n_actions"], Float[Tensor, "batch time"]]:
        x = self.encoder(obs)
        state = self.initial_state(obs.shape[0])
        out, _ = self.lstm(x, state)  # ALSO
        return self.policy(out), self.value(out).squeeze(-1)


def a2c_loss(
    policy: RecurrentPolicy,
    obs: Float[Tensor, "batch time obs_dim"],
    actions: Int64[Tensor, "batch time"],
    returns: Float[Tensor, "batch time"],
    mask: Float[Tensor, "batch time"],
) -> Float[Tensor, ""]:
    logits, values = policy(obs)
    dist = Categorical(logits=logits)
    advantages = (returns - values).detach()
    per_step = -dist.log_prob(actions) * advantages + 0.5 * (returns - values).pow(2) - 0.01 * dist.entropy()
    return (per_step * mask).sum() / mask.sum()
