"""Vector quantisation layer of a VQ-VAE, with straight-through gradients."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class VectorQuantizer(rlt.Module):
    def __init__(self, n_codes: int = 512, code_dim: int = 64, beta: float = 0.25) -> None:
        super().__init__()
        self.beta = beta
        self.codebook = nn.Embedding(n_codes, code_dim)
        nn.init.uniform_(self.codebook.weight, -1 / n_codes, 1 / n_codes)

    def nearest(self, flat: Tensor) -> Tensor:
        codes = self.codebook.weight
        distance = flat.square().sum(1, keepdim=True) - 2 * flat @ codes.t() + codes.square().sum(1)
        return distance.argmin(dim=0)  # BUG: the nearest vector of every code, not the nearest code

    @rlt.typed
    def forward(
        self, z: Float[Tensor, "batch code_dim h w"]
    ) -> tuple[Float[Tensor, "batch code_dim h w"], Int64[Tensor, "batch h w"], Float[Tensor, ""]]:
        b, d, h, w = z.shape
        z = z.permute(0, 2, 3, 1)
        index = self.nearest(z.reshape(-1, d))  # ALSO
        quantized = self.codebook(index).view(b, h, w, d)  # ALSO
        loss = F.mse_loss(quantized, z.detach()) + self.beta * F.mse_loss(z, quantized.detach())
        quantized = z + (quantized - z).detach()
        return quantized.permute(0, 3, 1, 2), index.view(b, h, w), loss  # ALSO


@torch.no_grad()
def code_usage(index: Int64[Tensor, "batch h w"], n_codes: int) -> Float[Tensor, "n_codes"]:
    counts = torch.bincount(index.flatten(), minlength=n_codes).float()
    return counts / counts.sum()
