"""A graph made anew with some nodes replaced: every node goes through the builder's rules again."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.errors import InternalError
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
    Partial,
    Size,
    Variable,
    postorder,
)
from matcalc.tensor.simplify import Builder


def substitute(builder: Builder, node: Node, replaced: Mapping[Node, Node]) -> Node:
    """The node with each key of `replaced`, wherever it stands, replaced by its value of equal dims.

    >>> from matcalc.language.dimensions import Dim
    >>> builder, n = Builder(), Dim.named("n")
    >>> A, S = builder.variable("A", (n, n)), builder.variable("A", (n, n), ("symmetric",))
    >>> substitute(builder, builder.transpose(A, (1, 0)), {A: S}) is S
    True
    """
    made: dict[Node, Node] = {}
    for below in postorder(node):
        given = replaced.get(below)
        if given is not None:
            made[below] = given
            continue
        operands = tuple(made[operand] for operand in below.operands)
        made[below] = below if operands == below.operands else _again(builder, below, operands)
    return made[node]


def _again(builder: Builder, node: Node, operands: tuple[Node, ...]) -> Node:
    match node:
        case Einsum():
            return builder.einsum(operands, node.inputs, node.output)
        case Add():
            return builder.add(node.coefficients, operands, node.dims)
        case Map():
            return builder.map(node.function, operands, node.primes)
        case Apply():
            return builder.apply(node.function, operands, node.dims, node.params)
        case Partial():
            return builder.partial(operands[0], operands[1:])
        case Variable():
            return builder.variable(node.name, node.dims, node.attributes, operands)
        case Number() | Size() | Delta() | Fuse() | Constant():
            return node
        case _:
            raise InternalError(f"no way to make {type(node).__name__} again")
