"""QMIX: agents with shared weights and a monotonic mixing network."""
from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import rlt
from rlt.types import Float, Int64


class AgentNet(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 64) -> None:
        super().__init__()
        self.fc = nn.Linear(obs_dim, hidden)
        self.q = nn.Linear(hidden, n_actions)

    def forward(self, obs: Float[Tensor, "batch agents obs_dim"]) -> Float[Tensor, "batch agents n_actions"]:
        return self.q(F.relu(self.fc(obs)))


class Mixer(rlt.Module):
    def __init__(self, n_agents: int, state_dim: int, embed: int = 32) -> None:
        super().__init__()
        self.n_agents = n_agents
        self.embed = embed
        self.hyper_w1 = nn.Linear(state_dim, n_agents * embed)
        self.hyper_b1 = nn.Linear(state_dim, embed)
        self.hyper_w2 = nn.Linear(state_dim, embed)
        self.hyper_b2 = nn.Sequential(nn.Linear(state_dim, embed), nn.ReLU(), nn.Linear(embed, 1))

    def forward(
        self, qs: Float[Tensor, "batch n_agents"], state: Float[Tensor, "batch state_dim"]
    ) -> Float[Tensor, "batch"]:
        w1 = self.hyper_w1(state).abs().view(-1, self.embed, self.n_agents)  # BUG: n_agents is the inner size of bmm
        b1 = self.hyper_b1(state).unsqueeze(1)
        hidden = F.elu(torch.bmm(qs.unsqueeze(1), w1) + b1)  # ALSO
        w2 = self.hyper_w2(state).abs().unsqueeze(-1)
        total = torch.bmm(hidden, w2) + self.hyper_b2(state).unsqueeze(1)
        return total.flatten()


def qmix_loss(
    agent: AgentNet,
    mixer: Mixer,
    obs: Float[Tensor, "b agents obs_dim"],
    state: Float[Tensor, "b state_dim"],
    actions: Int64[Tensor, "b agents"],
    reward: Float[Tensor, "b"],
    next_obs: Float[Tensor, "b agents obs_dim"],
    next_state: Float[Tensor, "b state_dim"],
    gamma: float = 0.99,
) -> Float[Tensor, ""]:
    chosen = agent(obs).gather(-1, actions.unsqueeze(-1)).squeeze(-1)
    with torch.no_grad():
        best = agent(next_obs).amax(dim=-1)
        target = reward + gamma * mixer(best, next_state)
    return F.mse_loss(mixer(chosen, state), target)
