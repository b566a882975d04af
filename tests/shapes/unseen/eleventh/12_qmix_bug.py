"""QMIX: per-agent utilities mixed monotonically by a hypernetwork of the global state."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class AgentQ(rlt.Module):
    """One utility network that all agents share."""

    def __init__(self, obs_dim: int, n_actions: int, width: int = 64) -> None:
        super().__init__()
        self.fc1 = nn.Linear(obs_dim, width)
        self.fc2 = nn.Linear(width, n_actions)

    def forward(self, obs: Float[Tensor, "batch agents obs_dim"]) -> Float[Tensor, "batch agents n_actions"]:
        return self.fc2(F.relu(self.fc1(obs)))


class Mixer(rlt.Module):
    def __init__(self, n_agents: int, state_dim: int, embed: int = 32) -> None:
        super().__init__()
        self.n_agents, self.embed = n_agents, embed
        self.w1 = nn.Linear(state_dim, n_agents * embed)
        self.b1 = nn.Linear(state_dim, embed)
        self.w2 = nn.Linear(state_dim, embed)
        self.b2 = nn.Sequential(nn.Linear(state_dim, embed), nn.ReLU(), nn.Linear(embed, 1))

    def forward(
        self, utilities: Float[Tensor, "batch n_agents"], state: Float[Tensor, "batch state_dim"]
    ) -> Float[Tensor, "batch"]:
        w1 = self.w1(state).abs().view(-1, self.embed, self.n_agents)  # BUG: the mixing matrix must be (n_agents, embed)
        b1 = self.b1(state).unsqueeze(1)
        hidden = F.elu(torch.bmm(utilities.unsqueeze(1), w1) + b1)  # ALSO
        w2 = self.w2(state).abs().unsqueeze(2)
        total = torch.bmm(hidden, w2).squeeze(2) + self.b2(state)
        return total.squeeze(1)


def qmix_loss(
    agents: AgentQ,
    mixer: Mixer,
    obs: Float[Tensor, "batch n_agents obs_dim"],
    state: Float[Tensor, "batch state_dim"],
    actions: Int64[Tensor, "batch n_agents"],
    target: Float[Tensor, "batch"],
) -> Float[Tensor, ""]:
    q = agents(obs)
    chosen = q.gather(2, actions.unsqueeze(-1)).squeeze(-1)
    total = mixer(chosen, state)  # ALSO
    return F.mse_loss(total, target)
