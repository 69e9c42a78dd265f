"""Exact rational numbers: int where it suffices, Fraction (imported only then) where not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction

    Rational = int | Fraction


def rational(text: str) -> Rational:
    """The exact value of a decimal literal.

    >>> rational("12"), rational("0.5"), rational("1e2")
    (12, Fraction(1, 2), 100)
    """
    if text.isdigit():
        return int(text)
    from fractions import Fraction

    return normal(Fraction(text))


def normal(value: Rational) -> Rational:
    """An int if the value is whole.

    >>> normal(3)
    3
    """
    return value.numerator if value.denominator == 1 else value


def quotient(a: Rational, b: Rational) -> Rational:
    """a / b, exactly; ZeroDivisionError if b is 0.

    >>> quotient(1, 2), quotient(4, 2)
    (Fraction(1, 2), 2)
    """
    if b == 1:
        return a
    from fractions import Fraction

    return normal(Fraction(a) / b)
