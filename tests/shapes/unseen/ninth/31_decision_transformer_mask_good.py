"""Decision Transformer: returns-to-go, states and actions as one interleaved causal sequence."""

import rlt
import torch
from rlt.types import Bool, Float, Int64, Tensor
from torch import nn


class CausalAttention(nn.Module):
    def __init__(self, d_model: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(d_model, 3 * d_model)
        self.proj = nn.Linear(d_model, d_model)

    def split(self, x: Tensor) -> Tensor:
        b, t, d = x.shape
        return x.view(b, t, self.heads, d // self.heads).transpose(1, 2)

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        b, t, d = x.shape
        q, k, v = (self.split(part) for part in self.qkv(x).chunk(3, dim=-1))
        scores = q @ k.transpose(-2, -1) * (d // self.heads) ** -0.5
        causal = torch.ones(t, t, dtype=torch.bool, device=x.device).tril()
        allowed = causal & valid[:, None, None, :]
        weights = scores.masked_fill(~allowed, -1e9).softmax(dim=-1)
        out: Tensor = self.proj((weights @ v).transpose(1, 2).reshape(b, t, d))
        return out


class Layer(nn.Module):
    def __init__(self, d_model: int, heads: int) -> None:
        super().__init__()
        self.attn = CausalAttention(d_model, heads)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))
        self.ln1, self.ln2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        x = x + self.attn(self.ln1(x), valid)
        return x + self.mlp(self.ln2(x))


class DecisionTransformer(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, d_model: int = 64, heads: int = 4, depth: int = 2) -> None:
        super().__init__()
        self.rtg = nn.Linear(1, d_model)
        self.state = nn.Linear(obs_dim, d_model)
        self.action = nn.Embedding(n_actions, d_model)
        self.layers = nn.ModuleList([Layer(d_model, heads) for _ in range(depth)])
        self.head = nn.Linear(d_model, n_actions)

    def forward(
        self,
        rtg: Float[Tensor, "batch time"],
        obs: Float[Tensor, "batch time obs_dim"],
        actions: Int64[Tensor, "batch time"],
        valid: Bool[Tensor, "batch time"],
    ) -> Float[Tensor, "batch time n_actions"]:
        b, t = rtg.shape
        tokens = torch.stack([self.rtg(rtg.unsqueeze(-1)), self.state(obs), self.action(actions)], dim=2)
        x = tokens.reshape(b, 3 * t, -1)
        keep = valid.repeat_interleave(3, dim=1)
        for layer in self.layers:
            x = layer(x, keep)
        return self.head(x[:, 1::3])
