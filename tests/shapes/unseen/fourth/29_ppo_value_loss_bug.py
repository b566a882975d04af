"""The PPO objective on a minibatch."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Int, Tensor


class Agent(nn.Module):
    def __init__(self, obs_dim: int, n_actions: int) -> None:
        super().__init__()
        self.actor = nn.Sequential(nn.Linear(obs_dim, 64), nn.Tanh(), nn.Linear(64, n_actions))
        self.critic = nn.Sequential(nn.Linear(obs_dim, 64), nn.Tanh(), nn.Linear(64, 1))

    def forward(self, obs: Tensor) -> tuple[Tensor, Tensor]:
        return self.actor(obs), self.critic(obs)


@rlt.typed
def ppo_loss(
    logits: Float[Tensor, "mb actions"],
    value: Float[Tensor, "mb 1"],
    action: Int[Tensor, "mb"],
    old_logprob: Float[Tensor, "mb"],
    advantage: Float[Tensor, "mb"],
    returns: Float[Tensor, "mb"],
    clip: float = 0.2,
) -> Float[Tensor, ""]:
    logp_all = logits.log_softmax(dim=-1)
    logprob = logp_all.gather(-1, action[:, None])[:, 0]
    ratio = torch.exp(logprob - old_logprob)
    adv = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
    policy_loss = -torch.min(ratio * adv, ratio.clamp(1 - clip, 1 + clip) * adv).mean()
    value_loss = 0.5 * (value - returns).pow(2).mean()  # BUG: [mb, 1] against [mb]
    entropy = -(logp_all.exp() * logp_all).sum(dim=-1).mean()
    return policy_loss + 0.5 * value_loss - 0.01 * entropy


@rlt.typed
def update(agent: Agent, obs: Float[Tensor, "mb d"], action: Int[Tensor, "mb"], adv: Float[Tensor, "mb"]) -> float:
    logits, value = agent(obs)
    old = torch.log_softmax(logits.detach(), -1).gather(-1, action[:, None])[:, 0]
    loss = ppo_loss(logits, value, action, old, adv, adv + value.detach()[:, 0] + 1.0)
    loss.backward()
    return loss.item()
