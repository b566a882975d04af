"""`rlt.summary`: what a network does, layer by layer, without running it on data."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from rlt.errors import ShapeError
from rlt.shapes.annotation import Signature, names_in, read_signature
from rlt.shapes.build_check import forward_of, given_inputs, recorded_output, refuse_other_things, unchecked_reason
from rlt.shapes.meta_run import CannotRun, NeedsValues
from rlt.shapes.module_layer import describe
from rlt.shapes.names import refuse_unused
from rlt.shapes.recorded_run import Event, RecordedRun
from rlt.shapes.sizes import sizes_of
from rlt.shapes.source import Place, find_layer, user_place


@dataclass(frozen=True)
class Row:
    """One layer, at one call of it."""

    path: str
    layer: str
    """`Linear(64, 4)`."""
    place: str
    """`policy.py:12`; empty where it is not known."""
    inputs: str
    outputs: str
    parameters: int
    """Of this layer; 0 at a second call."""
    multiply_adds: int | None
    """For one call with the sizes shown; None where it depends on a name."""
    per: str = ""
    """The names that the count is per: `batch`."""


@dataclass(frozen=True)
class Summary:
    """Printed as a table; its rows are there for programs."""

    name: str
    rows: tuple[Row, ...]
    parameters: int
    trainable: int
    unchecked: str | None
    """Why the network, or the rest of it, could not be checked; None where all of it was."""

    def __str__(self) -> str:
        head = ("layer", "", "line", "input", "output", "parameters", "multiply-adds")
        table = [head]
        for r in self.rows:
            count = "" if not r.multiply_adds else f"{r.multiply_adds:,}{f' per {r.per}' if r.per else ''}"
            table.append((r.path, r.layer, r.place, r.inputs, r.outputs, f"{r.parameters:,}" if r.parameters else "", count))
        widths = [max(len(row[i]) for row in table) for i in range(len(head))]
        lines = []
        for row in table:
            cells = [c.rjust(w) if i >= 5 else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths))]
            lines.append("  ".join(c for c, w in zip(cells, widths) if w).rstrip())
        frozen = f", {self.trainable:,} of them trainable" if self.trainable != self.parameters else ""
        lines.insert(0, f"{self.name}: {self.parameters:,} parameters{frozen}")
        if self.unchecked is not None:
            lines.append(f"unchecked: {self.unchecked}")
        return "\n".join(lines)


def summary(network: nn.Module, *inputs: Any, name: str = "", **sizes: int) -> Summary:
    """Layers with their source lines, input and output shapes, parameters and multiply-adds; what is unchecked and why.

    `inputs` and `sizes` as for `rlt.check_network`. Multiply-adds count products of weights with inputs, and those of
    attention: `per batch, t` is the count for one element of each of the sizes `batch` and `t`.
    """
    called_from = user_place()
    refuse_other_things(network, "summary")
    signature = given_inputs(network, inputs) if inputs else read_signature(type(network).forward)
    refuse_unused(sizes, names_in(*signature.arguments.values(), signature.result), "summary")
    known = sizes_of(network) | sizes
    run, reason = _record(network, signature, known)
    rows = tuple(_rows(run, network, called_from)) if run is not None else ()
    if not rows:
        rows = tuple(_unrun_rows(network, called_from))
    counts = [(p.numel(), p.requires_grad) for p in network.parameters() if not is_lazy(p)]
    return Summary(
        name or type(network).__name__,
        rows,
        sum(n for n, _ in counts),
        sum(n for n, trains in counts if trains),
        reason,
    )


def _record(network: nn.Module, signature: Signature, known: dict[str, int]) -> tuple[RecordedRun | None, str | None]:
    try:
        run, error = recorded_output(network, signature, known, forward_of(network))
    except CannotRun as problem:
        return None, unchecked_reason(problem)
    if error is None:
        return run, None
    if isinstance(error, NeedsValues):
        return run, unchecked_reason(error)
    if isinstance(error, ShapeError):
        return run, error.what
    return run, f"forward fails: {run.spell_text(str(error).splitlines()[0]) if str(error) else type(error).__name__}"


def _own_parameters(module: nn.Module) -> int:
    return _count(module._parameters.values())


def _count(parameters: Iterable[Tensor | None]) -> int:
    return sum(p.numel() for p in parameters if p is not None and not is_lazy(p))


def _is_leaf(module: nn.Module) -> bool:
    return type(module).__module__.startswith("torch.nn") and (
        not any(True for _ in module.children()) or isinstance(module, nn.MultiheadAttention)
    )


def _rows(run: RecordedRun, network: nn.Module, called_from: Place | None) -> list[Row]:
    seen: set[int] = set()
    rows = []
    for event in run.events:
        if not _is_leaf(event.module) and not _own_parameters(event.module):
            continue
        place = find_layer(network, event.path, called_from) if event.path != "?" else None
        parameters = 0
        if id(event.module) not in seen:
            seen.add(id(event.module))
            count = _count(event.module.parameters()) if _is_leaf(event.module) else 0
            parameters = count or _own_parameters(event.module)
        work, per = _work(run, event)
        rows.append(
            Row(
                event.path,
                describe(event.module),
                str(place) if place is not None else "",
                _shapes(run, event.inputs),
                _shapes(run, event.outputs),
                parameters,
                work,
                per,
            )
        )
    return rows


def _work(run: RecordedRun, event: Event) -> tuple[int | None, str]:
    """Multiply-adds, and for one of what: `batch`, `batch, t`. Other names keep the size that was chosen for them."""
    work = _multiply_adds(event)
    if not work:
        return work, ""
    per = []
    sizes = event.outputs[0].shape[:1] if isinstance(event.module, nn.MultiheadAttention) else event.outputs[0].shape[:-1]
    for size in sizes:
        name = run.spell_size(size)
        if not name.isdigit() and size > 0 and work % size == 0:
            work //= size
            per.append(name)
    return work, ", ".join(per)


def _unrun_rows(network: nn.Module, called_from: Place | None) -> list[Row]:
    """The layers alone, where the forward cannot run."""
    rows = []
    for path, module in network.named_modules():
        if _is_leaf(module) and path:
            place = find_layer(network, path, called_from)
            count = _count(module.parameters())
            rows.append(Row(path, describe(module), str(place) if place is not None else "", "", "", count, None))
    return rows


def _shapes(run: RecordedRun, tensors: list[Tensor]) -> str:
    return " ".join(run.spell(tuple(t.shape)) for t in tensors[:3]) + (" …" if len(tensors) > 3 else "")


def _multiply_adds(event: Event) -> int | None:
    """Products of weights and inputs in one call; 0 for layers without weights."""
    module = event.module
    if not event.outputs or not event.inputs:
        return None
    out = event.outputs[0]
    if isinstance(module, nn.Linear):
        return out.numel() * module.in_features
    if isinstance(module, nn.Bilinear):
        return out.numel() * module.in1_features * module.in2_features
    if isinstance(module, (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)):
        return event.inputs[0].numel() * module.out_channels // module.groups * math.prod(module.kernel_size)
    if isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Conv3d)):
        return out.numel() * module.in_channels // module.groups * math.prod(module.kernel_size)
    if isinstance(module, nn.RNNBase):
        steps = out.numel() // out.shape[-1]
        return steps * sum(p.numel() for n, p in module.named_parameters() if n.startswith("weight"))
    if isinstance(module, nn.RNNCellBase):
        rows = out.numel() // out.shape[-1]
        return rows * (module.weight_ih.numel() + module.weight_hh.numel())
    if isinstance(module, nn.MultiheadAttention):
        return _attention_multiply_adds(module, event)
    return 0


def _attention_multiply_adds(module: nn.MultiheadAttention, event: Event) -> int:
    query, key = event.inputs[0], event.inputs[1]
    width = module.embed_dim
    rows = query.numel() // query.shape[-1]
    sources = key.numel() // key.shape[-1]
    length = key.shape[1 if module.batch_first and key.ndim == 3 else 0]
    projections = rows * width * width * 2 + sources * width * (key.shape[-1] + event.inputs[2].shape[-1])
    return projections + 2 * rows * length * width
