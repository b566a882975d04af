"""Writes the comparisons of one function's call check as Python source."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from rlt.shapes import dims as D
from rlt.shapes.annotation import Hint, ManyHint, OptionalHint, RecordHint, Signature, TensorHint


class CheckWriter:
    """The source of one function's checks."""

    def __init__(self, signature: Signature, is_method: bool, call: str) -> None:
        self.lines: list[str] = []
        self.depth = 1
        self.count = 0
        self.constants: dict[str, Any] = {}
        self.parts: list[tuple[str, TensorHint | None, str]] = []
        """Label, hint and text of each thing checked, for the message."""
        self.bound: dict[str, str] = {}
        """Name of a size to the label of what binds it."""
        self.maybe: set[str] = set()
        """Names that may not be bound, since what binds them may be absent."""
        self.late: list[tuple[str, D.Dim, int, str]] = []
        self.runs: set[str] = set()
        self.is_method = is_method
        self.signature = signature
        self.call = call
        self.result = False

    def emit(self, line: str) -> None:
        self.lines.append("    " * self.depth + line)

    def new(self, stem: str) -> str:
        self.count += 1
        return f"_{stem}{self.count}"

    def part(self, label: str, hint: TensorHint | None, text: str = "") -> int:
        self.parts.append((label, hint, text))
        return len(self.parts) - 1

    def fail(self, condition: str, part: int, value: str) -> None:
        self.emit(f"if {condition}:")
        self.emit(f"    _e = _explain({part}, {value}, locals())")
        self.emit("    if _e is not None and _e is not _UNJUDGED: raise _e")

    def check(self, hint: Hint, value: str, label: str, certain: bool = True) -> None:
        """Checks of `value`, an expression cheap to repeat. `certain` is False where it may not be reached."""
        if isinstance(hint, TensorHint):
            self.tensor(hint, value, label, certain)
        elif isinstance(hint, OptionalHint):
            self.emit(f"if {value} is not None:")
            self.block(lambda: self.check(hint.item, value, label, False))
        elif isinstance(hint, RecordHint):
            self.record(hint, value, label, certain)
        elif isinstance(hint, ManyHint):
            self.many(hint, value, label)

    def block(self, body: Callable[[], None]) -> None:
        self.depth += 1
        body()
        self.depth -= 1

    def record(self, hint: RecordHint, value: str, label: str, certain: bool) -> None:
        n = len(hint.fields)
        if hint.kind == "tuple":
            what = f"a tuple of {n}"
            self.fail(
                f"not isinstance({value}, (tuple, list)) or len({value}) != {n}", self.part(label, None, what), value
            )
        elif hint.kind == "dict":
            keys = tuple(k for k, h in hint.fields if h is not None and not isinstance(h, OptionalHint))
            what = f"a dict with {', '.join(map(str, keys))}"
            missing = " or ".join([f"not isinstance({value}, dict)", *(f"{k!r} not in {value}" for k in keys)])
            self.fail(missing, self.part(label, None, what), value)
        else:
            cls = self.new("C")
            self.constants[cls] = hint.make
            what = f"a {hint.make.__name__}"
            self.fail(f"not isinstance({value}, {cls})", self.part(label, None, what), value)
        for key, item in hint.fields:
            if item is None:
                continue
            held = self.new("v")
            if hint.kind in ("tuple", "dict"):
                access = f"{value}.get({key!r})" if hint.kind == "dict" else f"{value}[{key}]"
                inner = f"{label}[{key!r}]"
            else:
                access, inner = f"{value}.{key}", f"{label}.{key}"
            self.emit(f"{held} = {access}")
            self.check(item, held, inner, certain)

    def many(self, hint: ManyHint, value: str, label: str) -> None:
        types = {"list": "(list, tuple)", "tuple": "(tuple, list)", "dict": "dict"}[hint.kind]
        self.fail(f"not isinstance({value}, {types})", self.part(label, None, f"a {hint.kind}"), value)
        held = self.new("v")
        self.emit(f"for {held} in {value}{'.values()' if hint.kind == 'dict' else ''}:")
        inner = f"each of {label}"
        self.block(lambda: self.check(hint.item, held, inner, False))

    def tensor(self, hint: TensorHint, value: str, label: str, certain: bool) -> None:
        part = self.part(label, hint)
        shape, sizes = hint.shape, self.new("s")
        n = len(shape.dims)
        wrong = [f"len({sizes} := {value}.shape) {'!=' if shape.run is None else '<'} {n}"]
        if hint.device is not None:
            wrong.append(f"{value}.device.type != {hint.device!r}")
        dtype = self.dtype(hint, value)
        wrong += dtype or [f"not isinstance({value}, _Tensor)"]
        places = [f"{sizes}_{i}" for i in range(n)]
        binds: list[tuple[str, str]] = []
        later: list[str] = []
        for d, at in zip(shape.dims, places):
            if isinstance(d, int):
                later.append(f"{at} != {d}")
            elif isinstance(d, D.Sym):
                text = str(d)
                if not _is_name(text):
                    self.late.append((at, d, part, value))
                elif text in self.bound and text not in self.maybe:
                    later.append(f"{at} != {variable(text)}")
                else:
                    binds.append((text, at))
        self.emit(f"try: _w = {' or '.join(wrong)}")  # what is no tensor has no dtype.is_floating_point
        self.emit("except AttributeError: _w = True")
        self.fail("_w", part, value)
        self.emit(f"    if _e is _UNJUDGED: return {'_r' if self.result else self.call}")
        if n:
            run = [f"*{sizes}_run"] if shape.run is not None else []
            first = shape.run or 0
            self.emit(
                f"{', '.join([*places[:first], *run, *places[first:]])}{',' if n == 1 and not run else ''} = {sizes}"
            )
        elif shape.run is not None:
            self.emit(f"{sizes}_run = {sizes}")
        if later:
            self.fail(" or ".join(later), part, value)
        for name, at in binds:
            self.bind(name, at, part, value, label, certain)
        if shape.run is not None and shape.run_name:
            self.bind_run(shape.run_name, f"tuple({sizes}_run)", part, value, certain)

    def dtype(self, hint: TensorHint, value: str) -> list[str]:
        if hint.dtype == "float":
            return [f"not {value}.dtype.is_floating_point"]
        if hint.dtype == "int":
            return [f"{value}.dtype not in _INTS"]
        if hint.dtype == "complex":
            return [f"not {value}.dtype.is_complex"]
        return [] if hint.dtype is None else [f"{value}.dtype is not _torch.{hint.dtype}"]

    def bind(self, name: str, at: str, part: int, value: str, label: str, certain: bool) -> None:
        place = variable(name)
        if name in self.bound and name not in self.maybe:  # twice in one shape: "n n"
            self.fail(f"{at} != {place}", part, value)
            return
        known = self.from_outside(name)
        if name not in self.bound and certain:
            self.emit(f"{place} = {known.format(at)}")
            self.bound[name] = label
            if known != "{}":
                self.fail(f"{at} != {place}", part, value)
            return
        if name not in self.bound:
            self.bound[name] = label
            self.maybe.add(name)
        self.emit(f"if {place} is None: {place} = {known.format(at)}")
        self.fail(f"{at} != {place}", part, value)
        if certain:
            self.maybe.discard(name)

    def bind_run(self, name: str, slice_text: str, part: int, value: str, certain: bool) -> None:
        place = f"_run_{name}"
        if name not in self.runs:
            self.runs.add(name)
            if certain:
                self.emit(f"{place} = {slice_text}")
                return
        self.emit(f"if {place} is None: {place} = {slice_text}")
        self.fail(f"{slice_text} != {place}", part, value)

    def from_outside(self, name: str) -> str:
        """How a name gets its value: from the module's sizes or an `int` argument, else from the tensor (`{}`)."""
        parameter = self.signature.parameters.get(name)
        if parameter is not None and parameter.annotation in (int, "int"):
            return f"({name} if type({name}) is int else {{}})"
        return f"_sizes.get({name!r}, {{}})" if self.is_method and "." not in name else "{}"

    def finish_late(self) -> None:
        """Sizes that are expressions, when the names they use are bound."""
        for at, d, part, value in self.late:
            names = D.names_in(d)
            if not names <= set(self.bound):
                loose = {n for n in names - set(self.bound) if self.is_method}
                if names - set(self.bound) - loose:
                    continue  # a name that nothing binds: the size is not checked
                for n in sorted(loose):
                    self.emit(f"{variable(n)} = _sizes.get({n!r})")
                    self.bound[n] = "this network"
                    self.maybe.add(n)
            text = re.sub(r"[A-Za-z_][\w.]*", lambda m: variable(m.group()), str(d))
            sure = "".join(f"{variable(n)} is not None and " for n in sorted(names & self.maybe))
            self.fail(f"{sure}{at} != {text}", part, value)
        self.late = []


def _is_name(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z_][\w.]*", text) is not None


def variable(name: str) -> str:
    return "_d_" + name.replace(".", "__")
