import torch
from torch import nn
from torch.distributions import Normal

import rlt
from rlt.types import Float, Tensor


class GaussianActorCritic(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, width: int = 64) -> None:
        super().__init__()
        self.actor = nn.Sequential(
            nn.Linear(obs_dim, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, action_dim)
        )
        self.critic = nn.Sequential(nn.Linear(obs_dim, width), nn.Tanh(), nn.Linear(width, 1))
        self.log_std = nn.Parameter(torch.zeros(action_dim))

    @rlt.typed
    def forward(
        self, obs: Float[Tensor, "batch obs_dim"]
    ) -> tuple[Float[Tensor, "batch action_dim"], Float[Tensor, "batch action_dim"], Float[Tensor, "batch"]]:
        mean = self.actor(obs)
        std = self.log_std.exp().expand_as(mean)
        return mean, std, self.critic(obs).squeeze(-1)


def ppo_loss(
    policy: GaussianActorCritic,
    obs: Float[Tensor, "batch obs_dim"],
    actions: Float[Tensor, "batch action_dim"],
    old_log_probs: Float[Tensor, "batch"],
    advantages: Float[Tensor, "batch"],
    returns: Float[Tensor, "batch"],
    clip: float = 0.2,
) -> Float[Tensor, ""]:
    mean, std, values = policy(obs)
    dist = Normal(mean, std)
    log_probs = dist.log_prob(actions)  # BUG: log-probabilities are not summed over the action dimensions
    entropy = dist.entropy().sum(dim=-1).mean()
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs)  # ALSO
    clipped = ratio.clamp(1.0 - clip, 1.0 + clip)
    policy_loss = -torch.min(ratio * advantages, clipped * advantages).mean()
    value_loss = 0.5 * (returns - values).pow(2).mean()
    return policy_loss + 0.5 * value_loss - 0.01 * entropy
