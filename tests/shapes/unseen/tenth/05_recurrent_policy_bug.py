"""An LSTM policy for a partially observed, discrete environment."""

import rlt
import torch
from rlt.types import Float, Int64, Tensor
from torch import nn
from torch.distributions import Categorical

State = tuple[Tensor, Tensor]


class RecurrentPolicy(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 48, n_layers: int = 1) -> None:
        super().__init__()
        self.hidden, self.n_layers = hidden, n_layers
        self.encoder = nn.Sequential(nn.Linear(obs_dim, hidden), nn.LayerNorm(hidden), nn.SiLU())
        self.memory = nn.LSTM(hidden, hidden, num_layers=n_layers)  # BUG: sequences are (batch, time, ...), batch_first=True is missing
        self.policy = nn.Linear(hidden, n_actions)
        self.value = nn.Linear(hidden, 1)

    def initial_state(self, batch_size: int) -> State:
        zeros = torch.zeros(self.n_layers, batch_size, self.hidden)
        return zeros, zeros.clone()

    def forward(
        self, obs: Float[Tensor, "batch time obs_dim"]
    ) -> tuple[Float[Tensor, "batch time n_actions"], Float[Tensor, "batch time"]]:
        state = self.initial_state(obs.shape[0])
        features, _ = self.memory(self.encoder(obs), state)  # ALSO
        return self.policy(features), self.value(features).squeeze(-1)


def policy_gradient_loss(
    model: RecurrentPolicy,
    obs: Float[Tensor, "batch time obs_dim"],
    actions: Int64[Tensor, "batch time"],
    returns: Float[Tensor, "batch time"],
    mask: Float[Tensor, "batch time"],
) -> Float[Tensor, ""]:
    logits, values = model(obs)  # ALSO
    dist = Categorical(logits=logits)
    advantage = (returns - values).detach()
    actor = -(dist.log_prob(actions) * advantage * mask).sum() / mask.sum()
    critic = ((values - returns).pow(2) * mask).sum() / mask.sum()
    return actor + 0.5 * critic - 0.01 * (dist.entropy() * mask).sum() / mask.sum()
