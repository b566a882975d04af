"""Sizes as the checker writes them in types: named sizes are taken to divide evenly.

A literal type is equal to another or it is not, so one size must have one spelling: `2*(h//2)` is `h`, and `(h+1)//2`
(a convolution of stride 2) is `h//2`. The constructor's check, which runs on numbers, sees the difference.
"""

from __future__ import annotations

from fractions import Fraction

from rlt.shapes import dims as D
from rlt.shapes.dims import Floor, Sym

_Rational = dict[tuple[tuple[str, int], ...], Fraction]


def settled(d: Sym) -> int | Sym:
    """The one spelling of `d`; `d` itself where a division by a name does not cancel."""
    if not any(isinstance(a, Floor) for a in d.atoms()):
        return d
    terms = _rational(d)
    if terms is None or any(n < 0 for m in terms for _, n in m):
        return d
    constant = terms.pop((), Fraction(0))
    if constant.denominator != 1:
        return d
    out: D.Dim = int(constant)
    for monomial, c in terms.items():
        factor: D.Dim = c.numerator
        for name, power in monomial:
            factor = D.product([factor, *[D.name(name)] * power])
        out = D.add(out, D.floordiv(factor, c.denominator))
    return d if out is None else out


def _rational(d: D.Dim) -> _Rational | None:
    """`d` as a polynomial with fractions, every floor division exact but for its constant."""
    out: _Rational = {}
    for monomial, c in D.lift(d).terms.items():  # type: ignore[arg-type]
        product: _Rational = {(): Fraction(c)}
        for atom, power in monomial:
            factor: _Rational | None
            factor = {((atom, 1),): Fraction(1)} if isinstance(atom, str) else _quotient(atom)
            if factor is None:
                return None
            for _ in range(power):
                product = _times(product, factor)
        for m, value in product.items():
            out[m] = out.get(m, Fraction(0)) + value
    return {m: c for m, c in out.items() if c}


def _quotient(f: Floor) -> _Rational | None:
    numerator, denominator = _rational(f.numerator), _rational(f.denominator)
    if numerator is None or denominator is None or len(denominator) != 1:
        return None
    ((monomial, c),) = denominator.items()
    inverse = {tuple((name, -power) for name, power in monomial): 1 / c}
    out = _times({m: v for m, v in numerator.items() if m}, inverse)
    if monomial or () in out:
        return out if () not in numerator else None
    floor = (numerator.get((), Fraction(0)) / c).__floor__()
    if floor:
        out[()] = Fraction(floor)
    return out


def _times(a: _Rational, b: _Rational) -> _Rational:
    out: _Rational = {}
    for m1, c1 in a.items():
        for m2, c2 in b.items():
            powers = dict(m1)
            for name, n in m2:
                powers[name] = powers.get(name, 0) + n
            m = tuple(sorted((name, n) for name, n in powers.items() if n))
            out[m] = out.get(m, Fraction(0)) + c1 * c2
    return out
