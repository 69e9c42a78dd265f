"""How tightly each kind of expression binds, for every printer of mathematics; and what is open."""

from __future__ import annotations

from typing import cast

from matcalc.forms.expression import Expr, postorder

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


def open_ended(root: Expr) -> frozenset[int]:
    """The ids of the parts that end in a Σ without parentheses, which would swallow what follows."""
    found: set[int] = set()
    for expr in postorder(root):
        if expr.kind in ("sum", "series") or (
            expr.kind in ("add", "product", "negate", "hadamard", "matmul")
            and id(expr.children[-1]) in found
        ):
            found.add(id(expr))
    return frozenset(found)


def needs_parentheses(parent: Expr, place: int, opened: frozenset[int] = frozenset()) -> bool:
    """Whether the child at this place needs parentheses, in a notation written on one line."""
    child = parent.children[place]
    last = place == len(parent.children) - 1
    if id(child) in opened and not last and parent.kind not in ("call", "index"):
        return True
    inside = level(child)
    match parent.kind:
        case "call" | "keyword" | "sum" | "integral" | "series":
            return False
        case "derivative" | "differentiate" | "partial":
            return False
        case "add":
            # -(a + b) and a - (-b) keep their parentheses, a sum at the front needs none
            return inside == SUM or (place > 0 and inside == UNARY and _signed(child))
        case "negate":
            return inside < PRODUCT or _signed(child)
        case "frobenius":
            return inside <= FROBENIUS
        case "divide":
            return _in_quotient(parent, child, place)
        case "hadamard" | "matmul" | "kron" | "star" | "product":
            return _in_product(parent, child, place)
        case "power":
            return inside < POSTFIX if place == 0 else not _plain_exponent(child)
        case "transpose" | "index":
            return inside < POSTFIX
        case kind:
            raise AssertionError(f"no precedence for children of kind {kind}")


def _signed(expr: Expr) -> bool:
    return expr.kind == "negate" or (expr.kind == "number" and cast(int, expr.value) < 0)


def _is_scale(expr: Expr) -> bool:
    return expr.kind in ("hadamard", "divide") and expr.value == "scale"


def _in_product(parent: Expr, child: Expr, place: int) -> bool:
    inside = level(child)
    if child.kind in ("sum", "series"):
        return False
    if child.kind == "integral":
        # its ds ends it
        return place < len(parent.children) - 1
    if child.kind == "partial":
        return True
    if inside > PRODUCT:
        return place > 0 and _signed(child)
    if inside < PRODUCT:
        return True
    last = place == len(parent.children) - 1
    if _is_scale(parent) and last:
        # (2*A) @ x is 2*(A @ x): the level is read from left to right
        return False
    if child.kind == "product":
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


def _plain_exponent(expr: Expr) -> bool:
    return expr.kind == "name" or (expr.kind == "number" and cast(int, expr.value).denominator == 1)
