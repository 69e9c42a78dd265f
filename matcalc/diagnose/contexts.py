"""Where else a claim is right: in another layout, in another convention, under a condition."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from matcalc.check import same_dims
from matcalc.diagnose.bench import Bench, close
from matcalc.diagnose.slopes import LOOSE
from matcalc.errors import MatcalcError
from matcalc.language.layouts import LAYOUTS
from matcalc.language.typed import postorder
from matcalc.tensor.layout import arrange
from matcalc.tensor.nodes import Variable as NodeVariable
from matcalc.tensor.nodes import postorder as below_node
from matcalc.tensor.structure import STRUCTURES, is_structured
from matcalc.trust.tensors import Tensor, filled

if TYPE_CHECKING:
    from matcalc.derivation import Derivation
    from matcalc.language.typed import Typed, Variable
    from matcalc.tensor.nodes import Node


def other_layout(found: Derivation, bench: Bench, claim: Typed, value: Tensor) -> str | None:
    """A layout in which the claim is right."""
    if not found.wrt or found.answer.order < 2 or claim.op == "derivative":
        # a vector's layouts are the same but for its orientation, a derivative is in this one
        return None
    if not _same_sum(bench.answer, value.parts[0]):
        # a layout only moves the entries
        return None
    for layout in LAYOUTS:
        if layout == found.layout or (layout == "vec" and found.answer.order < 3):
            continue
        node = arrange(found.builder, found.answer, found.y_order, found.x_orders, layout)
        if not same_dims(node.dims, claim.dims):
            continue
        answer = bench.value_of_node(node)
        if answer is not None and close(answer.parts[0], value.parts[0]):
            return layout
    return None


def _same_sum(one: list[float], two: list[float]) -> bool:
    """Whether the entries of two tensors may be the same in another order."""
    size = sum(map(abs, one)) + sum(map(abs, two))
    return abs(sum(one) - sum(two)) <= LOOSE * size


def other_structure(
    found: Derivation, bench: Bench, value: Tensor, rederived: Callable[[str], Node]
) -> str | None:
    """A convention for structured variables in which the claim is right."""
    if not any(is_structured(v.attributes) for v in found.wrt):
        return None
    for structure in STRUCTURES:
        if structure == found.structure:
            continue
        try:
            answer = bench.value_of_node(rederived(structure))
        except MatcalcError:
            continue
        if answer is not None and close(answer.parts[0], value.parts[0]):
            return structure
    return None


def condition(found: Derivation, bench: Bench, claim: Typed) -> str | None:
    """What makes the claim right that is not declared: `A is symmetric`, `A is constant`."""
    assert bench.point is not None
    square = [
        v.name
        for v in found.typed.variables
        if len(v.dims) == 2
        and v.dims[0] == v.dims[1]
        and not v.depends
        and not set(v.attributes) & {"symmetric", "posdef", "diagonal", "skew", "orthogonal"}
        and len(bench.point.variable(v.name, v.dims, v.attributes).parts[0]) > 1
    ]
    still = _unmoved(found, claim)
    if not square and not still:
        return None
    known: dict[tuple[str, ...], bool | None] = {}

    def holds(names: list[str]) -> bool | None:
        key = tuple(names)
        if key not in known:
            known[key] = _holds(found, bench, claim, names, still)
        return known[key]

    if holds(square) is False:
        # what holds under fewer conditions holds under all of them
        return None
    groups = [[], *([name] for name in square), *([square] if len(square) > 1 else [])]
    for names in groups if still else groups[1:]:
        if holds(names):
            for name in list(names):
                fewer = [other for other in names if other != name]
                if fewer and holds(fewer):
                    names = fewer
            parts = [_said(still, "constant")] if still else []
            return " and ".join(parts + ([_said(names, "symmetric")] if names else []))
    return None


def _said(names: list[str], attribute: str) -> str:
    if len(names) == 1:
        return f"{names[0]} is {attribute}"
    return f"{', '.join(names[:-1])} and {names[-1]} are {attribute}"


def _unmoved(found: Derivation, claim: Typed) -> list[str]:
    """The tensors whose differential stands in the answer and not in the claim."""
    if not any(n.op == "differential" for n in postorder(found.typed.expression)):
        return []
    named = {cast("Variable", n.data).name for n in postorder(claim) if n.op == "variable"}
    for node in postorder(claim):
        if node.op == "differential":
            below = (n for n in postorder(node) if n.op == "variable")
            named |= {"d" + cast("Variable", n.data).name for n in below}
    moved = {n.name for n in below_node(found.arranged) if isinstance(n, NodeVariable)}
    return [
        v.name for v in found.typed.variables if "d" + v.name in moved and "d" + v.name not in named
    ]


def _holds(
    found: Derivation, bench: Bench, claim: Typed, names: list[str], still: list[str]
) -> bool | None:
    """Whether the claim is right with these tensors symmetric; None where either has no value."""
    point = bench.point
    assert point is not None
    given: dict[str, Tensor] = {}
    for v in found.typed.variables:
        if v.name in names:
            given[v.name] = _mirrored(point.variable(v.name, v.dims, v.attributes))
    for v in found.typed.variables:
        if v.name in still:
            # last, as what is zero is symmetric
            given["d" + v.name] = filled(point.shape(v.dims), 0.0)
    with bench.replaced(given):
        answer, value = bench.value_of_node(found.arranged), bench.value_of_claim(claim)
    if answer is None or value is None:
        return None
    return close(answer.parts[0], value.parts[0])


def _mirrored(matrix: Tensor) -> Tensor:
    n = matrix.shape[0]
    entries = matrix.parts[0]
    return Tensor(
        matrix.shape,
        {0: [(entries[i * n + j] + entries[j * n + i]) / 2 for i in range(n) for j in range(n)]},
    )
