"""A recurrent policy: LSTM over a window of observations, the last step decides."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class Encoder(nn.Module):
    def __init__(self, obs_dim: int, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(obs_dim)
        self.proj = nn.Linear(obs_dim, width)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.proj(self.norm(x)))


class RecurrentPolicy(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 96, layers: int = 2) -> None:
        super().__init__()
        self.encoder = Encoder(obs_dim, hidden)
        self.lstm = nn.LSTM(hidden, hidden, num_layers=layers, batch_first=True)
        self.policy_head = nn.Linear(hidden, n_actions)
        self.value_head = nn.Linear(hidden, 1)

    def summary(self, obs: Float[Tensor, "batch time obs_dim"]) -> Float[Tensor, "batch hidden"]:
        encoded = self.encoder(obs)
        outputs, _ = self.lstm(encoded)
        return outputs[:, -1]

    def forward(
        self, obs: Float[Tensor, "batch time obs_dim"]
    ) -> tuple[Float[Tensor, "batch n_actions"], Float[Tensor, "batch"]]:
        h = self.summary(obs)
        return self.policy_head(h), self.value_head(h).squeeze(-1)

    @torch.no_grad()
    def act(self, obs: Float[Tensor, "batch time obs_dim"], explore: bool = True) -> Int64[Tensor, "batch"]:
        logits, _ = self.forward(obs)
        if not explore:
            return logits.argmax(dim=-1)
        return torch.distributions.Categorical(logits=logits).sample()


def a2c_loss(
    policy: RecurrentPolicy,
    obs: Float[Tensor, "batch time obs_dim"],
    actions: Int64[Tensor, "batch"],
    returns: Float[Tensor, "batch"],
) -> Float[Tensor, ""]:
    logits, value = policy(obs)
    advantage = returns - value.detach()
    log_prob = torch.log_softmax(logits, dim=-1).gather(1, actions[:, None]).squeeze(1)
    return -(log_prob * advantage).mean() + 0.5 * (returns - value).pow(2).mean()
