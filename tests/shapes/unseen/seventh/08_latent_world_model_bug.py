import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class LatentDynamics(rlt.Module):
    """One step of a recurrent state-space model with categorical latents."""

    def __init__(self, action_dim: int, deter: int = 200, groups: int = 16, classes: int = 8) -> None:
        super().__init__()
        self.groups, self.classes = groups, classes
        self.inp = nn.Linear(groups + action_dim, deter)  # BUG: the flattened latent has groups * classes features
        self.cell = nn.GRUCell(deter, deter)
        self.prior = nn.Linear(deter, groups * classes)
        self.reward = nn.Linear(deter + groups * classes, 1)

    def forward(
        self,
        stoch: Float[Tensor, "batch groups classes"],
        action: Float[Tensor, "batch action_dim"],
        h: Float[Tensor, "batch deter"],
    ) -> tuple[Float[Tensor, "batch groups classes"], Float[Tensor, "batch deter"], Float[Tensor, "batch"]]:
        x = torch.cat([stoch.flatten(1), action], dim=-1)
        h = self.cell(F.elu(self.inp(x)), h)  # ALSO
        logits = self.prior(h).view(-1, self.groups, self.classes)
        sample = F.gumbel_softmax(logits, hard=True, dim=-1)
        reward = self.reward(torch.cat([h, sample.flatten(1)], dim=-1))
        return sample, h, reward.squeeze(-1)


def imagine(
    model: LatentDynamics,
    stoch: Float[Tensor, "batch groups classes"],
    h: Float[Tensor, "batch deter"],
    actions: Float[Tensor, "horizon batch action_dim"],
) -> Float[Tensor, "horizon batch"]:
    rewards = []
    for action in actions:
        stoch, h, reward = model(stoch, action, h)  # ALSO
        rewards.append(reward)
    return torch.stack(rewards)
