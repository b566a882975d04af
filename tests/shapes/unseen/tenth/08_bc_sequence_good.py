"""Behaviour cloning of discrete actions from demonstrations with a GRU."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Int64, Tensor
from torch import nn

N_BUTTONS = 9


class Cloner(rlt.Module):
    def __init__(self, obs_dim: int, embed: int = 32, hidden: int = 64) -> None:
        super().__init__()
        self.previous = nn.Embedding(N_BUTTONS, embed)
        self.encode = nn.Linear(obs_dim, embed)
        self.rnn = nn.GRU(2 * embed, hidden, batch_first=True)
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(hidden, N_BUTTONS)

    def forward(
        self, obs: Float[Tensor, "batch time obs_dim"], previous: Int64[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time 9"]:
        x = torch.cat((F.gelu(self.encode(obs)), self.previous(previous)), dim=-1)
        features, _ = self.rnn(x)
        return self.head(self.dropout(features))


def shift_right(actions: Tensor) -> Tensor:
    start = torch.zeros_like(actions[:, :1])
    return torch.cat((start, actions[:, :-1]), dim=1)


def bc_loss(
    model: Cloner,
    obs: Float[Tensor, "batch time obs_dim"],
    actions: Int64[Tensor, "batch time"],
    weights: Float[Tensor, "batch"],
) -> Float[Tensor, ""]:
    logits = model(obs, shift_right(actions))
    losses = F.cross_entropy(logits.transpose(1, 2), actions, reduction="none")
    return (losses.mean(dim=1) * weights).sum() / weights.sum()


@torch.no_grad()
def accuracy(
    model: Cloner, obs: Float[Tensor, "batch time obs_dim"], actions: Int64[Tensor, "batch time"]
) -> Float[Tensor, ""]:
    model.eval()
    predicted = model(obs, shift_right(actions)).argmax(dim=-1)
    return (predicted == actions).float().mean()


def fit_step(
    model: Cloner, optimiser: torch.optim.Optimizer, obs: Tensor, actions: Tensor, weights: Tensor
) -> float:
    optimiser.zero_grad(set_to_none=True)
    loss = bc_loss(model, obs, actions, weights)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    return loss.item()
