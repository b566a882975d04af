import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class VAE(rlt.Module):
    def __init__(self, x_dim: int, z_dim: int, h_dim: int = 100) -> None:
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(x_dim, h_dim), nn.ReLU(), nn.Linear(h_dim, z_dim))  # BUG: mean and log-variance need 2 * z_dim
        self.dec = nn.Sequential(nn.Linear(z_dim, h_dim), nn.ReLU(), nn.Linear(h_dim, x_dim))

    @rlt.typed
    def forward(
        self, x: Float[Tensor, "batch x_dim"]
    ) -> tuple[Float[Tensor, "batch x_dim"], Float[Tensor, "batch"]]:
        mu, logvar = self.enc(x).chunk(2, dim=-1)  # ALSO
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)
        kl = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(dim=-1)
        return torch.sigmoid(self.dec(z)), kl  # ALSO


def example() -> object:
    return VAE(30, 6)(torch.rand(4, 30))
