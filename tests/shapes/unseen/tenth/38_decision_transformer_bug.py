"""A Decision Transformer: returns, states and actions interleaved as tokens."""

import torch
from torch import nn
from torch.nn import functional as F

import rlt
from rlt.types import Float, Int64, Tensor


def causal_mask(length: int) -> Tensor:
    return torch.triu(torch.ones(length, length, dtype=torch.bool), diagonal=1)


class DecisionTransformer(rlt.Module):
    def __init__(self, state_dim: int, act_dim: int, dim: int = 64, layers: int = 2, max_steps: int = 1000) -> None:
        super().__init__()
        self.embed_return = nn.Linear(1, dim)
        self.embed_state = nn.Linear(state_dim, dim)
        self.embed_action = nn.Linear(act_dim, dim)
        self.embed_step = nn.Embedding(max_steps, dim)
        layer = nn.TransformerEncoderLayer(dim, nhead=4, dim_feedforward=4 * dim, batch_first=True)
        self.transformer = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.predict_action = nn.Linear(dim, act_dim)

    def forward(
        self,
        returns: Float[Tensor, "batch time"],
        states: Float[Tensor, "batch time state_dim"],
        actions: Float[Tensor, "batch time act_dim"],
        steps: Int64[Tensor, "batch time"],
    ) -> Float[Tensor, "batch time act_dim"]:
        batch, time = returns.shape
        position = self.embed_step(steps)
        tokens = torch.stack(
            (
                self.embed_return(returns.unsqueeze(-1)) + position,
                self.embed_state(states) + position,
                self.embed_action(actions) + position,
            ),
            dim=2,
        )
        x = tokens.reshape(batch, 3 * time, -1)
        x = self.transformer(x, mask=causal_mask(3 * time))
        x = x.reshape(batch, time, 3, -1)
        from_state = x[:, 1]  # BUG: the second time step, not the state token of every step (x[:, :, 1])
        return torch.tanh(self.predict_action(from_state))  # ALSO


def behaviour_loss(
    model: DecisionTransformer,
    returns: Float[Tensor, "batch time"],
    states: Float[Tensor, "batch time s"],
    actions: Float[Tensor, "batch time a"],
    steps: Int64[Tensor, "batch time"],
) -> Float[Tensor, ""]:
    return F.mse_loss(model(returns, states, actions, steps), actions)  # ALSO
