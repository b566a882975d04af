"""What a rule answers when something does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlt.shapes import dims as D
from rlt.shapes.dims import Dim


class Unknown:
    """The type of `UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        return False


UNKNOWN: Any = Unknown()
"""An argument (stride, dim, padding, …) whose value is not known; `None` is a value that people pass."""


class Problem(Exception):
    """A tensor that a layer or operator does not take. Raised by every rule; its text is `expects …, gets …`."""

    def __init__(
        self,
        expected: str,
        got: str,
        *,
        kind: str = "shape",
        dimension: int | None = None,
        sizes: tuple[Dim, Dim] | None = None,
        change: Mapping[str, Any] | None = None,
        fix: str = "",
        argument: int | str = 0,
        involved: tuple[int | str, ...] = (),
    ) -> None:
        super().__init__(f"expects {expected}, gets {got}")
        self.expected = expected
        """What the rule wants, in words: `784 input features`."""
        self.got = got
        """What came, in the same layout: `10`, or `Float(b, t)`."""
        self.kind = kind
        """`shape`, `rank`, `dtype`, `device` or `argument` (a hyper-parameter that cannot be, whatever the input)."""
        self.dimension = dimension
        """The dimension at fault, negative counted from the end."""
        self.sizes = sizes
        """(expected, got) where it is one size against another."""
        self.change = dict(change or {})
        """Constructor arguments of the layer that would make it fit: `{"in_features": 2048}`. Computed, else empty."""
        self.fix = fix
        """Or a change of the input, `{x}` standing for its expression: `{x}.float()`. Computed, else empty."""
        self.argument = argument
        """Which input is at fault: its position or its name in the rule's signature."""
        self.involved = involved or (argument,)
        """All inputs that take part: both sides of a broadcast."""

    @property
    def rests_on_names(self) -> bool:
        """Whether it is a problem only because two different names stand for different sizes."""
        return self.sizes is not None and D.rests_on_names(*self.sizes)

    def fix_for(self, expression: str) -> str:
        """`fix` with the input written as `expression`; empty where no fix was computed."""
        return self.fix.replace("{x}", expression)


def is_unknown(*values: Any) -> bool:
    """Whether an argument is `UNKNOWN`, or a list or tuple that holds one."""
    return any(v is UNKNOWN or (isinstance(v, (tuple, list)) and is_unknown(*v)) for v in values)


def known_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def as_dim(value: Any) -> Dim:
    """An argument that is a size: an int, a size with names, or unknown."""
    return value if known_int(value) or isinstance(value, D.Sym) else None
