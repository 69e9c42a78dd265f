"""What derivatives and differentials within an expression have to know of their operands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from matcalc.language.typed import Typed, Variable, linear_structure, postorder
from matcalc.trust.sample import Point
from matcalc.trust.tensors import Tensor


def evaluated(order: list[Typed], point: Point) -> list[Typed]:
    """Those of the nodes below the last one, operands first, whose values that of the last is made of.

    What does not reach the variable of a derivative is never evaluated for it.
    """
    needed = {order[-1]}
    for node in reversed(order):
        if node not in needed:
            continue
        if node.op == "derivative":
            (child,) = node.children
            if child not in depends(child, cast(Variable, node.data).name, point):
                continue
        needed.update(node.children)
    return [node for node in order if node in needed]


def depends(root: Typed, name: str, point: Point) -> set[Typed]:
    """The nodes below the root whose values move with the variable of this name."""
    key = (root, name)
    found: set[Typed] | None = point.walks.get(key)
    if found is not None:
        return found
    touched: set[Typed] = set()
    for node in postorder(root):
        if node.op == "variable":
            hit = _reaches(cast(Variable, node.data), name)
        else:
            hit = node.op == "differential" or not touched.isdisjoint(node.children)
        if hit:
            touched.add(node)
    point.walks[key] = touched
    return touched


def _reaches(variable: Variable, name: str) -> bool:
    waiting = [variable]
    while waiting:
        current = waiting.pop()
        if current.name == name:
            return True
        waiting.extend(current.depends)
    return False


def varying(order: Iterable[Typed]) -> list[Variable]:
    """The variables among these nodes, and those that they depend on."""
    found: dict[str, Variable] = {}
    waiting = [cast(Variable, node.data) for node in order if node.op == "variable"]
    while waiting:
        variable = waiting.pop()
        if variable.name not in found:
            found[variable.name] = variable
            waiting.extend(variable.depends)
    return list(found.values())


def change(variable: Variable, point: Point) -> Tensor:
    """The value of the tensor named dX; it is within the structure of X where that is a linear space."""
    attributes = linear_structure(variable.attributes)
    return point.variable("d" + variable.name, variable.dims, attributes)
