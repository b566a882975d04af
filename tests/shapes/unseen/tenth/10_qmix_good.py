"""QMIX: a monotonic mixing network over the values of several agents."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Int64, Tensor
from torch import nn


class AgentNet(rlt.Module):
    """One network that all agents share."""

    def __init__(self, obs_dim: int, n_actions: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(obs_dim, 64)
        self.fc2 = nn.Linear(64, n_actions)

    def forward(self, obs: Float[Tensor, "batch agents obs_dim"]) -> Float[Tensor, "batch agents n_actions"]:
        return self.fc2(F.relu(self.fc1(obs)))


class Mixer(rlt.Module):
    def __init__(self, n_agents: int, state_dim: int, embed: int = 32) -> None:
        super().__init__()
        self.n_agents, self.embed = n_agents, embed
        self.hyper_w1 = nn.Linear(state_dim, n_agents * embed)
        self.hyper_b1 = nn.Linear(state_dim, embed)
        self.hyper_w2 = nn.Sequential(nn.Linear(state_dim, 64), nn.ReLU(), nn.Linear(64, embed))
        self.hyper_b2 = nn.Sequential(nn.Linear(state_dim, embed), nn.ReLU(), nn.Linear(embed, 1))

    def forward(
        self, qs: Float[Tensor, "batch n_agents"], state: Float[Tensor, "batch state_dim"]
    ) -> Float[Tensor, "batch"]:
        w1 = self.hyper_w1(state).abs().view(-1, self.n_agents, self.embed)
        b1 = self.hyper_b1(state).unsqueeze(1)
        h = F.elu(torch.bmm(qs.unsqueeze(1), w1) + b1)
        w2 = self.hyper_w2(state).abs().unsqueeze(-1)
        b2 = self.hyper_b2(state).unsqueeze(1)
        return (torch.bmm(h, w2) + b2).view(-1)


def joint_value(
    agents: AgentNet,
    mixer: Mixer,
    obs: Float[Tensor, "batch agents obs_dim"],
    actions: Int64[Tensor, "batch agents"],
    state: Float[Tensor, "batch state_dim"],
) -> Float[Tensor, "batch"]:
    chosen = agents(obs).gather(2, actions.unsqueeze(-1)).squeeze(-1)
    return mixer(chosen, state)


def qmix_loss(
    agents: AgentNet, mixer: Mixer, obs: Tensor, actions: Tensor, state: Tensor, target: Float[Tensor, "batch"]
) -> Float[Tensor, ""]:
    error = joint_value(agents, mixer, obs, actions, state) - target
    return error.pow(2).mean()
