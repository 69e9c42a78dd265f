"""A node made again of other operands, in another graph."""

from __future__ import annotations

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
