"""The DQN loss with a target network."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Bool, Float, Int, Tensor


class QNet(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim, 64), nn.ReLU(), nn.Linear(64, n_actions))

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return self.net(obs)


@rlt.typed
def td_error(
    q_values: Float[Tensor, "batch n_actions"],
    next_q_values: Float[Tensor, "batch n_actions"],
    actions: Int[Tensor, "batch"],
    rewards: Float[Tensor, "batch"],
    dones: Bool[Tensor, "batch"],
    gamma: float = 0.99,
) -> Float[Tensor, "batch"]:
    q = q_values.gather(1, actions.unsqueeze(1))  # BUG: (batch, 1), wants .squeeze(1)
    with torch.no_grad():
        best = next_q_values.max(dim=1).values
        target = rewards + gamma * best * (~dones).float()
    return target - q  # ALSO


def dqn_loss(
    online: QNet,
    target: QNet,
    obs: Tensor,
    actions: Tensor,
    rewards: Tensor,
    next_obs: Tensor,
    dones: Tensor,
) -> Tensor:
    delta = td_error(online(obs), target(next_obs), actions, rewards, dones)
    return F.huber_loss(delta, torch.zeros_like(delta))


def example() -> object:
    net, frozen = QNet(4, 2), QNet(4, 2)
    obs, nxt = torch.randn(6, 4), torch.randn(6, 4)
    return dqn_loss(net, frozen, obs, torch.randint(2, (6,)), torch.randn(6), nxt, torch.zeros(6, dtype=torch.bool))
