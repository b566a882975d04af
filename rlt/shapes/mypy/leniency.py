"""Reports of mypy that rest on how a tensor's type is written, not on what it says: held back or put in words.

mypy compares types part by part. Where it joined what a variable held before (`x = unknown(x)` keeps the old shape
beside the new one), where a method overrides another under other names, or where a size is only spelled otherwise, its
report is not true of tensors.
"""

from __future__ import annotations

import re
from typing import Any

from mypy.errors import ErrorWatcher

from rlt.shapes import dims as D
from rlt.shapes import dtypes
from rlt.shapes.mypy.causes import held_back
from rlt.shapes.mypy.reporting import SHAPE
from rlt.shapes.mypy.texts import Node, people, read, spec
from rlt.shapes.rules.tensor import TensorSpec
from rlt.shapes.shape import UNKNOWN_SHAPE, Shape

_PAIRS = (
    re.compile(r'\(got "(?P<got>.+)", expected "(?P<want>.+)"\)'),
    re.compile(r'expression has type "(?P<got>.+)", (?:variable|target|base class "[^"]*") has type "(?P<want>.+)"\)'),
    re.compile(r'has incompatible type "(?P<got>.+)"; expected "(?P<want>.+)"'),
    re.compile(r'Return type "(?P<got>.+)" of ".+" incompatible with return type "(?P<want>.+)" in supertype'),
)
_OVERRIDES = re.compile(r'(Argument \d+ of|Return type ".*" of|Signature of) "\w+" (is )?incompatible with')
_OVERRIDE_NOTE = re.compile("Liskov substitution principle|incompatible-overrides")


def install(errors: Any) -> None:
    """Puts the filter beneath all of mypy's own, once for each run."""
    watchers = errors._watchers
    if watchers and getattr(getattr(watchers[0], "_filter", None), "is_of_rlt", False):
        return
    watchers.insert(0, ErrorWatcher(errors, filter_errors=_Filter()))


class _Filter:
    is_of_rlt = True

    def __init__(self) -> None:
        self._held_back: tuple[str, int] | None = None
        """Where the last override was passed over: its notes follow."""
        self._returned: dict[tuple[str, Any, Any, str], int] = {}
        """Reports of wrong results, by function: one wrong width is returned by every branch alike."""

    def __call__(self, file: str, info: Any) -> bool:
        """Whether a report is held back; a report that stands is put in people's words."""
        text: str = info.message
        if info.severity == "note" and self._held_back == (file, info.line) and _OVERRIDE_NOTE.search(text):
            return True
        if info.code is SHAPE and held_back(file, info.line, text):
            return True
        if "Tensor[" not in text and "Literal['" not in text:
            return False
        try:
            if info.severity == "error" and not _stands(text):
                self._held_back = (file, info.line) if _OVERRIDES.search(text) else None
                return True
            if text.startswith("Incompatible return value type"):
                function = (file, *info.local_ctx, text)
                if self._returned.setdefault(function, info.line) != info.line:
                    return True
            info.message = people(text)
        except Exception:
            return False
        return False


def _stands(text: str) -> bool:
    for pattern in _PAIRS:
        found = pattern.search(text)
        if found is not None:
            got, want = read(found["got"]), read(found["want"])
            if got is None or want is None:
                return True
            if _OVERRIDES.search(text):
                return not _same_but_shapes(got, want)
            return not fits(got, want)
    if _OVERRIDES.search(text):
        found = re.search(r'defines the argument type as "(?P<want>.+)"', text)
        return found is None or "Tensor[" not in found["want"]
    return True


def _same_but_shapes(got: Node, want: Node) -> bool:
    """Whether two types are one but for what they say of tensors' shapes."""
    a, b = spec(got), spec(want)
    if a is not None and b is not None:
        return dtypes.fits(a.dtype, b.dtype) and (a.device is None or b.device is None or a.device == b.device)
    return (
        got.name == want.name
        and len(got.args) == len(want.args)
        and all(_same_but_shapes(x, y) for x, y in zip(got.args, want.args))
    )


def fits(got: Node, want: Node) -> bool:
    """Whether a value of a printed type may be what another declares; of a union, what its members share."""
    if want.name == "|":
        return any(fits(got, w) for w in want.args)
    if got.name == "|":
        if any(a.name == "Any" for a in got.args):
            return True
        specs = [spec(a) for a in got.args]
        declared = spec(want)
        known = [s for s in specs if s is not None]
        if declared is not None and len(known) == len(specs):
            if any(s.shape == UNKNOWN_SHAPE for s in known):  # what came last is not known
                return True
            return any(tensor_fits(s, declared) for s in known)
        return all(fits(a, want) for a in got.args)
    if "Any" in (got.name, want.name) or got == want:
        return True
    a, b = spec(got), spec(want)
    if a is not None and b is not None:
        return tensor_fits(a, b)
    if got.name == want.name and got.args and len(got.args) == len(want.args):
        return all(fits(x, y) for x, y in zip(got.args, want.args))
    return False


def tensor_fits(got: TensorSpec, want: TensorSpec) -> bool:
    if not dtypes.fits(got.dtype, want.dtype):
        return False
    if got.device is not None and want.device is not None and got.device != want.device:
        return False
    return _shape_fits(got.shape, want.shape)


def _shape_fits(got: Shape, want: Shape) -> bool:
    if got.rank is not None and want.rank is not None:
        return got.rank == want.rank and not any(map(D.differ, got.dims, want.dims))
    if got.run_name and want.run_name and got.run_name != want.run_name:
        return False
    for one, other in ((got, want), (want, got)):
        if one.rank is not None and one.rank < other.least_rank:
            return False
    front, back = zip(got.before, want.before), zip(reversed(got.after), reversed(want.after))
    if got.rank is not None or want.rank is not None:
        fixed, run = (got, want) if got.rank is not None else (want, got)
        pairs = [*zip(fixed.dims, run.before), *zip(reversed(fixed.dims), reversed(run.after))]
        return not any(D.differ(a, b) for a, b in pairs)
    return not any(D.differ(a, b) for a, b in (*front, *back))
