"""A policy for a MultiDiscrete action space: move, aim, use item."""

import rlt
import torch
from rlt.types import Float, Int64, Tensor
from torch import nn
from torch.distributions import Categorical

N_MOVE = 9
N_AIM = 5
N_ITEM = 4
NVEC = (N_MOVE, N_AIM, N_ITEM)


def orthogonal(layer: nn.Linear, gain: float) -> nn.Linear:
    nn.init.orthogonal_(layer.weight, gain)
    nn.init.zeros_(layer.bias)
    return layer


class MultiDiscretePolicy(rlt.Module):
    def __init__(self, obs_dim: int, hidden: int = 64, layer_norm: bool = True) -> None:
        super().__init__()
        self.fc1 = orthogonal(nn.Linear(obs_dim, hidden), 2**0.5)
        self.norm = nn.LayerNorm(hidden) if layer_norm else nn.Identity()
        self.fc2 = orthogonal(nn.Linear(hidden, hidden), 2**0.5)
        self.logits = orthogonal(nn.Linear(hidden, sum(NVEC)), 0.01)

    def features(self, obs: Tensor) -> Tensor:
        h = torch.tanh(self.norm(self.fc1(obs)))
        return torch.tanh(self.fc2(h))

    def heads(self, obs: Tensor) -> list[Categorical]:
        parts = self.logits(self.features(obs)).split([N_MOVE, N_AIM, N_ITEM], dim=-1)
        return [Categorical(logits=part) for part in parts]

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch 18"]:
        return self.logits(self.features(obs))

    def sample(self, obs: Float[Tensor, "batch obs_dim"]) -> Int64[Tensor, "batch 3"]:
        return torch.stack([head.sample() for head in self.heads(obs)], dim=-1)

    def evaluate(
        self, obs: Float[Tensor, "batch obs_dim"], action: Int64[Tensor, "batch 3"]
    ) -> tuple[Float[Tensor, "batch"], Float[Tensor, "batch"]]:
        move, aim, item = self.heads(obs)
        log_prob = move.log_prob(action[:, 0]) + aim.log_prob(action[:, 1]) + item.log_prob(action[:, 2])
        entropy = move.entropy() + aim.entropy() + item.entropy()
        return log_prob, entropy


def ppo_loss(
    policy: MultiDiscretePolicy,
    obs: Float[Tensor, "batch obs_dim"],
    action: Int64[Tensor, "batch 3"],
    old_log_prob: Float[Tensor, "batch"],
    advantage: Float[Tensor, "batch"],
) -> Float[Tensor, ""]:
    log_prob, entropy = policy.evaluate(obs, action)
    ratio = (log_prob - old_log_prob).exp()
    clipped = ratio.clamp(0.8, 1.2)
    return -torch.minimum(ratio * advantage, clipped * advantage).mean() - 0.01 * entropy.mean()
