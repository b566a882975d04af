import torch
from torch import nn
from torch.nn import functional as F

import rlt
from rlt.types import Float, Int64, Tensor


class DuelingQNetwork(rlt.Module):
    """Value and advantage streams on a shared trunk."""

    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 128) -> None:
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(obs_dim, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.value = nn.Linear(hidden, 1)
        self.advantage = nn.Linear(hidden, n_actions)

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        h = self.trunk(obs)
        advantage = self.advantage(h)
        return self.value(h) + advantage - advantage.mean(dim=1, keepdim=True)


def double_dqn_loss(
    online: DuelingQNetwork,
    target: DuelingQNetwork,
    obs: Float[Tensor, "batch obs_dim"],
    actions: Int64[Tensor, "batch"],
    rewards: Float[Tensor, "batch"],
    next_obs: Float[Tensor, "batch obs_dim"],
    dones: Float[Tensor, "batch"],
    gamma: float = 0.99,
) -> tuple[Float[Tensor, ""], Float[Tensor, "batch"]]:
    """The Huber loss, and the TD errors for the prioritised buffer."""
    q = online(obs).gather(1, actions.unsqueeze(1)).squeeze(1)
    with torch.no_grad():
        best = online(next_obs).argmax(dim=1, keepdim=True)
        next_q = target(next_obs).gather(1, best)  # BUG: stays (batch, 1), so the target becomes (batch, batch)
        td_target = rewards + gamma * (1.0 - dones) * next_q  # ALSO
    loss = F.smooth_l1_loss(q, td_target)  # ALSO
    return loss, (td_target - q).abs()  # ALSO
