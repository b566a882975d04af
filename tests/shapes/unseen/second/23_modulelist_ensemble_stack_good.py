import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class DynamicsEnsemble(rlt.Module):
    """Probabilistic ensemble for model-based RL (means only)."""

    def __init__(self, obs_dim: int, act_dim: int, n_models: int = 5) -> None:
        super().__init__()
        self.models = nn.ModuleList(
            [
                nn.Sequential(nn.Linear(obs_dim + act_dim, 50), nn.SiLU(), nn.Linear(50, obs_dim))
                for _ in range(n_models)
            ]
        )

    @rlt.typed
    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], act: Float[Tensor, "batch act_dim"]
    ) -> Float[Tensor, "batch n_models obs_dim"]:
        x = torch.cat([obs, act], dim=-1)
        deltas = [m(x) for m in self.models]
        return obs.unsqueeze(1) + torch.stack(deltas, dim=1)


def example() -> object:
    return DynamicsEnsemble(6, 2)(torch.randn(8, 6), torch.randn(8, 2))
