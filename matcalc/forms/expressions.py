"""Expressions that are made once each, with their lengths in symbols: what "shortest" means for forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from matcalc.forms.expression import Expr
from matcalc.language.dimensions import TRIANGLE, Dim, triangle_side

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
    kind = expr.kind
    if kind == "transpose":
        return transposed_weight(expr.children[0])
    total = _BESIDES[kind]
    if total < 0:
        for child in expr.children:
            total += child.cost + 1
        if kind == "add" and cast("tuple[int, ...]", expr.value)[0] < 0:
            total += 1
        return total
    if kind == "number" and cast("Rational", expr.value).denominator != 1:
        return 3
    for child in expr.children:
        total += child.cost
    return total


def transposed_weight(expr: Expr) -> int:
    """The symbols of the transpose of an expression, written with '."""
    return expr.cost + (1 if expr.kind in _CLOSED else 2)


class Expressions:
    """Makes expressions: equal ones are one object, so that they are compared by identity.

    >>> made = Expressions()
    >>> made.call("exp", made.name("x")) is made.call("exp", made.name("x"))
    True
    """

    def __init__(self) -> None:
        self._exprs: dict[tuple[object, ...], Expr] = {}
        self._names: dict[str, Expr] = {}

    def make(self, kind: str, children: tuple[Expr, ...] = (), value: object = None) -> Expr:
        """The one expression of this content; children must come from here as well."""
        key = (kind, children, type(value), value)
        expr = self._exprs.get(key)
        if expr is None:
            expr = self._exprs[key] = Expr(kind, children, value)
            expr.cost = weight(expr)
        return expr

    def rename(self, expr: Expr, other: Expr) -> None:
        """From now on, `make` gives the other expression where it would make this one."""
        self._exprs[expr.kind, expr.children, type(expr.value), expr.value] = other

    def name(self, word: str) -> Expr:
        expr = self._names.get(word)
        if expr is None:
            expr = self._names[word] = Expr("name", (), word)
            expr.cost = 1
        return expr

    def number(self, value: object) -> Expr:
        return self.make("number", (), value)

    def call(self, function: str, *arguments: Expr) -> Expr:
        return self.make("call", arguments, function)

    def size(self, dim: Dim) -> Expr:
        """A dimension as an expression: n, m*n, n + 1."""
        terms: list[Expr] = []
        for monomial, coefficient in dim.terms:
            factors = [
                self.number(int(word[1:]))
                if word.startswith("#")
                else self._triangle(triangle_side(word))
                if word.startswith(TRIANGLE)
                else self.name(word)
                for word in monomial
            ]
            if coefficient != 1 or not factors:
                factors.insert(0, self.number(coefficient))
            terms.append(self.join("hadamard", factors, "scale"))
        if not terms:
            return self.number(0)
        return self.join("add", terms, (1,) * len(terms))

    def _triangle(self, side: Dim) -> Expr:
        """n*(n + 1)/2."""
        above = (self.size(side), self.size(side + Dim.number(1)))
        return self.make("divide", (self.make("hadamard", above, "scale"), self.number(2)), "scale")

    def join(self, kind: str, parts: Sequence[Expr], value: object = None) -> Expr:
        """The n-ary expression, or the only part."""
        return parts[0] if len(parts) == 1 else self.make(kind, tuple(parts), value)

    def cheaper(self, first: Expr, second: Expr) -> Expr:
        """The shorter one; the first if they are equally long."""
        return first if first.cost <= second.cost else second
