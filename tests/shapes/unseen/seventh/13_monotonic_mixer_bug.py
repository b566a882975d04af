import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class MonotonicMixer(rlt.Module):
    """Mixes the agents' values into a joint one, with weights from the global state."""

    def __init__(self, n_agents: int, state_dim: int, embed: int = 32) -> None:
        super().__init__()
        self.n_agents = n_agents
        self.embed = embed
        self.hyper_w1 = nn.Linear(state_dim, n_agents * embed)
        self.hyper_b1 = nn.Linear(state_dim, embed)
        self.hyper_w2 = nn.Linear(state_dim, embed)
        self.hyper_b2 = nn.Sequential(nn.Linear(state_dim, embed), nn.ReLU(), nn.Linear(embed, 1))

    def forward(
        self, agent_q: Float[Tensor, "batch n_agents"], state: Float[Tensor, "batch state_dim"]
    ) -> Float[Tensor, "batch"]:
        batch = agent_q.shape[0]
        w1 = self.hyper_w1(state).abs().view(batch, self.embed, self.n_agents)  # BUG: agents and embedding are swapped
        b1 = self.hyper_b1(state).unsqueeze(1)
        h = F.elu(torch.bmm(agent_q.unsqueeze(1), w1) + b1)  # ALSO
        w2 = self.hyper_w2(state).abs().unsqueeze(-1)
        q = torch.bmm(h, w2).squeeze(-1).squeeze(-1)
        return q + self.hyper_b2(state).squeeze(-1)


def mixer_loss(
    mixer: MonotonicMixer,
    agent_q: Float[Tensor, "batch n_agents"],
    state: Float[Tensor, "batch state_dim"],
    target: Float[Tensor, "batch"],
) -> Float[Tensor, ""]:
    return F.mse_loss(mixer(agent_q, state), target)  # ALSO
