import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class DeterministicActor(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, max_action: float = 1.0) -> None:
        super().__init__()
        self.fc1 = nn.Linear(obs_dim, 256)
        self.fc2 = nn.Linear(256, 256)
        self.fc3 = nn.Linear(256, action_dim)
        self.max_action = max_action

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch action_dim"]:
        x = F.relu(self.fc1(obs))
        x = F.relu(self.fc2(x))
        return self.max_action * torch.tanh(self.fc3(x))


class Critic(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim + action_dim, 256), nn.ReLU(), nn.Linear(256, 1))

    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]
    ) -> Float[Tensor, "batch 1"]:
        return self.net(torch.cat([obs, action], dim=1))


def td3_target(
    actor: DeterministicActor,
    critics: tuple[Critic, Critic],
    next_obs: Float[Tensor, "batch obs_dim"],
    reward: Float[Tensor, "batch 1"],
    not_done: Float[Tensor, "batch 1"],
    gamma: float = 0.99,
    sigma: float = 0.2,
    noise_clip: float = 0.5,
) -> Float[Tensor, "batch 1"]:
    with torch.no_grad():
        action = actor(next_obs)
        noise = (sigma * torch.randn(action.shape[0])).clamp(-noise_clip, noise_clip)  # BUG: noise has no action axis
        action = (action + noise).clamp(-1.0, 1.0)  # ALSO
        q1, q2 = critics[0](next_obs, action), critics[1](next_obs, action)  # ALSO
        return reward + gamma * not_done * torch.min(q1, q2)
