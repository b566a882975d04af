import torch
from torch import nn
from torch.distributions import Categorical

import rlt
from rlt.types import Float, Int64, Tensor


class MultiDiscretePolicy(rlt.Module):
    """Independent heads: movement, camera and a trigger."""

    def __init__(self, obs_dim: int, n_moves: int = 9, n_views: int = 5, width: int = 128) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(obs_dim, width), nn.LayerNorm(width), nn.GELU())
        self.move = nn.Linear(width, n_moves)
        self.view = nn.Linear(width, n_views)
        self.fire = nn.Linear(width, 2)

    def forward(
        self, obs: Float[Tensor, "batch obs_dim"]
    ) -> tuple[Float[Tensor, "batch n_moves"], Float[Tensor, "batch n_views"], Float[Tensor, "batch 2"]]:
        h = self.body(obs)
        return self.move(h), self.view(h), self.fire(h)


def evaluate_actions(
    policy: MultiDiscretePolicy, obs: Float[Tensor, "batch obs_dim"], actions: Int64[Tensor, "batch 3"]
) -> tuple[Float[Tensor, "batch"], Float[Tensor, "batch"]]:
    move, view, fire = policy(obs)
    move_dist, view_dist, fire_dist = Categorical(logits=move), Categorical(logits=view), Categorical(logits=fire)
    log_prob = (  # ALSO
        move_dist.log_prob(actions[:, 0])  # ALSO
        + view_dist.log_prob(actions[1])  # BUG: takes the second row of the batch instead of the second column
        + fire_dist.log_prob(actions[:, 2])  # ALSO
    )
    entropy = torch.stack([move_dist.entropy(), view_dist.entropy(), fire_dist.entropy()], dim=1).sum(dim=1)
    return log_prob, entropy  # ALSO


def reinforce_loss(
    policy: MultiDiscretePolicy,
    obs: Float[Tensor, "batch obs_dim"],
    actions: Int64[Tensor, "batch 3"],
    advantages: Float[Tensor, "batch"],
) -> Float[Tensor, ""]:
    log_prob, entropy = evaluate_actions(policy, obs, actions)
    return -(log_prob * advantages + 0.01 * entropy).mean()
