"""All parameters of a network in one buffer, their gradients in another; the network keeps seeing them, as views.

Clipping and the optimiser then work on one tensor instead of on a list. The flat buffer is storage only: gradients are
taken with respect to the parameters themselves and gathered in the gradient buffer (a gradient with respect to the
buffer would pad every slice to full size).
"""

from __future__ import annotations

import torch
from torch import nn

from rlt.errors import ConfigError
from rlt.types import Float, Tensor


class FlatParameters:
    """Moves the parameters of `module` that require a gradient into one buffer. Tied parameters count once; all must have
    one dtype and device."""

    def __init__(self, module: nn.Module) -> None:
        named = [(name, p) for name, p in module.named_parameters() if p.requires_grad]
        self.names = [name for name, _ in named]
        self.parameters = [p for _, p in named]
        self.shapes = [p.shape for p in self.parameters]
        self.sizes = [p.numel() for p in self.parameters]
        kinds = {(p.dtype, p.device) for p in self.parameters}
        if not kinds:
            raise ConfigError("the network has no parameters that require a gradient")
        if len(kinds) > 1:
            found = ", ".join(sorted(f"{dtype} on {device}" for dtype, device in kinds))
            raise ConfigError("one optimiser holds parameters of several kinds", f"expected one dtype and device, got {found}")
        self._allocate()

    def _allocate(self) -> None:
        self.buffer: Float[Tensor, "size"] = torch.cat([p.detach().reshape(-1) for p in self.parameters])
        self.gradient: Float[Tensor, "size"] = torch.zeros_like(self.buffer)
        pieces = zip(self.parameters, self.buffer.split(self.sizes), self.gradient.split(self.sizes))
        for p, value, gradient in pieces:
            p.data, p.grad = value.view(p.shape), gradient.view(p.shape)
        self._addresses = [(p.data_ptr(), p.grad.data_ptr()) for p in self.parameters if p.grad is not None]

    def views(self, buffer: Float[Tensor, "size"]) -> dict[str, Tensor]:
        """Each parameter by name, as a view of `buffer`."""
        return {name: part.view(shape) for name, part, shape in zip(self.names, buffer.split(self.sizes), self.shapes)}

    @torch.no_grad()
    def gather(self) -> bool:
        """Takes parameters that were replaced from outside (`.to()`, `load_state_dict(assign=True)`, a gradient set to None)
        back into a new buffer; says whether there were any."""
        now = [(p.data_ptr(), -1 if p.grad is None else p.grad.data_ptr()) for p in self.parameters]
        if now == self._addresses:
            return False
        self._allocate()
        return True
