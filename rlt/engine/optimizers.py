"""Optimisers over one flat buffer, with torch's numbers.

Each is a frozen dataclass of its constants with two methods: `initial_state` and `step`, which is pure: new parameters and
state come out, nothing is written to. So one formula serves the eager step and the compiled one. No state tensor is 0-d:
in-place writes to one can be lost under `torch.compile`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import torch

import rlt
from rlt.types import Float, Tensor

OptimizerState: TypeAlias = dict[str, Tensor]
Updated: TypeAlias = tuple[Tensor, OptimizerState]


class Optimizer(Protocol):
    """A rule that turns a gradient into new parameters."""

    def initial_state(self, parameters: Float[Tensor, "size"]) -> OptimizerState:
        """The state before the first step, on the device of `parameters`."""

    def step(
        self,
        parameters: Float[Tensor, "size"],
        gradient: Float[Tensor, "size"],
        state: OptimizerState,
        learning_rate: Float[Tensor, "1"],
    ) -> Updated:
        """New parameters and state."""

    def step_in_place(
        self, parameters: Tensor, gradient: Tensor, state: OptimizerState, learning_rate: Tensor, scale: Tensor | None
    ) -> bool:
        """The same as one kernel that passes over memory once, the gradient times `scale`; False, and nothing is done, where
        there is none."""


class _NoKernel:
    """An optimiser for which torch has no fused kernel on every device."""

    def step_in_place(
        self, parameters: Tensor, gradient: Tensor, state: OptimizerState, learning_rate: Tensor, scale: Tensor | None
    ) -> bool:
        """False: `step` does it."""
        return False


@rlt.typed
def clip_scale(gradient: Float[Tensor, "size"], max_norm: float | None) -> tuple[Float[Tensor, "1"] | None, Float[Tensor, "1"]]:
    """What `torch.nn.utils.clip_grad_norm_` multiplies one buffer by (None: nothing), and the norm that it has."""
    norm = torch.linalg.vector_norm(gradient).reshape(1)
    return None if max_norm is None else (max_norm / (norm + 1e-6)).clamp(max=1.0), norm


@rlt.typed
def clip_by_norm(gradient: Float[Tensor, "size"], max_norm: float | None) -> tuple[Float[Tensor, "size"], Float[Tensor, "1"]]:
    """`torch.nn.utils.clip_grad_norm_` for one buffer: the scaled gradient, and the norm that it had."""
    scale, norm = clip_scale(gradient, max_norm)
    return gradient if scale is None else gradient * scale, norm


def _counter(parameters: Tensor) -> Tensor:
    return torch.zeros(1, dtype=torch.float64, device=parameters.device)


@dataclass(frozen=True)
class Adam:
    """Kingma and Ba 2015 (arXiv:1412.6980), as `torch.optim.Adam` computes it; with `decoupled`, as `torch.optim.AdamW`
    (Loshchilov and Hutter 2019, arXiv:1711.05101)."""

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    decoupled: bool = False

    @rlt.typed
    def initial_state(self, parameters: Float[Tensor, "size"]) -> OptimizerState:
        return {"moment": torch.zeros_like(parameters), "square": torch.zeros_like(parameters), "step": _counter(parameters)}

    @rlt.typed
    def step(
        self,
        parameters: Float[Tensor, "size"],
        gradient: Float[Tensor, "size"],
        state: OptimizerState,
        learning_rate: Float[Tensor, "1"],
    ) -> Updated:
        if self.weight_decay and self.decoupled:
            parameters = parameters * (1 - learning_rate.to(parameters.dtype) * self.weight_decay)
        elif self.weight_decay:
            gradient = gradient.add(parameters, alpha=self.weight_decay)
        step = state["step"] + 1
        moment = state["moment"].lerp(gradient, 1 - self.beta1)
        square = (state["square"] * self.beta2).addcmul(gradient, gradient, value=1 - self.beta2)
        size = (learning_rate / (1 - self.beta1**step)).to(parameters.dtype)
        root = (1 - self.beta2**step).sqrt().to(parameters.dtype)
        parameters = parameters - size * (moment / ((square.sqrt() / root) + self.epsilon))
        return parameters, {"moment": moment, "square": square, "step": step}

    def step_in_place(
        self, parameters: Tensor, gradient: Tensor, state: OptimizerState, learning_rate: Tensor, scale: Tensor | None
    ) -> bool:
        """torch's fused kernel, on the CPU as on CUDA."""
        if parameters.device.type not in ("cpu", "cuda"):
            return False
        state["step"].add_(1)
        divisor = None
        if scale is not None and gradient.dtype == torch.float32:
            divisor = scale.reciprocal()
        elif scale is not None:
            gradient.mul_(scale)  # the kernel takes a divisor of float32 alone
        kernel = torch._fused_adamw_ if self.decoupled else torch._fused_adam_
        kernel(
            [parameters], [gradient], [state["moment"]], [state["square"]], [], [state["step"].float()], lr=learning_rate,
            beta1=self.beta1, beta2=self.beta2, weight_decay=self.weight_decay, eps=self.epsilon, amsgrad=False, maximize=False,
            grad_scale=divisor, found_inf=None,
        )
        return True


@dataclass(frozen=True)
class RMSprop(_NoKernel):
    """Hinton's RMSprop, as `torch.optim.RMSprop` computes it."""

    alpha: float = 0.99
    epsilon: float = 1e-8
    momentum: float = 0.0
    centered: bool = False
    weight_decay: float = 0.0

    @rlt.typed
    def initial_state(self, parameters: Float[Tensor, "size"]) -> OptimizerState:
        names = ["square", *(["momentum"] if self.momentum else []), *(["mean"] if self.centered else [])]
        return {name: torch.zeros_like(parameters) for name in names}

    @rlt.typed
    def step(
        self,
        parameters: Float[Tensor, "size"],
        gradient: Float[Tensor, "size"],
        state: OptimizerState,
        learning_rate: Float[Tensor, "1"],
    ) -> Updated:
        if self.weight_decay:
            gradient = gradient.add(parameters, alpha=self.weight_decay)
        new = {"square": (state["square"] * self.alpha).addcmul(gradient, gradient, value=1 - self.alpha)}
        variance = new["square"]
        if self.centered:
            new["mean"] = state["mean"].lerp(gradient, 1 - self.alpha)
            variance = variance.addcmul(new["mean"], new["mean"], value=-1)
        change = gradient / (variance.sqrt() + self.epsilon)
        if self.momentum:
            change = new["momentum"] = state["momentum"] * self.momentum + change
        return parameters - learning_rate.to(parameters.dtype) * change, new


@dataclass(frozen=True)
class SGD(_NoKernel):
    """Stochastic gradient descent with momentum, as `torch.optim.SGD` computes it."""

    momentum: float = 0.0
    dampening: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0

    @rlt.typed
    def initial_state(self, parameters: Float[Tensor, "size"]) -> OptimizerState:
        return {"momentum": torch.zeros_like(parameters), "step": _counter(parameters)} if self.momentum else {}

    @rlt.typed
    def step(
        self,
        parameters: Float[Tensor, "size"],
        gradient: Float[Tensor, "size"],
        state: OptimizerState,
        learning_rate: Float[Tensor, "1"],
    ) -> Updated:
        rate = learning_rate.to(parameters.dtype)
        if self.weight_decay:
            gradient = gradient.add(parameters, alpha=self.weight_decay)
        if not self.momentum:
            return parameters - rate * gradient, {}
        # torch's first step takes the gradient as it is, without dampening: a factor, not a branch on the device's counter.
        fresh = gradient * (1 - self.dampening * (state["step"] > 0).to(gradient.dtype))
        momentum = state["momentum"] * self.momentum + fresh
        change = gradient + self.momentum * momentum if self.nesterov else momentum
        return parameters - rate * change, {"momentum": momentum, "step": state["step"] + 1}
