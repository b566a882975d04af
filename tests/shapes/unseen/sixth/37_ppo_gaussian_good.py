"""PPO for continuous actions: Gaussian policy, clipped surrogate and value loss."""

import torch
from torch import nn
from torch.distributions import Normal

import rlt
from rlt.types import Float, Tensor


class ActorCritic(rlt.Module):
    def __init__(self, obs_dim: int, act_dim: int, hidden: int = 64) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(obs_dim, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh())
        self.mean = nn.Linear(hidden, act_dim)
        self.log_std = nn.Parameter(torch.full((act_dim,), -0.5))
        self.value = nn.Linear(hidden, 1)

    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch act_dim"]
    ) -> tuple[Float[Tensor, "batch"], Float[Tensor, "batch"], Float[Tensor, "batch"]]:
        h = self.body(obs)
        mean = self.mean(h)
        dist = Normal(mean, self.log_std.exp().expand_as(mean))
        log_prob = dist.log_prob(action).sum(dim=-1)
        entropy = dist.entropy().sum(dim=-1)
        return log_prob, entropy, self.value(h).squeeze(-1)


def ppo_loss(
    model: ActorCritic,
    obs: Float[Tensor, "batch obs_dim"],
    action: Float[Tensor, "batch act_dim"],
    old_log_prob: Float[Tensor, "batch"],
    advantage: Float[Tensor, "batch"],
    returns: Float[Tensor, "batch"],
    clip: float = 0.2,
) -> Float[Tensor, ""]:
    log_prob, entropy, value = model(obs, action)
    ratio = (log_prob - old_log_prob).exp()
    surrogate = torch.min(ratio * advantage, ratio.clamp(1 - clip, 1 + clip) * advantage)
    value_loss = 0.5 * (value - returns).square().mean()
    return -surrogate.mean() + value_loss - 0.01 * entropy.mean()
