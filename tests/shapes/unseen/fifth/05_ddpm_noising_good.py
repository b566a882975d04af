"""The training side of a denoising diffusion model: noising schedule and loss."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


def extract(table: Tensor, t: Tensor) -> Tensor:
    """The table's entry for every example, ready to be multiplied with images."""
    return table[t].view(-1, 1, 1, 1)


class Diffusion(rlt.Module):
    def __init__(self, denoiser: nn.Module, steps: int = 1000) -> None:
        super().__init__()
        self.denoiser = denoiser
        betas = torch.linspace(1e-4, 0.02, steps)
        alphas_bar = torch.cumprod(1.0 - betas, dim=0)
        self.register_buffer("signal", alphas_bar.sqrt())
        self.register_buffer("noise_level", (1.0 - alphas_bar).sqrt())

    @rlt.typed
    def q_sample(
        self,
        x0: Float[Tensor, "batch channels height width"],
        t: Int64[Tensor, "batch"],
        noise: Float[Tensor, "batch channels height width"],
    ) -> Float[Tensor, "batch channels height width"]:
        return extract(self.signal, t) * x0 + extract(self.noise_level, t) * noise

    @rlt.typed
    def forward(
        self, x0: Float[Tensor, "batch channels height width"], t: Int64[Tensor, "batch"]
    ) -> Float[Tensor, ""]:
        noise = torch.randn_like(x0)
        noisy = self.q_sample(x0, t, noise)
        return F.mse_loss(self.denoiser(noisy, t), noise)
