"""Layouts: which jacobian axis of a derivative stands where."""

from __future__ import annotations

from matcalc.language.dimensions import ONE, Dim
from matcalc.language.typed import Typed, Variable

LAYOUTS = ("jacobian", "numerator", "denominator", "vec")


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


def peeled(expression: Typed) -> tuple[Typed, tuple[Variable, ...]]:
    """What the outermost chain of derivatives is of, and its variables, in order."""
    wrt: list[Variable] = []
    while expression.op == "derivative":
        wrt.append(expression.data)
        (expression,) = expression.children
    return expression, tuple(reversed(wrt))


def arranged_dims(expression: Typed, layout: str) -> tuple[Dim, ...]:
    """The dimensions, the outermost chain of derivatives in the layout."""
    dims = expression.dims
    if expression.op != "derivative" or layout == "jacobian":
        return dims
    value, wrt = peeled(expression)
    x_orders = tuple([len(variable.dims) for variable in wrt])
    if layout != "vec":
        return tuple([dims[axis] for axis in order_of_axes(len(value.dims), x_orders, layout)])
    fused = []
    for group in vec_groups(len(value.dims), x_orders):
        total = ONE
        for axis in group:
            total = total * dims[axis]
        fused.append(total)
    return tuple(fused)


def is_row(expression: Typed, layout: str) -> bool | None:
    """Whether a vector lies, the outermost chain of derivatives in the layout; None where it does not count.

    A gradient lies in numerator, the derivative of a vector by a scalar in denominator; in vec lies what
    has columns alone.
    """
    if expression.op != "derivative":
        return expression.row
    value, wrt = peeled(expression)
    match layout:
        case "numerator":
            return not value.dims
        case "denominator":
            return bool(value.dims)
        case "vec":
            return bool(wrt[-1].dims)
        case _:
            return None
