"""Functions entry by entry on jets, by their Taylor series at the constant part.

Of a jet u = u₀ + ν with k nilpotents ν^(k+1) = 0, so g(u) = Σ_{j ≤ k} g⁽ʲ⁾(u₀)/j! · ν^j is exact.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from itertools import repeat
from operator import add, mul, neg, truediv
from typing import Any

from matcalc.trust.field import OVERFLOWS, Field, Inexact, Retry
from matcalc.trust.tensors import Part, Tensor, combine, entrywise, multiply, scalar

KINK = 1e-3
"""Nearer to a kink than this, a point is drawn anew."""


Series = Callable[[Part, int], list[Part]]
"""Of scalars and k the Taylor coefficients of a function at them: its values, its first derivatives, up
to the k-th over k!, each for all of the scalars."""


def compose(field: Field, u: Tensor, series: Series) -> Tensor:
    """g(u), where `series` are the Taylor coefficients of g."""
    order = 0 if len(u.parts) == 1 else u.bits.bit_count()
    constant = u.parts[0]
    field.spend(8 * len(constant))
    try:
        columns = series(constant, order)
    except OverflowError:
        raise Retry(OVERFLOWS) from None
    except (ZeroDivisionError, ValueError) as error:
        raise Retry(str(error)) from None
    if order == 0:
        return Tensor(u.shape, {0: columns[0]})
    if order == 1:
        mask = max(u.parts)
        first = list(field.elements(map(mul, columns[1], u.parts[mask])))
        return Tensor(u.shape, {0: columns[0], mask: first})
    small = {m: x for m, x in u.parts.items() if m}
    multiplied = entrywise(u.shape)
    total = {0: columns[order]}
    for j in range(order - 1, -1, -1):
        field.spend(multiplied.work * len(total) * len(small))
        total = multiplied.of_jets(field, total, small)
        total[0] = columns[j]
    return Tensor(u.shape, total)


def _each(real: Callable[[float], float], general: Callable[[complex], complex], x: Part) -> Part:
    """A function of each number, by the way for complex ones where that is one."""
    try:
        return list(map(real, x))
    except TypeError:
        return [general(v) if isinstance(v, complex) else real(v) for v in x]


def exp(field: Field, u: Tensor) -> Tensor:
    """e^u.

    >>> exp(Field(0), Tensor((), {0: [0.0], 1: [2.0]})).parts
    {0: [1.0], 1: [2.0]}
    """
    _analytic(field)

    def series(x: Part, order: int) -> list[Part]:
        columns = [_each(math.exp, cmath.exp, x)]
        for j in range(1, order + 1):
            columns.append(list(map(mul, columns[-1], repeat(1 / j))))
        return columns

    return compose(field, u, series)


def log(field: Field, u: Tensor) -> Tensor:
    """The natural logarithm; Retry at real numbers that are not positive."""
    _analytic(field)

    def series(x: Part, order: int) -> list[Part]:
        try:
            columns = [_each(math.log, cmath.log, x)]
        except ValueError:
            raise Retry("log of a number that is not positive") from None
        power: Part = [-1.0] * len(x)
        for j in range(1, order + 1):
            power = list(map(truediv, map(neg, power), x))
            columns.append(list(map(truediv, power, repeat(j))))
        return columns

    return compose(field, u, series)


def power(field: Field, u: Tensor, exponent: Any) -> Tensor:
    """u^exponent entry by entry, the exponent a plain scalar of the field.

    >>> power(Field(0), Tensor((1,), {0: [3.0], 1: [1.0]}), 2.0).parts
    {0: [9.0], 1: [6.0]}
    """
    whole = field.integer(exponent)
    if whole is not None and 0 <= whole <= 1 << 16:
        return _repeated(field, u, whole)
    if whole == -1:
        return reciprocal(field, u)
    if whole is not None and -(1 << 16) <= whole < 0:
        return _repeated(field, reciprocal(field, u), -whole)
    _analytic(field)

    def series(x: Part, order: int) -> list[Part]:
        if any(not isinstance(v, complex) and v <= 0 for v in x):
            raise Retry("a power of a number that is not positive")
        columns = [list(map(pow, x, repeat(exponent)))]
        for j in range(1, order + 1):
            scaled = map(mul, columns[-1], repeat((exponent - (j - 1)) / j))
            columns.append(list(map(truediv, scaled, x)))
        return columns

    return compose(field, u, series)


def _repeated(field: Field, u: Tensor, exponent: int) -> Tensor:
    if exponent == 0:
        return Tensor(u.shape, {0: [field.number(1)] * len(u.parts[0])})
    result: Tensor | None = None
    square = u
    while True:
        if exponent & 1:
            result = square if result is None else multiply(field, result, square)
        exponent >>= 1
        if not exponent:
            assert result is not None
            return result
        square = multiply(field, square, square)


def reciprocal(field: Field, u: Tensor) -> Tensor:
    """1/u; Retry at zero.

    >>> reciprocal(Field(7), Tensor((), {0: [2], 1: [1]})).parts
    {0: [4], 1: [5]}
    """
    p = field.prime

    def series(x: Part, order: int) -> list[Part]:
        if not all(x):
            raise Retry("division by zero")
        inverse = (
            list(map(pow, x, repeat(-1), repeat(p))) if p else list(map(truediv, repeat(1), x))
        )
        columns = [inverse]
        for _ in range(order):
            columns.append(list(field.elements(map(neg, map(mul, columns[-1], inverse)))))
        return columns

    return compose(field, u, series)


def divide(field: Field, a: Tensor, b: Tensor) -> Tensor:
    """a/b, either one of order 0 or both of one shape."""
    return multiply(field, a, reciprocal(field, b))


def general_power(field: Field, u: Tensor, exponent: Tensor) -> Tensor:
    """u^exponent, by multiplication or Taylor where the exponent is one plain number, else
    exp(exponent·log u)."""
    if not exponent.shape and len(exponent.parts) == 1:
        return power(field, u, exponent.parts[0][0])
    if u.shape != exponent.shape and not u.shape:
        u = combine(field, [1], [u], exponent.shape)
    return exp(field, multiply(field, log(field, u), exponent))


def sign(field: Field, u: Tensor) -> Tensor:
    """-1 or 1, of the real part; Retry near zero, but at the zeros of a structure, which stay, 0."""
    _analytic(field)
    moving = [part for mask, part in u.parts.items() if mask]

    def series(x: Part, order: int) -> list[Part]:
        real = [v.real for v in x]
        if min(map(abs, real)) < KINK:
            for place, v in enumerate(x):
                if abs(v.real) < KINK and (v or any(part[place] for part in moving)):
                    raise Retry("at a kink")
        return [[1.0 if v > 0 else -1.0 if v else 0.0 for v in real]]

    # what moves does not move it
    return compose(field, Tensor(u.shape, {0: u.parts[0]}), series)


def erf(field: Field, u: Tensor) -> Tensor:
    """The error function."""
    _analytic(field)

    def series(x: Part, order: int) -> list[Part]:
        columns = [_each(math.erf, _complex_erf, x)]
        squares = list(map(neg, map(mul, x, x)))
        # the Taylor coefficients h of e^(-x²) by its equation h' = -2x·h
        current = _each(math.exp, cmath.exp, squares)
        before: Part = [0.0] * len(x)
        for j in range(1, order + 1):
            columns.append(list(map(mul, current, repeat(2 / math.sqrt(math.pi) / j))))
            following = map(add, map(mul, x, current), before)
            before, current = current, list(map(mul, following, repeat(-2 / j)))
        return columns

    return compose(field, u, series)


def _complex_erf(z: complex) -> complex:
    if abs(z) > 5:
        raise Retry("erf too far from the real axis")
    term, total = z, z
    for n in range(1, 200):
        term = term * -z * z / n
        total += term / (2 * n + 1)
        if abs(term) < 1e-18 * abs(total):
            break
    return 2 / math.sqrt(math.pi) * total


def polynomial(field: Field, coefficients: list[Any], u: Tensor) -> Tensor:
    """Σ coefficient_i·u^i entry by entry.

    >>> polynomial(Field(0), [1.0, 0.0, 1.0], scalar(2.0)).parts
    {0: [5.0]}
    """
    total = Tensor(u.shape, {0: [coefficients[-1]] * len(u.parts[0])})
    for coefficient in reversed(coefficients[:-1]):
        total = combine(field, [1, 1], [multiply(field, total, u), scalar(coefficient)], u.shape)
    return total


def largest(field: Field, x: Tensor) -> int:
    """The place of the largest real part; Retry where two are close."""
    _analytic(field)
    values = [v.real for v in x.parts[0]]
    place = max(range(len(values)), key=values.__getitem__)
    if any(values[place] - v < KINK for i, v in enumerate(values) if i != place):
        raise Retry("two largest entries")
    return place


def is_real(u: Tensor) -> bool:
    """Whether every number is a float."""
    return not any(isinstance(v, complex) for x in u.parts.values() for v in x)


def real_part(u: Tensor) -> Tensor:
    """The real numbers that a formula through complex ones came to; Retry if they are not real."""
    parts: dict[int, Part] = {}
    for mask, x in u.parts.items():
        bound = 1e-9 * (1 + max((abs(v) for v in x), default=0.0))
        if any(abs(v.imag) > bound for v in x):
            raise Retry("outside of the real domain")
        parts[mask] = [v.real for v in x]
    return Tensor(u.shape, parts)


def _analytic(field: Field) -> None:
    if field.prime:
        raise Inexact
