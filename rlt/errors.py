"""The errors that a user can meet, all in one voice.

Every message says what is wrong, what was expected beside what came, and, where it could be computed, the fix:

    PPO cannot split a rollout of 500 steps (4 environments x 125) into minibatches of 128:
      500 / 128 = 3.906, expected a whole number
      fix: n_steps=128 (4 minibatches), or minibatch_size=125
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class RltError(Exception):
    """A mistake that the user can mend. Commands print it without a traceback and exit with 2.

    `what` is the first line, `details` follow indented, `fix` closes the message.
    """

    def __init__(self, what: str, *details: str, fix: str | None = None) -> None:
        self.what, self.details, self.fix = what, details, fix
        lines = [what, *("  " + line for detail in details for line in detail.splitlines())]
        if fix is not None:
            lines.append(f"  fix: {fix}")
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.what, self.details, self.fix)


def _rebuild(cls: type[RltError], what: str, details: tuple[str, ...], fix: str | None) -> RltError:
    return cls(what, *details, fix=fix)


class ConfigError(RltError, ValueError):
    """A key, value or combination of values in a configuration."""


class ShapeError(RltError, TypeError):
    """A shape, dtype or device that does not fit: in a network, a call, a loss."""


class SpaceError(RltError, ValueError):
    """An observation or action space that a network or an agent cannot serve."""


class EnvironmentFault(RltError, RuntimeError):
    """An environment that cannot be made, lies about its spaces, or failed in a step."""


class NumericsError(RltError, ArithmeticError):
    """NaN or infinity in observations, rewards or losses."""


class RunError(RltError, RuntimeError):
    """A run folder or checkpoint that cannot be used as asked."""


class TrustError(RltError, PermissionError):
    """A name from a file that would import code from outside rlt."""


class MissingExtra(RltError, ImportError):
    """A package that an optional part of rlt needs."""

    def __init__(self, what: str, *details: str, fix: str | None = None) -> None:
        super().__init__(what, *details, fix=fix)

    @classmethod
    def of(cls, package: str, extra: str, purpose: str) -> MissingExtra:
        """The message for `package`, which `pip install 'rlt[extra]'` brings."""
        return cls(f"{purpose} needs the package {package}, which is not installed", fix=f"pip install 'rlt[{extra}]'")


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The names most like `name`, best first; for "did you mean" lines. Empty where nothing is alike.

    `lr` is like `learning_rate`: initials count, and so does a word that the name contains.
    """
    by_lower = {k.lower(): k for k in sorted(known, reverse=True)}
    short = name.lower()
    initials = [k for k in by_lower if len(short) > 1 and "".join(word[:1] for word in k.split("_")) == short]
    close = difflib.get_close_matches(short, by_lower, n=count, cutoff=0.6)
    parts = [k for k in by_lower if len(short) > 3 and (short in k.split("_") or k in short.split("_"))]
    return [by_lower[k] for k in dict.fromkeys([*initials, *close, *parts])][:count]


def one_of(name: str, known: Iterable[str]) -> str:
    """`did you mean A or B?`, or the list of what there is where nothing is alike."""
    known = sorted(known)
    close = nearest(name, known)
    if close:
        return "did you mean " + " or ".join(close) + "?"
    shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
    return f"there is: {shown}" if known else "there is none"
