import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class EnsembleLinear(nn.Module):
    """One affine map per member, computed in a single batched product."""

    def __init__(self, n_members: int, in_features: int, out_features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n_members, in_features, out_features) / in_features**0.5)
        self.bias = nn.Parameter(torch.zeros(n_members, 1, out_features))

    def forward(self, x: Tensor) -> Tensor:
        return torch.baddbmm(self.bias, x, self.weight)


class EnsembleCritic(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, n_critics: int = 5, width: int = 256) -> None:
        super().__init__()
        self.n_critics = n_critics
        self.fc1 = EnsembleLinear(n_critics, obs_dim + action_dim, width)
        self.fc2 = EnsembleLinear(n_critics, width, width)
        self.out = EnsembleLinear(n_critics, width, 1)

    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], actions: Float[Tensor, "batch action_dim"]
    ) -> Float[Tensor, "n_critics batch"]:
        x = torch.cat([obs, actions], dim=-1)
        x = x.unsqueeze(0).expand(self.n_critics, -1, -1)
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.out(x).squeeze(-1)


@torch.no_grad()
def td3_target(
    critic: EnsembleCritic,
    next_obs: Float[Tensor, "batch obs_dim"],
    next_actions: Float[Tensor, "batch action_dim"],
    rewards: Float[Tensor, "batch"],
    dones: Float[Tensor, "batch"],
    noise_std: float = 0.2,
) -> Float[Tensor, "batch"]:
    noise = (torch.randn_like(next_actions) * noise_std).clamp(-0.5, 0.5)
    smoothed = (next_actions + noise).clamp(-1.0, 1.0)
    q = critic(next_obs, smoothed)
    q_min = q.min(dim=0).values
    return rewards + 0.99 * (1.0 - dones) * q_min
