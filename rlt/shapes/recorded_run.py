"""A run on meta tensors that remembers which layer made which tensor: what messages and summaries are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from rlt.shapes.example_inputs import tensors_inside
from rlt.shapes.meta_run import MetaRun, current_run, tensors_of
from rlt.shapes.rules import LAYERS


@dataclass
class Event:
    """One call of a module."""

    path: str
    module: nn.Module
    inputs: list[Tensor]
    outputs: list[Tensor] = field(default_factory=list)
    depth: int = 0

    @property
    def keeps_shape(self) -> bool:
        layer = LAYERS.get(type(self.module).__name__)
        return layer is not None and layer.keeps_shape and not isinstance(self.module, nn.Embedding)


class RecordedRun(MetaRun):
    """A `MetaRun` with `events` (every module called), `open` (those not finished) and the origin of every tensor."""

    def __init__(self, network: nn.Module, sizes: Mapping[str, int], free: frozenset[str]) -> None:
        super().__init__(network, sizes, free)
        self.paths = {id(m): path for path, m in network.named_modules(remove_duplicate=False)}
        self.events: list[Event] = []
        self.open: list[Event] = []
        self.origin: dict[int, Event | tuple[str, Tensor]] = {}
        """What made a tensor: a layer's call, or a function and the tensor that it was given."""
        self.blocks: dict[int, Event] = {}
        """Which block, that is none of torch's layers, gave a tensor last."""
        self.kept: list[Tensor] = []  # so that an id means one tensor

    def run(self, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        hooks = [register_module_forward_pre_hook(self.before), register_module_forward_hook(self.after)]
        try:
            return super().run(function, *args, **options)
        finally:
            for hook in hooks:
                hook.remove()

    def before(self, module: nn.Module, inputs: Any) -> None:
        if current_run() is not self:
            return  # another thread's module
        event = Event(self.paths.get(id(module), "?"), module, list(tensors_inside(inputs)), depth=len(self.open))
        self.events.append(event)
        self.open.append(event)

    def after(self, module: nn.Module, inputs: Any, output: Any) -> None:
        if current_run() is not self:
            return
        event = self.open.pop()
        event.outputs = list(tensors_inside(output))
        given = {id(t) for t in event.inputs}
        is_layer = type(module).__module__.startswith("torch.nn") and not isinstance(module, (nn.Sequential, nn.Identity))
        for t in event.outputs:
            if is_layer and id(t) not in given:
                self.kept.append(t)
                self.origin[id(t)] = event
            elif module is not self.network and not is_layer and id(t) not in given:
                self.kept.append(t)
                self.blocks[id(t)] = event

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        answer = super().__torch_function__(function, types, args, kwargs)
        made = [t for t in tensors_inside(answer) if t.is_meta] if not isinstance(answer, (int, bool, float, str)) else []
        given = tensors_of(args)
        for t in made:
            if given and t is not given[0] and id(t) not in self.origin:
                self.kept += [t, given[0]]
                self.origin[id(t)] = (getattr(function, "__name__", "?"), given[0])
        return answer

    def source_of(self, t: Tensor) -> tuple[Event | None, list[str]]:
        """The layer that gave a tensor its shape, and the functions and layers between, first to last.

        Where no layer did, the block nearest to it that gave the tensor."""
        between: list[str] = []
        block: tuple[Event | None, list[str]] | None = None
        for _ in range(200):
            made = self.origin.get(id(t))
            if block is None and id(t) in self.blocks:
                block = self.blocks[id(t)], between[::-1]
            if made is None:
                return block or (None, between[::-1])
            if isinstance(made, Event):
                if not made.keeps_shape or not made.inputs:
                    return made, between[::-1]
                between.append(type(made.module).__name__)
                t = made.inputs[0]
            else:
                name, t = made
                if not name.startswith("__") and not (between and between[-1] == name):
                    between.append(name)
        return block or (None, between[::-1])
