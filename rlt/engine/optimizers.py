"""Optimisers over one flat buffer, with torch's numbers."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from rlt.types import Float, Tensor


def clip_by_norm(gradient: Float[Tensor, "size"], max_norm: float | None) -> tuple[Float[Tensor, "size"], Float[Tensor, "1"]]:
    """`torch.nn.utils.clip_grad_norm_` for one buffer: the scaled gradient, and the norm that it had."""
    norm = torch.linalg.vector_norm(gradient).reshape(1)
    if max_norm is None:
        return gradient, norm
    return gradient * (max_norm / (norm + 1e-6)).clamp(max=1.0), norm


@dataclass(frozen=True)
class Adam:
    """Kingma and Ba 2015 (arXiv:1412.6980), as `torch.optim.Adam` computes it."""

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def initial_state(self, parameters: Float[Tensor, "size"]) -> dict[str, Tensor]:
        """Moments and step count. No state tensor is 0-d: compiled in-place writes to one can be lost."""
        step = torch.zeros(1, dtype=torch.float64, device=parameters.device)
        return {"moment": torch.zeros_like(parameters), "square": torch.zeros_like(parameters), "step": step}

    def step(
        self,
        parameters: Float[Tensor, "size"],
        gradient: Float[Tensor, "size"],
        state: dict[str, Tensor],
        learning_rate: Float[Tensor, "1"],
    ) -> tuple[Float[Tensor, "size"], dict[str, Tensor]]:
        """New parameters and state. Pure: nothing is written to."""
        step = state["step"] + 1
        moment = state["moment"].lerp(gradient, 1 - self.beta1)
        square = (state["square"] * self.beta2).addcmul(gradient, gradient, value=1 - self.beta2)
        size = (learning_rate / (1 - self.beta1**step)).to(parameters.dtype)
        root = (1 - self.beta2**step).sqrt().to(parameters.dtype)
        parameters = parameters - size * (moment / ((square.sqrt() / root) + self.epsilon))
        return parameters, {"moment": moment, "square": square, "step": step}
