"""An actor for MultiDiscrete action spaces: one categorical per component."""

import torch
from torch import nn
from torch.distributions import Categorical

import rlt
from rlt.types import Float, Int64, Tensor

NVEC = (3, 3, 5, 2)


def build_mlp(sizes: list[int], activation: type[nn.Module] = nn.Tanh) -> nn.Sequential:
    net = nn.Sequential()
    for i in range(len(sizes) - 1):
        net.append(nn.Linear(sizes[i], sizes[i + 1]))
        net.append(activation())
    return net


class MultiDiscreteActor(rlt.Module):
    def __init__(self, obs_dim: int, width: int = 64) -> None:
        super().__init__()
        self.body = build_mlp([obs_dim, width, width])
        self.head = nn.Linear(width, sum(NVEC))
        nn.init.orthogonal_(self.head.weight, 0.01)

    def distributions(self, obs: Tensor) -> list[Categorical]:
        logits = self.head(self.body(obs))
        return [Categorical(logits=part) for part in torch.split(logits, NVEC, dim=-1)]

    @torch.no_grad()
    def act(self, obs: Float[Tensor, "batch obs_dim"]) -> Int64[Tensor, "batch 4"]:
        return torch.stack([d.sample() for d in self.distributions(obs)], dim=-1)

    def log_prob(
        self, obs: Float[Tensor, "batch obs_dim"], action: Int64[Tensor, "batch 4"]
    ) -> tuple[Float[Tensor, "batch"], Float[Tensor, "batch"]]:
        dists = self.distributions(obs)
        log_probs = [d.log_prob(a) for d, a in zip(dists, action.unbind(dim=-1))]
        entropies = [d.entropy() for d in dists]
        return torch.stack(log_probs).sum(dim=0), torch.stack(entropies).sum(dim=0)


def policy_loss(
    actor: MultiDiscreteActor,
    obs: Float[Tensor, "batch obs_dim"],
    action: Int64[Tensor, "batch 4"],
    advantage: Float[Tensor, "batch"],
) -> Float[Tensor, ""]:
    log_prob, entropy = actor.log_prob(obs, action)
    return -(log_prob * advantage + 0.01 * entropy).mean()
