"""Sums of exponentials, recognised in tensor graphs; and sums and products made, without any rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from matcalc.tensor.nodes import Add, Delta, Einsum, Graph, Map, Node, Number, Size

if TYPE_CHECKING:
    from matcalc.language.dimensions import Dim
    from matcalc.rational import Rational

Exponential = tuple["Rational", Node | None]
"""c·exp(u) as c and u; None for c alone."""
Term = tuple["Rational", Node]
Factor = tuple[Node, tuple[int, ...]]
Total = tuple[Map, tuple[int, ...], tuple[int, ...], tuple[Node, ...]]
"""exp(u), its indices, those that are not summed, and the scalars beside it."""


def exponential(coefficient: Rational, node: Node) -> Exponential | None:
    """A positive multiple of an exponential, or of 1."""
    if coefficient < 0 or not (is_ones(node) or is_map(node, "exp")):
        return None
    return coefficient, node.operands[0] if is_map(node, "exp") else None


def totalled(node: Einsum) -> Total | None:
    """A sum of exp(u) over some of its axes, times scalars made of sizes."""
    inner: Einsum = node
    scalars: list[Node] = []
    large: list[Factor] = []
    for operand, names in zip(node.operands, node.inputs, strict=True):
        if is_positive(operand):
            scalars.append(operand)
        else:
            large.append((operand, names))
    if len(large) == 1 and not large[0][1] and isinstance(large[0][0], Einsum):
        inner = large[0][0]
        large = list(zip(inner.operands, inner.inputs, strict=True))
    if len(large) != 1:
        return None
    (power, names), output = large[0], inner.output
    plain = len({*names}) == len(names) > len(output) and len({*output}) == len(output)
    if not plain or not isinstance(power, Map) or power.function != "exp":
        return None
    return power, names, output, tuple(scalars)


def whole_power(node: Node) -> tuple[Node, int]:
    """A node as a whole power of another."""
    if isinstance(node, Map) and node.function == "pow":
        exponent = node.operands[1]
        if isinstance(exponent, Number) and isinstance(exponent.value, int):
            return node.operands[0], exponent.value
    return node, 1


def is_map(node: Node, function: str) -> bool:
    """Whether it is this function, entry by entry."""
    return isinstance(node, Map) and node.function == function


def is_ones(node: Node) -> bool:
    """Whether every entry is 1."""
    if isinstance(node, Number):
        return node.value == 1
    if isinstance(node, Einsum):
        return all(isinstance(o, Delta) and o.order == 1 for o in node.operands)
    return isinstance(node, Delta) and node.order == 1


def is_positive(node: Node) -> bool:
    """Whether it is a size, or a power of one."""
    base = node.operands[0] if is_map(node, "pow") else node
    return isinstance(base, Size)


def summed(graph: Graph, terms: Iterable[Term], factor: Rational = 1) -> Node:
    """Σ c·node + log(factor), nested sums flat."""
    total: dict[Node, Rational] = {}
    dims: tuple[Dim, ...] = ()
    for coefficient, node in terms:
        dims = node.dims
        inner = (
            zip(node.coefficients, node.operands, strict=True)
            if isinstance(node, Add)
            else ((1, node),)
        )
        for multiple, operand in inner:
            total[operand] = total.get(operand, 0) + coefficient * multiple
    if factor != 1:
        total[spread(graph, graph.map("log", (graph.number(factor),)), dims)] = 1
    kept = {node: coefficient for node, coefficient in total.items() if coefficient != 0}
    if len(kept) == 1 and set(kept.values()) == {1}:
        return next(iter(kept))
    return graph.add(tuple(kept.values()), tuple(kept), dims)


def multiplied(graph: Graph, scalars: tuple[Node, ...]) -> Node:
    """The product of scalars."""
    return scalars[0] if len(scalars) == 1 else graph.einsum(scalars, ((),) * len(scalars), ())


def spread(graph: Graph, scalar: Node, dims: tuple[Dim, ...]) -> Node:
    """A scalar along every axis."""
    if not dims:
        return scalar
    output = tuple(range(len(dims)))
    ones = tuple(graph.delta(dim, 1) for dim in dims)
    names = tuple((axis,) for axis in output)
    if is_ones(scalar):
        return ones[0] if len(ones) == 1 else graph.einsum(ones, names, output)
    return graph.einsum((*ones, scalar), (*names, ()), output)
