"""Products of sums as sums of products: what has been factored for print is made one with what was not."""

from __future__ import annotations

from itertools import product
from math import prod

from matcalc.tensor.nodes import Add, Einsum, Node, postorder
from matcalc.tensor.simplify import Builder

MOST_TERMS = 16


def distributed(builder: Builder, node: Node) -> Node | None:
    """(A + B)·x → A·x + B·x throughout, but inside functions; None where that makes too many terms.

    Equal nodes are the same object; nodes that differ may be equal all the same.

    >>> from matcalc.language.dimensions import Dim
    >>> builder, n = Builder(), Dim.named("n")
    >>> A, x = builder.variable("A", (n, n)), builder.variable("x", (n,))
    >>> B = builder.transpose(A, (1, 0))
    >>> factored = builder.einsum((builder.add((1, 1), (A, B), (n, n)), x), ((0, 1), (1,)), (0,))
    >>> parts = [builder.einsum((one, x), ((0, 1), (1,)), (0,)) for one in (A, B)]
    >>> distributed(builder, factored) is builder.add((1, 1), tuple(parts), (n,))
    True
    """
    made: dict[Node, Node] = {}
    for below in postorder(node):
        operands = tuple([made[operand] for operand in below.operands])
        again = below
        if isinstance(below, Add) and operands != below.operands:
            again = builder.add(below.coefficients, operands, below.dims)
        elif isinstance(below, Einsum):
            choices = [
                list(zip(operand.operands, operand.coefficients, strict=True))
                if isinstance(operand, Add)
                else [(operand, 1)]
                for operand in operands
            ]
            count = prod(map(len, choices))
            if count > MOST_TERMS:
                return None
            if count > 1 or operands != below.operands:
                chosen = list(product(*choices))
                terms = [
                    builder.einsum(tuple(part for part, _ in one), below.inputs, below.output)
                    for one in chosen
                ]
                coefficients = tuple(prod(factor for _, factor in one) for one in chosen)
                again = builder.add(coefficients, terms, below.dims)
        made[below] = again
    return made[node]
