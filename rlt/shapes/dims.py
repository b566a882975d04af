"""Sizes that may be a number, a name (`b`), an expression (`(h+1)//2`) or unknown.

A size with names is a polynomial with integer coefficients over names and floor divisions, kept in a normal form, so
that two ways of writing the same size compare equal: `(h - 1)//2 + 1 == (h + 1)//2`, `(h//2)//2 == h//4`.
Imports nothing but the standard library: the type checker's plugin and the build check both stand on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TypeAlias


class Sym:
    """A polynomial: monomials, each a sorted tuple of `(atom, power)`, to their integer coefficients.

    An atom is a name (`str`) or a `Floor`. Immutable. Never a plain number: `number` turns those into `int`.
    """

    __slots__ = ("_hash", "terms")

    def __init__(self, terms: Mapping[Monomial, int]) -> None:
        self.terms: dict[Monomial, int] = {m: c for m, c in terms.items() if c}
        self._hash = hash(frozenset(self.terms.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sym) and self.terms == other.terms

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        return _polynomial_text(self)

    def __repr__(self) -> str:
        return f"Sym({self})"

    def atoms(self) -> Iterator[Atom]:
        for monomial in self.terms:
            for atom, _ in monomial:
                yield atom


class Floor:
    """`numerator // denominator` that does not come out even."""

    __slots__ = ("denominator", "numerator")

    def __init__(self, numerator: Sym, denominator: Sym) -> None:
        self.numerator, self.denominator = numerator, denominator

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Floor) and self.numerator == other.numerator and self.denominator == other.denominator

    def __hash__(self) -> int:
        return hash((self.numerator, self.denominator))

    def __str__(self) -> str:
        return f"{_operand(self.numerator)}//{_operand(self.denominator)}"

    __repr__ = __str__


Atom: TypeAlias = "str | Floor"
Monomial: TypeAlias = "tuple[tuple[Atom, int], ...]"
Dim: TypeAlias = "int | Sym | None"
"""A size: a number, a size with names, or None where nothing is known."""


# ---------------------------------------------------------------------------------------------------- printing


def _operand(p: Sym) -> str:
    text = str(p)
    return text if text.isidentifier() or text.isdigit() else f"({text})"


def _polynomial_text(p: Sym) -> str:
    if not p.terms:
        return "0"
    parts: list[tuple[bool, str]] = []
    for monomial, c in sorted(p.terms.items(), key=lambda t: (t[0] == (), -sum(n for _, n in t[0]), _monomial_key(t[0]))):
        factors = [str(abs(c))] if abs(c) != 1 or not monomial else []
        alone = len(monomial) == 1 and monomial[0][1] == 1 and c == 1  # -(b//2) is not -b//2
        for atom, power in monomial:
            text = str(atom) if isinstance(atom, str) or alone else f"({atom})"
            factors.append(text if power == 1 else f"{text}**{power}")
        parts.append((c < 0, "*".join(factors)))
    parts.sort(key=lambda q: q[0])  # a positive term first: 2*h-w rather than -w+2*h
    if parts[0][0] is False and p.terms.get((), 0) > 0 and len(parts) > 1:
        constant = str(p.terms[()])
        parts.remove((False, constant))
        parts.append((False, constant))
    text = ("-" if parts[0][0] else "") + parts[0][1]
    for negative, body in parts[1:]:
        text += ("-" if negative else "+") + body
    return text


def _monomial_key(m: Monomial) -> str:
    return "*".join(f"{a}^{n}" for a, n in m)


def show(d: Dim) -> str:
    """The size as people write it; `?` where it is unknown."""
    return "?" if d is None else str(d)


# -------------------------------------------------------------------------------------------------- arithmetic


AFTER_LOOP = "_after_loop"
"""Ends the name of a size that a loop has worked out: it may be equal to any size that is written otherwise."""


def name(text: str) -> Sym:
    """The size called `text`."""
    return Sym({((text, 1),): 1})


def lift(d: int | Sym) -> Sym:
    """The polynomial of a number or a named size."""
    return d if isinstance(d, Sym) else Sym({(): d})


def number(p: Sym) -> int | Sym:
    """`p`, as an `int` where it holds no name."""
    if not p.terms:
        return 0
    return p.terms[()] if len(p.terms) == 1 and () in p.terms else p


def add(a: Dim, b: Dim) -> Dim:
    if a is None or b is None:
        return None
    if isinstance(a, int) and isinstance(b, int):
        return a + b
    terms = dict(lift(a).terms)
    for m, c in lift(b).terms.items():
        terms[m] = terms.get(m, 0) + c
    return number(Sym(terms))


def mul(a: Dim, b: Dim) -> Dim:
    if a == 0 or b == 0:
        return 0
    if a is None or b is None:
        return None
    if isinstance(a, int) and isinstance(b, int):
        return a * b
    terms: dict[Monomial, int] = {}
    for m1, c1 in lift(a).terms.items():
        for m2, c2 in lift(b).terms.items():
            powers = dict(m1)
            for atom, n in m2:
                powers[atom] = powers.get(atom, 0) + n
            m = tuple(sorted(powers.items(), key=lambda f: str(f[0])))
            terms[m] = terms.get(m, 0) + c1 * c2
    return number(Sym(terms))


def sub(a: Dim, b: Dim) -> Dim:
    return add(a, mul(b, -1))


def product(dims: Iterator[Dim] | tuple[Dim, ...] | list[Dim]) -> Dim:
    """1 of nothing; unknown where a factor is unknown (unless another is 0)."""
    out: Dim = 1
    unknown = False
    for d in dims:
        if d is None:
            unknown = True
        else:
            out = mul(out, d)
    return 0 if out == 0 else None if unknown else out


def total(dims: Iterator[Dim] | tuple[Dim, ...] | list[Dim]) -> Dim:
    out: Dim = 0
    for d in dims:
        out = add(out, d)
    return out


def exact_quotient(a: Dim, b: Dim) -> Dim:
    """a / b where b divides a for every value of the names, else None (`b` 0: None)."""
    if a is None or b is None or b == 0:
        return None
    if isinstance(a, int) and isinstance(b, int):
        return a // b if a % b == 0 else None
    divisor = lift(b)
    if len(divisor.terms) != 1:
        return 1 if a == b else None
    ((m, c),) = divisor.terms.items()
    out: dict[Monomial, int] = {}
    for m1, c1 in lift(a).terms.items():
        powers = dict(m1)
        for atom, n in m:
            powers[atom] = powers.get(atom, 0) - n
        if c1 % c or any(n < 0 for n in powers.values()):
            return None
        out[tuple(sorted(((a, n) for a, n in powers.items() if n), key=lambda f: str(f[0])))] = c1 // c
    return number(Sym(out))


def leaves_a_name_below(a: Dim, b: Dim) -> bool:
    """Whether a / b is a number over names once what both have is cancelled, as in (3*scale) / scale**2: even for a few only."""
    if not isinstance(a, Sym) or not isinstance(b, Sym) or len(a.terms) != 1 or len(b.terms) != 1:
        return False
    (above, _), (below, _) = *a.terms.items(), *b.terms.items()
    powers = dict(below)
    for atom, n in above:
        if atom not in powers:
            return False
        powers[atom] -= n
    return all(n >= 0 for n in powers.values()) and any(n > 0 for n in powers.values())


def floordiv(a: Dim, b: Dim) -> Dim:
    """a // b, rounded down; in normal form, so that equal sizes are equal objects."""
    if a is None or b is None or b == 0:
        return None
    if isinstance(a, int) and isinstance(b, int):
        return a // b
    exact = exact_quotient(a, b)
    if exact is not None:
        return exact
    if not isinstance(b, int):
        return Sym({((Floor(lift(a), b), 1),): 1})
    if b < 0:
        return floordiv(mul(a, -1), -b)
    p, n = lift(a), b
    whole = {m: c // n for m, c in p.terms.items() if m and c % n == 0}
    rest = {m: c for m, c in p.terms.items() if m and c % n}
    constant = p.terms.get((), 0)
    if len(rest) == 1:  # (x//k + c)//n is (x + c*k)//(k*n)
        (m, c), *_ = rest.items()
        atom, power = m[0]
        if c == 1 and len(m) == 1 and power == 1 and isinstance(atom, Floor):
            k = number(atom.denominator)
            if isinstance(k, int):
                inner = floordiv(add(number(atom.numerator), constant * k), k * n)
                return add(number(Sym(whole)), inner)
    if rest:
        common = math.gcd(n, *rest.values())
        if common > 1:
            inner = floordiv(number(Sym({**{m: c // common for m, c in rest.items()}, (): constant // common})), n // common)
            return add(number(Sym(whole)), inner)
    outside = add(number(Sym(whole)), constant // n)
    if not rest:
        return outside
    atom = Floor(Sym({**rest, (): constant % n}), Sym({(): n}))
    return add(outside, Sym({((atom, 1),): 1}))


def ceildiv(a: Dim, b: Dim) -> Dim:
    return mul(floordiv(mul(a, -1), b), -1) if isinstance(a, int) else floordiv(add(a, sub(b, 1)), b)


# ---------------------------------------------------------------------------------------------------- questions


def substitute(d: Dim, values: Mapping[str, Dim]) -> Dim:
    """`d` with names replaced; unknown where a name's value is None."""
    if not isinstance(d, Sym):
        return d
    out: Dim = 0
    for monomial, c in d.terms.items():
        term: Dim = c
        for atom, power in monomial:
            if isinstance(atom, str):
                factor = values[atom] if atom in values else name(atom)
            else:
                factor = floordiv(substitute(number(atom.numerator), values), substitute(number(atom.denominator), values))
            if factor is None:
                return None
            for _ in range(power):
                term = mul(term, factor)
        out = add(out, term)
    return out


def names_in(d: Dim) -> set[str]:
    """Every name that the size depends on."""
    if not isinstance(d, Sym):
        return set()
    found: set[str] = set()
    for atom in d.atoms():
        if isinstance(atom, str):
            found.add(atom)
        else:
            found |= names_in(atom.numerator) | names_in(atom.denominator)
    return found


def _floors(d: Dim) -> Iterator[Floor]:
    if isinstance(d, Sym):
        for atom in d.atoms():
            if isinstance(atom, Floor):
                yield atom
                yield from _floors(atom.numerator)
                yield from _floors(atom.denominator)


_ROUND = 27_720  # divisible by 1 to 12: every division by a small number comes out even
_PRIMES = (13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73)


def differ(a: Dim, b: Dim) -> bool:
    """Whether the two sizes are known to be different. Two different names are; an unknown size never is.

    Nor are those that may be equal by what a loop has worked out.
    Sizes that are equal whenever their divisions come out even (`2*(h//2)` and `h`) are not called different.
    """
    if a is None or b is None or a == b:
        return False
    if isinstance(a, int) and isinstance(b, int):
        return True
    if _of_one_sequence(a, b) or _rests_on_a_loop(sub(a, b)):
        return False
    divisions = [*_floors(a), *_floors(b)]
    if not divisions:
        return True
    values = _even_values(sorted(names_in(a) | names_in(b)), divisions)
    return substitute(a, values) != substitute(b, values)


def _even_values(names: list[str], divisions: list[Floor]) -> dict[str, Dim]:
    """A number for each name, so that the divisions come out even: what is divided is a multiple of its divisors."""
    divisors: dict[str, set[str]] = {n: set() for n in names}
    for f in divisions:
        for n in names_in(f.numerator):
            divisors[n] |= names_in(f.denominator) - {n}
    dividing = set().union(*divisors.values())
    values: dict[str, Dim] = {}

    def value(n: str, above: tuple[str, ...]) -> int:
        i = names.index(n)
        own = (4, 6, 8, 12)[i % 4] if n in dividing else _ROUND * _PRIMES[i % len(_PRIMES)]
        return own * math.prod(value(d, (*above, d)) for d in sorted(divisors[n]) if d not in above)

    for n in names:
        values[n] = value(n, (n,))
    return values


def _rests_on_a_loop(difference: Dim) -> bool:
    """Whether a difference may be nothing, as what a loop has worked out is in it: `c-n` may be, but not `c` alone."""
    names = names_in(difference)
    return any(n.endswith(AFTER_LOOP) for n in names) and isinstance(difference, Sym) and len(difference.terms) > 1


def _of_one_sequence(a: Dim, b: Dim) -> bool:
    """Whether the sizes differ in items of one sequence, `hidden[0]` and `hidden[-1]`, which may well be equal."""
    items = {n for n in names_in(a) ^ names_in(b) if n.endswith("]")}
    return len(items) > 1 and len({n.partition("[")[0] for n in items}) < len(items)


def rests_on_names(a: Dim, b: Dim) -> bool:
    """Whether `differ` holds only because two names are taken to be different sizes."""
    return isinstance(a, Sym) or isinstance(b, Sym)
