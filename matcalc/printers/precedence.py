"""How tightly each kind of expression binds, for every printer of mathematics; and what is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from matcalc.forms.expression import Expr

SUM, FROBENIUS, PRODUCT, UNARY, POWER, POSTFIX = range(1, 7)

LEVELS: dict[str, int] = {
    "add": SUM,
    "sum": PRODUCT,
    "series": PRODUCT,
    "integral": PRODUCT,
    "frobenius": FROBENIUS,
    "matmul": PRODUCT,
    "hadamard": PRODUCT,
    "divide": PRODUCT,
    "kron": PRODUCT,
    "star": PRODUCT,
    "product": PRODUCT,
    "negate": UNARY,
    "derivative": UNARY,
    "differentiate": UNARY,
    "partial": UNARY,
    "power": POWER,
    "transpose": POSTFIX,
    "index": POSTFIX,
    "call": POSTFIX,
    "number": POSTFIX,
    "name": POSTFIX,
    "delta": POSTFIX,
    "fuse": POSTFIX,
    "keyword": SUM,
}
"""Larger binds tighter: the levels of the language, loosest first."""


def level(expr: Expr) -> int:
    """The level of an expression; a fraction binds as a quotient, a negative number as a sign.

    >>> level(Expr("number", (), -1)) == UNARY
    True
    """
    if expr.kind == "number":
        value = cast(int, expr.value)
        if value.denominator != 1:
            return PRODUCT
        return UNARY if value < 0 else POSTFIX
    return LEVELS[expr.kind]


CLOSED = frozenset(kind for kind, tight in LEVELS.items() if tight == POSTFIX) - {"number"}
"""Kinds that need no parentheses, but as an exponent."""

_AS_ITS_LAST = frozenset(("add", "product", "negate", "hadamard", "matmul"))
"""Kinds that end in their last part, with nothing after it."""

_OPEN = _AS_ITS_LAST | {"sum", "series"}


def needs_parentheses(parent: Expr, place: int) -> bool:
    """Whether the child at this place needs parentheses, in a notation written on one line.

    The parent is of a kind that has operators before or after its parts.
    """
    child = parent.children[place]
    if child.kind in CLOSED:
        return False
    if child.kind in _OPEN and place < len(parent.children) - 1 and _is_open(child):
        return True
    return _RULES[parent.kind](parent, child, place)


def exponent_needs_parentheses(exponent: Expr) -> bool:
    """The same of an exponent: all but names and whole numbers do.

    >>> exponent_needs_parentheses(Expr("number", (), -1))
    False
    """
    if exponent.kind == "number":
        return cast(int, exponent.value).denominator != 1
    return exponent.kind != "name"


def _is_open(expr: Expr) -> bool:
    """Whether it ends in a Σ without parentheses, which would swallow what follows.

    Asked of what is not last in its parent: so all the walks of an expression pass a part once.
    """
    while expr.kind in _AS_ITS_LAST:
        expr = expr.children[-1]
    return expr.kind in ("sum", "series")


def _in_sum(parent: Expr, child: Expr, place: int) -> bool:
    # -(a + b) and a - (-b) keep their parentheses, a sum at the front needs none
    if child.kind == "negate":
        return place > 0 or cast("tuple[int, ...]", parent.value)[0] < 0
    return child.kind == "add" or (child.kind == "number" and place > 0 and level(child) == UNARY)


def _under_a_sign(parent: Expr, child: Expr, place: int) -> bool:
    return level(child) < PRODUCT or _signed(child)


def _in_frobenius(parent: Expr, child: Expr, place: int) -> bool:
    return level(child) <= FROBENIUS


def _under_a_script(parent: Expr, child: Expr, place: int) -> bool:
    return level(child) < POSTFIX


def _signed(expr: Expr) -> bool:
    return expr.kind == "negate" or (expr.kind == "number" and cast(int, expr.value) < 0)


def _is_scale(expr: Expr) -> bool:
    return expr.kind in ("hadamard", "divide") and expr.value == "scale"


def _in_product(parent: Expr, child: Expr, place: int) -> bool:
    if child.kind in ("sum", "series", "product"):
        return False
    if child.kind == "integral":
        # its ds ends it
        return place < len(parent.children) - 1
    if child.kind == "partial":
        return True
    inside = level(child)
    if inside > PRODUCT:
        return place > 0 and _signed(child)
    if inside < PRODUCT:
        return True
    last = place == len(parent.children) - 1
    if _is_scale(parent) and last:
        # (2*A) @ x is 2*(A @ x): the level is read from left to right
        return False
    return not (place == 0 and _is_scale(child) and not _is_scale(parent))


def _in_quotient(parent: Expr, child: Expr, place: int) -> bool:
    inside = level(child)
    if place == 0:
        # (A @ x)/2 for the eye: without parentheses it has the same value
        return inside < PRODUCT or child.kind == "integral" or _ends_in_matrices(child)
    # a/(d(f)/dx): a derivative brings a slash of its own
    return inside <= PRODUCT or child.kind in ("derivative", "partial") or _signed(child)


def _ends_in_matrices(expr: Expr) -> bool:
    if _is_scale(expr) and expr.kind == "hadamard":
        expr = expr.children[-1]
    return expr.kind in ("matmul", "kron", "star")


_RULES: dict[str, Callable[[Expr, Expr, int], bool]] = {
    "add": _in_sum,
    "negate": _under_a_sign,
    "frobenius": _in_frobenius,
    "divide": _in_quotient,
    "hadamard": _in_product,
    "matmul": _in_product,
    "kron": _in_product,
    "star": _in_product,
    "product": _in_product,
    "power": _under_a_script,
    "transpose": _under_a_script,
    "index": _under_a_script,
}
"""By the kind of the parent."""
