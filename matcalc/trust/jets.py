"""Functions entry by entry on jets, by their Taylor series at the constant part.

Of a jet u = u₀ + ν with k nilpotents ν^(k+1) = 0, so g(u) = Σ_{j ≤ k} g⁽ʲ⁾(u₀)/j! · ν^j is exact.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

from matcalc.trust.field import Field, Inexact, Retry
from matcalc.trust.tensors import Part, Tensor, combine, multiply, scalar

KINK = 1e-3
"""Nearer to a kink than this, a point is drawn anew."""


def compose(field: Field, u: Tensor, series: Callable[[Any, int], list[Any]]) -> Tensor:
    """g(u), where `series(u₀, k)` are the first k + 1 Taylor coefficients of g at a scalar."""
    order = u.bits.bit_count()
    field.spend(8 * len(u.parts[0]))
    try:
        rows = [series(value, order) for value in u.parts[0]]
    except (OverflowError, ZeroDivisionError, ValueError) as error:
        raise Retry(str(error)) from None
    if order == 0:
        return Tensor(u.shape, {0: [row[0] for row in rows]})
    small = Tensor(u.shape, {m: x for m, x in u.parts.items() if m})
    total = Tensor(u.shape, {0: [row[order] for row in rows]})
    for j in range(order - 1, -1, -1):
        total = multiply(field, total, small)
        total.parts[0] = [row[j] for row in rows]
    return total


def exp(field: Field, u: Tensor) -> Tensor:
    """e^u.

    >>> exp(Field(0), Tensor((), {0: [0.0], 1: [2.0]})).parts
    {1: [2.0], 0: [1.0]}
    """
    _analytic(field)

    def series(x: Any, order: int) -> list[Any]:
        value = cmath.exp(x) if isinstance(x, complex) else math.exp(x)
        row = [value]
        for j in range(1, order + 1):
            value = value / j
            row.append(value)
        return row

    return compose(field, u, series)


def log(field: Field, u: Tensor) -> Tensor:
    """The natural logarithm; Retry at real numbers that are not positive."""
    _analytic(field)

    def series(x: Any, order: int) -> list[Any]:
        if isinstance(x, complex):
            row: list[Any] = [cmath.log(x)]
        elif x <= 0:
            raise Retry("log of a number that is not positive")
        else:
            row = [math.log(x)]
        power = -1.0
        for j in range(1, order + 1):
            power = -power / x
            row.append(power / j)
        return row

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

    def series(x: Any, order: int) -> list[Any]:
        if not isinstance(x, complex) and x <= 0:
            raise Retry("a power of a number that is not positive")
        value = x**exponent
        row = [value]
        for j in range(1, order + 1):
            value = value * (exponent - (j - 1)) / (j * x)
            row.append(value)
        return row

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
    {1: [5], 0: [4]}
    """
    p = field.prime

    def series(x: Any, order: int) -> list[Any]:
        inverse = field.invert(x)
        row = [inverse]
        for _ in range(order):
            value = -row[-1] * inverse
            row.append(value % p if p else value)
        return row

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
    """-1 or 1, of the real part; Retry near zero."""
    _analytic(field)

    def series(x: Any, order: int) -> list[Any]:
        x = x.real
        if abs(x) < KINK:
            raise Retry("at a kink")
        return [1.0 if x > 0 else -1.0] + [0.0] * order

    constant = Tensor(u.shape, {0: u.parts[0]})
    return compose(field, constant, series)


def erf(field: Field, u: Tensor) -> Tensor:
    """The error function."""
    _analytic(field)

    def series(x: Any, order: int) -> list[Any]:
        if isinstance(x, complex):
            row, gauss = [_complex_erf(x)], cmath.exp(-x * x)
        else:
            row, gauss = [math.erf(x)], math.exp(-x * x)
        # the Taylor coefficients h of e^(-x²) by its equation h' = -2x·h
        before, current = 0.0 * gauss, gauss
        for j in range(1, order + 1):
            row.append(2 / math.sqrt(math.pi) * current / j)
            before, current = current, -2 * (x * current + before) / j
        return row

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
