"""Layouts: how the axes of a derivative are arranged."""

from __future__ import annotations

from matcalc.tensor.nodes import Node
from matcalc.tensor.simplify import Builder

LAYOUTS = ("jacobian", "numerator", "denominator", "vec")


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


def order_of_axes(y_order: int, x_orders: tuple[int, ...], layout: str) -> tuple[int, ...]:
    """Which jacobian axis stands where.

    >>> order_of_axes(2, (2,), "numerator"), order_of_axes(1, (1, 1), "denominator")
    ((0, 1, 3, 2), (2, 0, 1))
    """
    axes = list(range(y_order))
    start = y_order
    for order in x_orders:
        x = list(range(start, start + order))
        start += order
        match layout:
            case "jacobian":
                axes = axes + x
            case "numerator":
                axes = axes + x[::-1]
            case "denominator":
                axes = x + axes[::-1]
            case _:
                raise AssertionError(layout)
    return tuple(axes)


def vec_groups(y_order: int, x_orders: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The jacobian axes that are fused into the rows and into the columns, the last one fastest.

    >>> vec_groups(2, (2,))
    ((1, 0), (3, 2))
    """
    last = x_orders[-1]
    total = y_order + sum(x_orders)
    rows = tuple(range(total - last))
    return rows[::-1], tuple(range(total - last, total))[::-1]


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
            from matcalc.language.dimensions import ONE

            # a scalar counts as 1
            sizes[index] = ONE
        output.append(index)
        index += 1
    return builder.contract(factors, tuple(output), sizes=sizes)
