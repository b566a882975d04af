"""All parameters of a network in one buffer, their gradients in another; the network keeps seeing them, as views.

Clipping and the optimiser then work on one tensor instead of on a list. The flat buffer is storage only: gradients are
taken with respect to the parameters themselves and gathered in the gradient buffer (a gradient with respect to the
buffer would pad every slice to full size).
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from rlt.errors import ConfigError
from rlt.types import Float, Tensor


class FlatParameters:
    """Moves `parameters` into one buffer. Tied parameters count once; all must have one dtype and device."""

    def __init__(self, parameters: Iterable[nn.Parameter]) -> None:
        self.parameters = list(dict.fromkeys(p for p in parameters if p.requires_grad))
        kinds = {(p.dtype, p.device) for p in self.parameters}
        if not kinds:
            raise ConfigError("the network has no parameters that require a gradient")
        if len(kinds) > 1:
            found = ", ".join(sorted(f"{dtype} on {device}" for dtype, device in kinds))
            raise ConfigError("one optimiser holds parameters of several kinds", f"expected one dtype and device, got {found}")
        self.buffer: Float[Tensor, "size"] = torch.cat([p.detach().reshape(-1) for p in self.parameters])
        self.gradient: Float[Tensor, "size"] = torch.zeros_like(self.buffer)
        self._addresses: list[int] = []
        self._attach()

    def _attach(self) -> None:
        sizes = [p.numel() for p in self.parameters]
        for p, value, gradient in zip(self.parameters, self.buffer.split(sizes), self.gradient.split(sizes)):
            p.data, p.grad = value.view(p.shape), gradient.view(p.shape)
        self._addresses = [p.data_ptr() for p in self.parameters]

    @torch.no_grad()
    def gather(self, parameters: Iterable[nn.Parameter]) -> bool:
        """Takes parameters that were replaced from outside (`.to()`, `load_state_dict(assign=True)`) back into the buffer, and
        says whether there were any.

        `parameters` are the network's as they are now: an assignment makes new ones."""
        self.parameters = list(dict.fromkeys(p for p in parameters if p.requires_grad))
        replaced = len(self.parameters) != len(self._addresses) or any(
            p.data_ptr() != a or p.grad is None for p, a in zip(self.parameters, self._addresses)
        )
        if not self.parameters:
            raise ConfigError("the network has no parameters that require a gradient")
        if replaced:
            device = self.parameters[0].device
            self.buffer = torch.cat([p.detach().reshape(-1) for p in self.parameters]).to(self.buffer.dtype)
            self.gradient = torch.zeros_like(self.buffer, device=device)
            self._attach()
        return replaced
