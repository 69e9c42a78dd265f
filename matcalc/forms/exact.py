"""Arithmetic of exact numbers that forms need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.rational import quotient

if TYPE_CHECKING:
    from matcalc.rational import Rational


def magnitude(value: Rational) -> Rational:
    """The absolute value, of the same type."""
    return value if value >= 0 else -value


def is_whole(value: Rational) -> bool:
    """Whether it is an integer."""
    return value.denominator == 1


def power(base: Rational, exponent: Rational) -> Rational:
    """An exact power; the exponent is whole unless the base is 1."""
    if base == 1 or exponent == 1:
        return base
    assert exponent.denominator == 1
    whole = exponent.numerator
    if whole >= 0:
        return base**whole
    return quotient(base.denominator**-whole, base.numerator**-whole)
