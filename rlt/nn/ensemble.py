"""Several networks of one shape, run as one."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.func import functional_call, stack_module_state, vmap

from rlt.errors import ConfigError
from rlt.types import Tensor


class Ensemble(nn.Module):
    """`size` networks whose parameters are stacked: one batched product instead of `size` small ones.

    `build` is called `size` times, so each member has weights of its own. Inputs are shared by all members; outputs have
    a leading dimension `size`. Parameter names are those of a member, each tensor with that leading dimension, so a plain
    checkpoint of one member is a slice. Buffers are stacked likewise and read only: batch norm does not fit in here.
    """

    def __init__(self, build: Callable[[], nn.Module], size: int = 2) -> None:
        super().__init__()
        if size < 1:
            raise ConfigError(f"an ensemble of {size} networks", "expected at least 1")
        members = [build() for _ in range(size)]
        if any(isinstance(part, nn.modules.batchnorm._NormBase) for part in members[0].modules()):
            raise ConfigError(
                f"an ensemble of {type(members[0]).__name__}", "batch norm writes its statistics, which a batched call cannot"
            )
        parameters, buffers = stack_module_state(members)
        self.size = size
        self.member = copy.deepcopy(members[0])
        for name, value in parameters.items():
            owner, leaf = _owner(self.member, name)
            owner._parameters[leaf] = nn.Parameter(value.detach())
        for name, value in buffers.items():
            owner, leaf = _owner(self.member, name)
            owner._buffers[leaf] = value.detach()

    def forward(self, *inputs: Tensor) -> Any:
        """The members' outputs, stacked in front: `[size, …]`."""
        state = {**dict(self.member.named_parameters()), **dict(self.member.named_buffers())}

        def one(values: dict[str, Tensor]) -> Any:
            return functional_call(self.member, values, inputs)

        return vmap(one, randomness="different")(state)

    @torch.no_grad()
    def load_member(self, index: int, state: dict[str, Tensor]) -> None:
        """Sets one member's weights from a plain state_dict of its class."""
        for name, value in self.member.state_dict().items():
            value[index].copy_(state[name])

    def extra_repr(self) -> str:
        """For `repr`."""
        return f"size={self.size}"


def _owner(module: nn.Module, name: str) -> tuple[nn.Module, str]:
    path, _, leaf = name.rpartition(".")
    return (module.get_submodule(path) if path else module), leaf
