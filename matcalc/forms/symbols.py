"""The length of an expression in symbols: what "shortest" means wherever forms compete."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from matcalc.forms.expression import Expr

if TYPE_CHECKING:
    from matcalc.rational import Rational

_BESIDES = {
    "number": 1, "name": 1, "delta": 1, "fuse": 1, "keyword": 0,
    "call": 1, "negate": 1, "sum": 1, "integral": 1, "series": 1,
    "index": 1, "partial": 1, "derivative": 1,
    "matmul": -1, "hadamard": -1, "kron": -1, "product": -1,
    "divide": -1, "power": -1, "frobenius": -1, "star": -1, "add": -1,
}  # fmt: skip
"""The symbols besides children; -1 where there is one between each two of these."""
_CLOSED = frozenset(("name", "call", "number"))


def weight(expr: Expr) -> int:
    """The symbols of an expression whose children have costs; parentheses under a transpose count.

    >>> A, x = (Expr("name", (), word) for word in "Ax")
    >>> A.cost = x.cost = 1
    >>> turned = Expr("transpose", (A,))
    >>> turned.cost = weight(turned)
    >>> weight(Expr("matmul", (turned, x)))
    4
    """
    kind, children = expr.kind, expr.children
    if kind == "transpose":
        return transposed_weight(children[0])
    total = _BESIDES[kind]
    if total < 0:
        total += len(children)
        if kind == "add" and cast("tuple[int, ...]", expr.value)[0] < 0:
            total += 1
    elif kind == "number" and cast("Rational", expr.value).denominator != 1:
        return 3
    for child in children:
        total += child.cost
    return total


def transposed_weight(expr: Expr) -> int:
    """The symbols of the transpose of an expression, written with '."""
    return expr.cost + (1 if expr.kind in _CLOSED else 2)
