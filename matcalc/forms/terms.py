"""Products, powers and sums of written terms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from matcalc.forms.exact import magnitude
from matcalc.forms.expression import Expr, call, number
from matcalc.language.dimensions import Dim

if TYPE_CHECKING:
    from matcalc.rational import Rational


def times(left: Expr, right: Expr) -> Expr:
    """left·right, flat, as one quotient if there are quotients.

    >>> from matcalc.forms.expression import name
    >>> times(ratio(name("a"), name("b")), name("c"))
    divide 'scale'(product(name 'a', name 'c'), name 'b')
    """
    if left.kind == "number" and left.value == 1:
        return right
    if right.kind == "number" and right.value == 1:
        return left
    if "divide" in (left.kind, right.kind):
        above: Expr = left
        below: Expr | None = None
        if left.kind == "divide":
            above, below = left.children
        if right.kind == "divide":
            right, other = right.children
            below = other if below is None else times(below, other)
        assert below is not None
        return ratio(times(above, right), below)
    parts: list[Expr] = []
    for expr in (left, right):
        parts += expr.children if expr.kind == "product" else (expr,)
    return Expr("product", tuple(parts))


def product(factors: Sequence[Expr]) -> Expr:
    """The product of all; 1 of none."""
    parts: list[Expr] = []
    for place, factor in enumerate(factors):
        if factor.kind == "divide":
            result = _flat(parts)
            for other in factors[place:]:
                result = times(result, other)
            return result
        if factor.kind == "product":
            parts += factor.children
        elif factor.kind != "number" or factor.value != 1:
            parts.append(factor)
    return _flat(parts)


def _flat(parts: Sequence[Expr]) -> Expr:
    if not parts:
        return number(1)
    return parts[0] if len(parts) == 1 else Expr("product", tuple(parts))


def ratio(above: Expr, below: Expr) -> Expr:
    return Expr("divide", (above, below), "scale")


def power(base: Expr, exponent: Rational) -> Expr:
    """base^exponent, exponent > 0.

    >>> from matcalc.forms.expression import name
    >>> power(name("x"), 2)
    power '^'(name 'x', number 2)
    """
    if exponent == 1:
        return base
    if exponent.denominator == 2 and exponent.numerator == 1:
        return call("sqrt", base)
    return Expr("power", (base, number(exponent)), "^")


def split(expr: Expr) -> tuple[Rational, Expr]:
    """The number that a term has in front, and the rest.

    >>> from matcalc.forms.expression import name
    >>> split(Expr("negate", (times(number(2), name("x")),)))
    (-2, name 'x')
    """
    sign = 1
    if expr.kind == "negate":
        (expr,), sign = expr.children, -1
    if expr.kind == "product" and expr.children[0].kind == "number":
        value = cast("Rational", expr.children[0].value)
        return sign * value, product(expr.children[1:])
    return sign, expr


def combine(terms: Sequence[tuple[Rational, Expr]], dims: Sequence[tuple[Dim, ...]]) -> Expr:
    """The sum of coefficient·term; one Σ over all of them if all have the same letters.

    `dims` are the dimensions of each term's summed letters.
    """
    if not terms:
        return number(0)
    parts: list[tuple[Rational, Expr]] = []
    for coefficient, expr in terms:
        size, rest = split(expr)
        parts.append((coefficient * size, rest))
    first = parts[0][1]
    if (
        len(parts) > 1
        and first.kind == "sum"
        and all(expr.kind == "sum" and expr.value == first.value for _, expr in parts)
        and len(set(dims)) == 1
    ):
        bodies = [(coefficient, expr.children[0]) for coefficient, expr in parts]
        return Expr("sum", (_plain(bodies),), first.value)
    return _plain(parts)


def _plain(terms: Sequence[tuple[Rational, Expr]]) -> Expr:
    ordered = list(terms)
    for at, term in enumerate(ordered):
        if term[0] > 0:
            ordered.insert(0, ordered.pop(at))
            break
    coefficient, leading = ordered[0]
    if coefficient < 0:
        turned = _turned(leading)
        if turned is not None:
            ordered[0] = (-coefficient, turned)
    parts: list[Expr] = []
    signs: list[int] = []
    for coefficient, expr in ordered:
        part = scaled(magnitude(coefficient), expr)
        # a sum within a sum is written flat
        if part.kind == "add" and coefficient > 0:
            assert isinstance(part.value, tuple)
            parts += part.children
            signs += part.value
        else:
            parts.append(part)
            signs.append(1 if coefficient > 0 else -1)
    if len(parts) == 1:
        return parts[0] if signs[0] > 0 else Expr("negate", (parts[0],))
    return Expr("add", tuple(parts), tuple(signs))


def scaled(coefficient: Rational, expr: Expr) -> Expr:
    """coefficient·expr, coefficient > 0."""
    if coefficient == 1:
        return expr
    if expr.kind == "number":
        assert isinstance(expr.value, int)
        if expr.value == 1:
            return number(coefficient)
    if expr.kind == "sum":
        return times(number(coefficient), expr)
    expr = times(number(coefficient.numerator), expr)
    if coefficient.denominator == 1:
        return expr
    return times(expr, ratio(number(1), number(coefficient.denominator)))


def _turned(expr: Expr) -> Expr | None:
    """The negative, by turning a sum of both signs round: r·(b - a) for r·(a - b); else None."""
    if expr.kind == "add":
        assert isinstance(expr.value, tuple)
        signs = [-sign for sign in expr.value]
        if 1 not in signs:
            return None
        pairs = list(zip(expr.children, signs, strict=True))
        pairs.insert(0, pairs.pop(signs.index(1)))
        return Expr("add", tuple(child for child, _ in pairs), tuple(sign for _, sign in pairs))
    if expr.kind in ("product", "sum", "divide"):
        # a sum that is the body of a Σ has terms of its own
        for place, child in enumerate(expr.children[: 1 if expr.kind == "divide" else None]):
            if child.kind == "sum":
                continue
            turned = _turned(child)
            if turned is not None:
                children = (*expr.children[:place], turned, *expr.children[place + 1 :])
                return Expr(expr.kind, children, expr.value)
    return None
