import torch
from torch import nn
from torch.distributions import Categorical

import rlt
from rlt.types import Float, Int64, Tensor


class Actor(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(obs_dim, 64),
            nn.Tanh(),
            nn.Linear(64, 64),
            nn.Tanh(),
            nn.Linear(64, n_actions),
        )

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return self.layers(obs)


def evaluate_actions(
    actor: Actor, obs: Float[Tensor, "batch obs_dim"], actions: Int64[Tensor, "batch 1"]
) -> tuple[Float[Tensor, "batch"], Float[Tensor, "batch"]]:
    dist = Categorical(logits=actor(obs))
    log_prob = dist.log_prob(actions.squeeze(-1))
    return log_prob, dist.entropy()


def ppo_policy_loss(
    actor: Actor,
    obs: Float[Tensor, "batch obs_dim"],
    actions: Int64[Tensor, "batch 1"],
    old_log_prob: Float[Tensor, "batch"],
    advantage: Float[Tensor, "batch"],
    clip: float = 0.2,
) -> Float[Tensor, ""]:
    log_prob, entropy = evaluate_actions(actor, obs, actions)
    ratio = (log_prob - old_log_prob).exp()
    unclipped = ratio * advantage
    clipped = ratio.clamp(1 - clip, 1 + clip) * advantage
    return -torch.min(unclipped, clipped).mean() - 0.01 * entropy.mean()
