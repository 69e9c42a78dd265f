"""Layouts: how the axes of a derivative are arranged."""

from __future__ import annotations

from matcalc.language.dimensions import ONE
from matcalc.language.layouts import order_of_axes, vec_groups
from matcalc.tensor.nodes import Node
from matcalc.tensor.simplify import Builder


def arrange(
    builder: Builder, node: Node, y_order: int, x_orders: tuple[int, ...], layout: str
) -> Node:
    """A derivative in jacobian axes (y…, x of the first derivative…, of the second…), arranged.

    A second derivative applies the same rule again to the first.  `vec` gives a matrix
    (Magnus and Neudecker, Matrix Differential Calculus, 2019, section 5.15).

    >>> from matcalc.language.dimensions import Dim
    >>> builder = Builder()
    >>> node = builder.variable("J", tuple(Dim.named(name) for name in "MPUV"))
    >>> [str(dim) for dim in arrange(builder, node, 2, (2,), "denominator").dims]
    ['U', 'V', 'P', 'M']
    """
    if layout == "jacobian":
        return node
    if layout == "vec":
        return _vectorised(builder, node, y_order, x_orders) if x_orders else node
    return builder.transpose(node, order_of_axes(y_order, x_orders, layout))


def matrix(builder: Builder, node: Node, row: bool) -> Node:
    """A scalar as 1×1, a row as 1×n, a vector as n×1; anything else as it is.

    >>> from matcalc.language.dimensions import Dim
    >>> builder = Builder()
    >>> [str(dim) for dim in matrix(builder, builder.variable("x", (Dim.named("n"),)), True).dims]
    ['1', 'n']
    """
    match node.order:
        case 0:
            return builder.contract([(node, ())], (0, 1), sizes={0: ONE, 1: ONE})
        case 1:
            return builder.contract([(node, (0,))], (1, 0) if row else (0, 1), sizes={1: ONE})
        case _:
            return node


def _vectorised(builder: Builder, node: Node, y_order: int, x_orders: tuple[int, ...]) -> Node:
    factors = [(node, tuple(range(node.order)))]
    output = []
    sizes = {}
    index = node.order
    for group in vec_groups(y_order, x_orders):
        if len(group) == 1:
            output.append(group[0])
            continue
        if group:
            fuse = builder.fuse(tuple(node.dims[axis] for axis in group))
            factors.append((fuse, (*group, index)))
        else:
            # a scalar counts as 1
            sizes[index] = ONE
        output.append(index)
        index += 1
    return builder.contract(factors, tuple(output), sizes=sizes)
