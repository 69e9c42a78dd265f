"""Where else a claim is right: in another layout, in another convention, for symmetric matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from matcalc.check import expects_row, same_dims
from matcalc.diagnose.bench import Bench, close
from matcalc.errors import MatcalcError
from matcalc.tensor.layout import LAYOUTS, arrange
from matcalc.tensor.structure import STRUCTURES, structure_of
from matcalc.trust.tensors import Tensor

if TYPE_CHECKING:
    from matcalc.language.typed import Typed
    from matcalc.present import Derivation
    from matcalc.tensor.nodes import Node


def other_layout(found: Derivation, bench: Bench, claim: Typed, value: Tensor) -> str | None:
    """A layout in which the claim is right."""
    if not found.wrt:
        return None
    for layout in LAYOUTS:
        if layout == found.layout or (layout == "vec" and found.answer.order < 3):
            continue
        node = arrange(found.builder, found.answer, found.y_order, found.x_orders, layout)
        if not same_dims(node.dims, claim.dims):
            continue
        if found.answer.order == 1 and layout != "jacobian":
            other = expects_row(found, layout)
            if other is None or other != claim.row or expects_row(found) is None:
                continue
        answer = bench.value_of_node(node)
        if answer is not None and close(answer.parts[0], value.parts[0]):
            return layout
    return None


def other_structure(
    found: Derivation, bench: Bench, value: Tensor, rederived: Callable[[str], Node]
) -> str | None:
    """A convention for structured variables in which the claim is right."""
    nodes = [found.builder.variable(v.name, v.dims, v.attributes) for v in found.wrt]
    if all(structure_of(node) is None for node in nodes):
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


def symmetric_only(found: Derivation, bench: Bench, claim: Typed) -> str | None:
    """`A is symmetric`, where that alone makes the claim right."""
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
    groups = [[name] for name in square] + ([square] if len(square) > 1 else [])
    for names in groups:
        if _holds(found, bench, claim, names):
            for name in list(names):
                fewer = [other for other in names if other != name]
                if fewer and _holds(found, bench, claim, fewer):
                    names = fewer
            if len(names) == 1:
                return f"{names[0]} is symmetric"
            return f"{', '.join(names[:-1])} and {names[-1]} are symmetric"
    return None


def _holds(found: Derivation, bench: Bench, claim: Typed, names: list[str]) -> bool:
    point = bench.point
    assert point is not None
    with point.replaced({v.name: _mirrored(point.variable(v.name, v.dims, v.attributes)) for v in found.typed.variables if v.name in names}):  # fmt: skip
        answer, value = bench.value_of_node(found.arranged), bench.value(claim)
    return answer is not None and value is not None and close(answer.parts[0], value.parts[0])


def _mirrored(matrix: Tensor) -> Tensor:
    n = matrix.shape[0]
    entries = matrix.parts[0]
    return Tensor(
        matrix.shape,
        {0: [(entries[i * n + j] + entries[j * n + i]) / 2 for i in range(n) for j in range(n)]},
    )
