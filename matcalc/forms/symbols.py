"""The length of an expression in symbols: what "shortest" means wherever forms compete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from matcalc.forms.expression import Expr, postorder

if TYPE_CHECKING:
    from matcalc.rational import Rational

_LEAVES = ("number", "name", "delta", "fuse", "keyword")
_CLOSED = ("name", "call", "number")


def weight(expr: Expr, children: Sequence[int]) -> int:
    """The symbols of an expression whose children have these; parentheses under a transpose count."""
    kind = expr.kind
    if kind == "number" and cast("Rational", expr.value).denominator != 1:
        return 3
    if kind in _LEAVES:
        return 1
    total = sum(children)
    match kind:
        case "call" | "negate" | "sum" | "integral" | "series" | "index" | "partial" | "derivative":
            return total + 1
        case "add":
            signs = expr.value
            assert isinstance(signs, tuple)
            return total + len(children) - (0 if signs[0] < 0 else 1)
        case "transpose":
            return total + (1 if expr.children[0].kind in _CLOSED else 2)
        case "matmul" | "hadamard" | "kron" | "product" | "divide" | "power" | "frobenius" | "star":
            return total + len(children) - 1
        case _:
            raise AssertionError(f"no weight for expressions of kind {kind}")


def symbols(expr: Expr) -> int:
    """The number of leaves and operators of an expression, shared parts counted as often as printed.

    >>> from matcalc.forms.expression import name
    >>> symbols(Expr("matmul", (Expr("transpose", (name("A"),)), name("x"))))
    4
    """
    known: dict[int, int] = {}
    for part in postorder(expr):
        known[id(part)] = weight(part, [known[id(child)] for child in part.children])
    return known[id(expr)]
