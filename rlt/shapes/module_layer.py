"""A live `torch.nn` layer as its rule sees it: the constructor's arguments, read back from the object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from rlt.shapes.meta_run import dtype_name
from rlt.shapes.rules import LAYERS, TensorSpec
from rlt.shapes.rules.problem import UNKNOWN
from rlt.shapes.shape import Shape

_OTHER_NAMES = {
    "num_parameters": lambda m: m.weight.numel(),
    "nhead": lambda m: m.self_attn.num_heads,
    "d_model": lambda m: m.self_attn.embed_dim,
    "dim_feedforward": lambda m: m.linear1.out_features,
}
_ONLY_IN_TRANSFORMERS = ("nhead", "d_model", "dim_feedforward")


def arguments_of(module: nn.Module) -> dict[str, Any]:
    """The arguments that the layer was made with, `UNKNOWN` where it does not keep one."""
    layer = LAYERS[type(module).__name__]
    out: dict[str, Any] = {}
    for key in layer.parameters:
        if key in _ONLY_IN_TRANSFORMERS and not hasattr(module, "self_attn"):
            continue
        if key == "batch_first" and hasattr(module, "self_attn"):
            out[key] = module.self_attn.batch_first  # type: ignore[union-attr]
        elif key in _OTHER_NAMES:
            out[key] = _OTHER_NAMES[key](module)
        else:
            out[key] = getattr(module, key, UNKNOWN)
    if "dtype" in layer.parameters:
        weight = next((p for p in module.parameters() if p.is_floating_point()), None)
        out["dtype"] = dtype_name(weight.dtype) if weight is not None else None
    for key in ("kdim", "vdim"):  # kept as embed_dim where they were not given
        if key in out and out[key] == out["embed_dim"]:
            out[key] = None
    if "bias" in out:
        out["bias"] = out["bias"] is not None and out["bias"] is not False
    return {k: tuple(v) if isinstance(v, torch.Size) else v for k, v in out.items() if k not in ("device",)}


def describe(module: nn.Module) -> str:
    """`Conv2d(3, 16, 3, stride=2)`; for a module without a rule, its class."""
    layer = LAYERS.get(type(module).__name__)
    return layer.describe(arguments_of(module)) if layer is not None and layer.parameters else f"{type(module).__name__}()"


def made_anew(path: str, module: nn.Module, arguments: dict[str, Any]) -> str:
    """`fc = nn.Linear(64, 4)`: the layer at `path` with other arguments. A network that is one layer has no name."""
    name = f"layer {path}" if path.isdigit() else path
    return f"{name} = " * bool(name) + f"nn.{LAYERS[type(module).__name__].describe(arguments)}"


def spec_for_message(t: Tensor, spell: Callable[[tuple[int, ...]], str] | None) -> Any:
    """The tensor for a rule; or, with `spell`, in words: `float32 (batch, 3)`."""
    if spell is not None:
        return f"{dtype_name(t.dtype)} {spell(tuple(t.shape))}"
    return TensorSpec(Shape(tuple(t.shape)), dtype_name(t.dtype))
