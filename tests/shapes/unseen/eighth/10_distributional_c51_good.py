import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class C51Network(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, n_atoms: int = 51, v_min: float = -10.0, v_max: float = 10.0) -> None:
        super().__init__()
        self.n_actions, self.n_atoms = n_actions, n_atoms
        self.v_min, self.v_max = v_min, v_max
        self.net = nn.Sequential(nn.Linear(obs_dim, 128), nn.ReLU(), nn.Linear(128, n_actions * n_atoms))
        self.register_buffer("support", torch.linspace(v_min, v_max, n_atoms))

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions n_atoms"]:
        return self.net(obs).view(-1, self.n_actions, self.n_atoms).log_softmax(dim=-1)

    def q_values(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return (self(obs).exp() * self.support).sum(dim=2)


def project(net: C51Network, probs: Tensor, rewards: Tensor, dones: Tensor, gamma: float) -> Tensor:
    delta = (net.v_max - net.v_min) / (net.n_atoms - 1)
    atoms = rewards.unsqueeze(1) + gamma * (1.0 - dones).unsqueeze(1) * net.support.unsqueeze(0)
    b = (atoms.clamp(net.v_min, net.v_max) - net.v_min) / delta
    lower, upper = b.floor().long().clamp(0, net.n_atoms - 1), b.ceil().long().clamp(0, net.n_atoms - 1)
    out = torch.zeros_like(probs)
    out.scatter_add_(1, lower, probs * (upper.float() - b + (lower == upper).float()))
    out.scatter_add_(1, upper, probs * (b - lower.float()))
    return out


def c51_loss(
    net: C51Network,
    target: C51Network,
    obs: Float[Tensor, "batch obs_dim"],
    actions: Int64[Tensor, "batch"],
    rewards: Float[Tensor, "batch"],
    next_obs: Float[Tensor, "batch obs_dim"],
    dones: Float[Tensor, "batch"],
) -> Float[Tensor, ""]:
    rows = torch.arange(obs.shape[0], device=obs.device)
    with torch.no_grad():
        best = net.q_values(next_obs).argmax(dim=1)
        probs = target(next_obs)[rows, best].exp()
        projected = project(net, probs, rewards, dones, gamma=0.99)
    return -(projected * net(obs)[rows, actions]).sum(dim=1).mean()
