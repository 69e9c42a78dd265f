"""A node made again of other operands, in another graph; how often each node is used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from matcalc.errors import InternalError
from matcalc.tensor.nodes import (
    Add,
    Apply,
    Constant,
    Delta,
    Einsum,
    Fuse,
    Graph,
    Map,
    Node,
    Number,
    Partial,
    Size,
    Variable,
)


def again(graph: Graph, node: Node, operands: tuple[Node, ...]) -> Node:
    """The node with other operands, of the same dims as before."""
    match node:
        case Einsum():
            return graph.einsum(operands, node.inputs, node.output)
        case Add():
            return graph.add(node.coefficients, operands, node.dims)
        case Map():
            return graph.map(node.function, operands, node.primes)
        case Apply():
            return graph.apply(node.function, operands, node.dims, node.params)
        case Variable() | Partial() | Number() | Size() | Delta() | Fuse() | Constant():
            # the code reads a variable by its name, whatever it depends on
            return node
        case _:
            raise InternalError(f"no way to make {type(node).__name__} again")


def uses_of(roots: Iterable[Node], order: Iterable[Node]) -> Mapping[Node, int]:
    """How often the value of each node is needed; `order` has all nodes below the roots."""
    uses: dict[Node, int] = {}
    for node in roots:
        uses[node] = uses.get(node, 0) + 1
    for node in order:
        for operand in node.operands:
            uses[operand] = uses.get(operand, 0) + 1
    return uses
