import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class ReturnConditionedPolicy(rlt.Module):
    """A small decision transformer over (return, state, action) triples."""

    def __init__(self, obs_dim: int, n_actions: int, d_model: int = 64, max_len: int = 50) -> None:
        super().__init__()
        self.embed_return = nn.Linear(1, d_model)
        self.embed_obs = nn.Linear(obs_dim, d_model)
        self.embed_action = nn.Embedding(n_actions, d_model)
        self.embed_time = nn.Embedding(max_len, d_model)
        layer = nn.TransformerEncoderLayer(d_model, nhead=4, dim_feedforward=4 * d_model, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=2)
        self.head = nn.Linear(d_model, n_actions)

    def forward(
        self,
        returns: Float[Tensor, "batch steps"],
        obs: Float[Tensor, "batch steps obs_dim"],
        actions: Int64[Tensor, "batch steps"],
    ) -> Float[Tensor, "batch steps n_actions"]:
        batch, steps, _ = obs.shape
        time = self.embed_time(torch.arange(steps, device=obs.device))
        r = self.embed_return(returns) + time  # BUG: returns [batch, steps] lack a feature axis
        s = self.embed_obs(obs) + time
        a = self.embed_action(actions) + time
        tokens = torch.stack([r, s, a], dim=2).reshape(batch, 3 * steps, -1)
        mask = nn.Transformer.generate_square_subsequent_mask(3 * steps)
        h = self.encoder(tokens, mask=mask)
        return self.head(h[:, 1::3])


def imitation_loss(
    model: ReturnConditionedPolicy,
    returns: Float[Tensor, "batch steps"],
    obs: Float[Tensor, "batch steps obs_dim"],
    actions: Int64[Tensor, "batch steps"],
) -> Float[Tensor, ""]:
    logits = model(returns, obs, actions)  # ALSO
    return nn.functional.cross_entropy(logits.flatten(0, 1), actions.flatten())
