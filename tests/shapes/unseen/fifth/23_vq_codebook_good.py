"""Vector quantisation of an image encoder's output, with the straight-through estimator."""

import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class VectorQuantizer(rlt.Module):
    def __init__(self, n_codes: int = 512, code_dim: int = 64, beta: float = 0.25) -> None:
        super().__init__()
        self.codebook = nn.Embedding(n_codes, code_dim)
        self.beta = beta

    def nearest(self, flat: Float[Tensor, "n code_dim"]) -> Int64[Tensor, "n"]:
        codes = self.codebook.weight
        distance = flat.pow(2).sum(1, keepdim=True) - 2 * flat @ codes.t() + codes.pow(2).sum(1)
        return distance.argmin(dim=1)

    @rlt.typed
    def forward(
        self, z: Float[Tensor, "batch code_dim h w"]
    ) -> tuple[Float[Tensor, "batch code_dim h w"], Float[Tensor, ""]]:
        b, d, h, w = z.shape
        flat = z.permute(0, 2, 3, 1).reshape(-1, d)
        quantized = self.codebook(self.nearest(flat))
        quantized = quantized.view(b, h, w, d).permute(0, 3, 1, 2)
        loss = F.mse_loss(quantized, z.detach()) + self.beta * F.mse_loss(z, quantized.detach())
        return z + (quantized - z).detach(), loss
