from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


@dataclass
class Batch:
    obs: Tensor
    actions: Tensor
    rewards: Tensor
    next_obs: Tensor
    dones: Tensor


class QNet(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, n_actions))

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return self.net(obs)


def td_errors(
    q_net: QNet,
    obs: Float[Tensor, "batch obs_dim"],
    actions: Int64[Tensor, "batch"],
    targets: Float[Tensor, "batch"],
) -> Float[Tensor, "batch"]:
    chosen = q_net(obs).gather(1, actions.unsqueeze(1)).squeeze(1)
    return chosen - targets


def update(q_net: QNet, target_net: QNet, optimizer: torch.optim.Optimizer, batch: Batch, gamma: float = 0.99) -> float:
    with torch.no_grad():
        next_q = target_net(batch.next_obs).max(dim=1).values
        targets = batch.rewards + gamma * (1.0 - batch.dones) * next_q
    errors = td_errors(q_net, batch.obs, batch.actions, targets)
    loss = F.smooth_l1_loss(errors, torch.zeros_like(errors))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
