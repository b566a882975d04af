"""QMIX's monotonic mixer: the state gives the weights."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Mixer(rlt.Module):
    def __init__(self, state_dim: int, n_agents: int, embed: int = 32) -> None:
        super().__init__()
        self.n_agents, self.embed = n_agents, embed
        self.hyper_w1 = nn.Linear(state_dim, n_agents * embed)
        self.hyper_b1 = nn.Linear(state_dim, embed)
        self.hyper_w2 = nn.Linear(state_dim, embed)
        self.hyper_b2 = nn.Sequential(nn.Linear(state_dim, embed), nn.ReLU(), nn.Linear(embed, 1))

    @rlt.typed
    def forward(
        self, agent_qs: Float[Tensor, "batch n_agents"], state: Float[Tensor, "batch state_dim"]
    ) -> Float[Tensor, "batch"]:
        batch = agent_qs.size(0)
        w1 = self.hyper_w1(state).abs().view(batch, self.n_agents, self.embed)
        b1 = self.hyper_b1(state).unsqueeze(1)
        hidden = F.elu(torch.bmm(agent_qs.unsqueeze(1), w1) + b1)
        w2 = self.hyper_w2(state).abs().unsqueeze(-1)
        total = torch.bmm(hidden, w2).squeeze(-1) + self.hyper_b2(state)
        return total.squeeze(-1)
