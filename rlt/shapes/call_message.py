"""What a failed call check says: which tensor, expected beside got, and the fix that was computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from rlt.errors import ShapeError
from rlt.shapes import dims as D
from rlt.shapes import dtypes
from rlt.shapes.annotation import TensorHint
from rlt.shapes.dims import Dim
from rlt.shapes.meta_run import current_run

_CASTS = {
    "float": ".float()",
    "float32": ".float()",
    "float64": ".double()",
    "int": ".long()",
    "int64": ".long()",
    "bool": ".bool()",
}


UNJUDGED = object()


def explain(
    who: str,
    label: str,
    hint: TensorHint | None,
    what: str,
    value: Any,
    sizes: Mapping[str, Any],
    runs: Mapping[str, tuple[int, ...]],
    places: Mapping[str, str],
) -> Any:
    """The error for one tensor of a call; `UNJUDGED` for what has no shape; None where nothing is found to be wrong.

    `sizes` are the names bound so far, `places` where each was bound. In a build check, devices are not compared and
    sizes are spelt by their names.
    """
    if hint is None:
        return ShapeError(f"{who}: {label} must be {what}, got {_kind(value)}")
    if not isinstance(value, Tensor):
        if type(value).__module__.startswith("torch.fx"):
            return UNJUDGED  # a stand-in that records calls has no shape
        return ShapeError(f"{who}: {label} must be a tensor {hint}, got {_kind(value)}")
    run = current_run()
    spell = run.spell if run is not None else _plain
    got = f"{spell(tuple(value.shape))} {str(value.dtype)[6:]}"
    variable = label if label.isidentifier() else "it"
    if hint.device is not None and value.device.type != hint.device and not (run is not None and value.is_meta):
        fix = f'{variable} = {variable}.to("{hint.device}")' if label.isidentifier() else f'.to("{hint.device}")'
        return ShapeError(f"{who}: {label} must be on {hint.device}, but is on {value.device}", fix=fix)
    if not dtypes.fits(str(value.dtype)[6:], hint.dtype):
        cast = _CASTS.get(hint.dtype or "", f".to(torch.{hint.dtype})")
        if label.startswith("the result"):
            return ShapeError(f"{who}: {label} must be {hint.word}, got {got}")
        return ShapeError(f"{who}: {label} must be {hint.word}, got {got}", fix=f"{_expression(label)}{cast}")
    return _shape_error(who, label, hint, value, sizes, runs, places, got)


def _shape_error(
    who: str,
    label: str,
    hint: TensorHint,
    value: Tensor,
    sizes: Mapping[str, Any],
    runs: Mapping[str, tuple[int, ...]],
    places: Mapping[str, str],
    got: str,
) -> ShapeError | None:
    run = current_run()
    spell_size = run.spell_size if run is not None else str
    shape, have = hint.shape, tuple(value.shape)
    head = f"{who}: {label} must be {hint.layout()}, got {got}"
    wanted = [D.substitute(d, {k: v for k, v in sizes.items() if isinstance(v, int)}) for d in shape.dims]
    fix = _fix(label, wanted, shape.run, value)
    rank = shape.rank
    if rank is not None and len(have) != rank:
        return ShapeError(head, f"{rank} dimension{'s' * (rank != 1)} expected, {len(have)} given", fix=fix)
    if rank is None and len(have) < shape.least_rank:
        return ShapeError(head, f"at least {shape.least_rank} dimensions expected, {len(have)} given", fix=fix)
    at = shape.run if shape.run is not None else len(wanted)
    after = len(wanted) - at
    kept = have[:at] + (have[len(have) - after :] if after else ())
    for d, want, size in zip(shape.dims, wanted, kept):
        if isinstance(want, int) and want != size:
            return ShapeError(head, _reason(d, want, size, places, spell_size), fix=fix)
    if shape.run_name in runs:
        here, elsewhere = have[at : len(have) - after], runs[shape.run_name]
        if here != elsewhere:
            spell = run.spell if run is not None else _plain
            return ShapeError(head, f"*{shape.run_name} is {spell(elsewhere)} elsewhere, here it is {spell(here)}", fix=fix)
    return None


def _reason(d: Dim, want: int, size: int, places: Mapping[str, str], spell: Callable[[int], str]) -> str:
    if isinstance(d, int):
        return f"{spell(size)} where {d} is expected"
    names = sorted(D.names_in(d))
    place = places.get(names[0], "") if len(names) == 1 else ""
    where = f" in {place}" if place else " elsewhere"
    return f"{d} is {spell(want)}{where}, here it is {spell(size)}"


def _fix(label: str, wanted: list[Dim], run: int | None, value: Tensor) -> str | None:
    """A change of the tensor that makes it fit, where exactly one simple change does."""
    have = tuple(value.shape)
    if run is not None or label.startswith("the result"):
        return None

    def fits(shape: tuple[int, ...]) -> bool:
        return len(shape) == len(wanted) and all(not isinstance(w, int) or w == s for w, s in zip(wanted, shape))

    x = _expression(label)
    if have[-1:] == (1,) and fits(have[:-1]):
        return f"{x}.squeeze(-1)"
    if fits((*have, 1)) and wanted[-1] == 1:
        return f"{x}.unsqueeze(-1)"
    if len(have) + 1 == len(wanted) and wanted[0] is not None and not isinstance(wanted[0], int) and fits((1, *have)):
        return f"{x}.unsqueeze(0)"
    if len(have) == 4 and fits((have[0], have[3], have[1], have[2])):
        return f"{x}.permute(0, 3, 1, 2)"
    if len(have) > 2 and len(wanted) == 2 and fits((have[0], value[0].numel() if have[0] else 0)):
        return f"{x}.flatten(1)"
    if len(have) == 2 and fits(have[::-1]):
        return f"{x}.T"
    return None


def _expression(label: str) -> str:
    return label.removeprefix("each of ")


def _plain(shape: tuple[int, ...]) -> str:
    return str(shape)


def _kind(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return f"{type(value).__name__} of {len(value)}"
    if isinstance(value, dict):
        return f"dict with {', '.join(map(str, list(value)[:6]))}"
    return "None" if value is None else type(value).__name__
