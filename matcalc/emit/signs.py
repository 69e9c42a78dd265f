"""What is never negative: a small inference on nodes, for symmetric products with square roots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.tensor.nodes import (
    Add,
    Apply,
    Constant,
    Delta,
    Einsum,
    Fuse,
    Map,
    Node,
    Number,
    Size,
    postorder,
)

if TYPE_CHECKING:
    from matcalc.rational import Rational

POSITIVE = frozenset({"exp", "sigmoid", "softplus", "cosh", "abs", "relu", "heaviside"})
"""Functions of entries whose values are never negative."""
AT_MOST_ONE = frozenset({"sigmoid", "tanh", "sin", "cos", "sign", "erf", "heaviside"})
"""Functions of entries whose values are never above 1 in absolute value, in floating point too."""


def is_nonnegative(node: Node) -> bool:
    """Whether every entry is certainly at least 0 (or NaN), as computed in floating point.

    >>> from matcalc.tensor.nodes import Graph
    >>> graph = Graph()
    >>> x = graph.variable("x", ())
    >>> square = graph.map("pow", (x, graph.number(2)))
    >>> is_nonnegative(square), is_nonnegative(graph.add((1, 1), (x, square), ()))
    (True, False)
    """
    found: dict[Node, bool] = {}
    for inner in postorder(node):
        found[inner] = _is_nonnegative(inner, found)
    return found[node]


def _is_nonnegative(node: Node, found: dict[Node, bool]) -> bool:
    match node:
        case Number():
            return node.value >= 0
        case Size() | Delta() | Fuse():
            return True
        case Constant():
            return node.name in ("pi", "e", "block", "lower", "upper", "vech", "duplication")
        case Einsum():
            return _is_product_nonnegative(node, found)
        case Add():
            terms = list(zip(node.coefficients, node.operands, strict=True))
            return _is_complement(terms) or all(c > 0 and found[o] for c, o in terms)
        case Map() if node.function == "pow":
            exponent = node.operands[1]
            even = isinstance(exponent, Number) and exponent.value % 2 == 0
            return even or found[node.operands[0]]
        case Map():
            return node.function in POSITIVE and not node.primes
        case Apply():
            return node.function in ("softmax", "nuclear")
        case _:
            return False


def _is_product_nonnegative(node: Einsum, found: dict[Node, bool]) -> bool:
    """Whether each factor is never negative, or is there twice with the same indices."""
    counts: dict[tuple[Node, tuple[int, ...]], int] = {}
    for factor in zip(node.operands, node.inputs, strict=True):
        counts[factor] = counts.get(factor, 0) + 1
    return all(count % 2 == 0 or found[operand] for (operand, _), count in counts.items())


def _is_complement(terms: list[tuple[Rational, Node]]) -> bool:
    """c - c·u where u is at most 1: a bounded function, a power of one, softmax."""
    if len(terms) != 2:
        return False
    (a, one), (b, two) = terms
    if _is_one(two):
        a, one, b, two = b, two, a, one
    return _is_one(one) and a == -b and a > 0 and _is_at_most_one(two)


def _is_one(node: Node) -> bool:
    """The number 1, or a tensor of ones."""
    if isinstance(node, Einsum):
        return all(isinstance(operand, Delta) and operand.order == 1 for operand in node.operands)
    return (isinstance(node, Number) and node.value == 1) or (
        isinstance(node, Delta) and node.order == 1
    )


def _is_at_most_one(node: Node) -> bool:
    match node:
        case Map() if node.function == "pow":
            exponent = node.operands[1]
            whole = (
                isinstance(exponent, Number)
                and exponent.value > 0
                and exponent.value.denominator == 1
            )
            return whole and _is_at_most_one(node.operands[0])
        case Map():
            return node.function in AT_MOST_ONE and not node.primes
        case Apply():
            return node.function == "softmax"
        case _:
            return False
