"""Derivatives by structured variables: the conventions projected, entries and ignore."""

from __future__ import annotations

from matcalc.errors import MatcalcError
from matcalc.tensor.differentiate import FREED, differentiate
from matcalc.tensor.nodes import Node, Variable
from matcalc.tensor.simplify import Builder
from matcalc.tensor.term import Factor

STRUCTURES = ("projected", "entries", "ignore")
STRUCTURED = ("diagonal", "skew", "lower", "upper", "orthogonal", "posdef", "symmetric")
"""The attributes that restrict the entries, the most restrictive one first."""


def structure_of(variable: Node) -> str | None:
    """The structure that decides the derivative, if the variable has one."""
    if isinstance(variable, Variable) and variable.attributes:
        attributes = [attribute.removeprefix(FREED) for attribute in variable.attributes]
        for attribute in STRUCTURED:
            if attribute in attributes:
                return "symmetric" if attribute == "posdef" else attribute
    return None


def is_structured(attributes: tuple[str, ...]) -> bool:
    """Whether one of the attributes restricts the entries."""
    return not set(STRUCTURED).isdisjoint(attributes)


def freed(builder: Builder, variable: Variable) -> Variable:
    """The variable without the use of its structure, of which only `derivative` knows.

    What is differentiated by a structured variable is made with this one: S' is not S while G, the
    derivative with free entries, is found; `Lowering.restored` brings the structure back into the answer.
    """
    attributes = tuple(sorted(FREED + a if a in STRUCTURED else a for a in variable.attributes))
    return builder.variable(variable.name, variable.dims, attributes, variable.operands)


def derivative(builder: Builder, node: Node, variable: Node, structure: str) -> Node:
    """∂node/∂variable in jacobian axes, in the convention asked for; a structured variable is freed.

    The derivative with free entries is brought into the structure:
    `projected` (G+G')/2, G∘I, (G-G')/2, a triangle, or the tangent projection
    G - S(S'G + G'S)/2 (Absil, Mahony, Sepulchre, Optimization Algorithms on Matrix Manifolds, 2008,
    example 3.5.3); `entries` G + G' - G∘I (Matrix Cookbook, equation 138).
    MatcalcError("unsupported") for the entries of an orthogonal matrix, and one with another structure.
    """
    free = differentiate(builder, node, variable)
    kind = structure_of(variable)
    if kind is None or structure == "ignore" or not isinstance(variable, Variable):
        return free
    attributes = [attribute.removeprefix(FREED) for attribute in variable.attributes]
    others = [a for a in attributes if a in STRUCTURED and a != "orthogonal"]
    if "orthogonal" in attributes and others:
        raise MatcalcError(
            "unsupported",
            f"{variable.name} is orthogonal and {others[0]}: there is no rule for derivatives within both",
            hint="use --structure ignore, the derivative as if all entries were free",
        )
    if structure == "entries" and kind == "orthogonal":
        raise MatcalcError(
            "unsupported",
            f"{variable.name} is orthogonal: its entries are not independent",
            hint="use --structure projected, the derivative along the orthogonal matrices",
        )
    return _brought_in(builder, free, variable, kind, structure)


def _brought_in(
    builder: Builder, gradient: Node, variable: Variable, kind: str, structure: str
) -> Node:
    axes = tuple(range(gradient.order))
    *outer, i, j = axes
    mirrored = builder.transpose(gradient, (*outer, j, i))
    dims = gradient.dims
    match kind:
        case "symmetric":
            if structure == "projected":
                half = builder.quotient(1, 2)
                return builder.add((half, half), (gradient, mirrored), dims)
            diagonal = _masked(builder, gradient, builder.delta(variable.dims[0]))
            return builder.add((1, 1, -1), (gradient, mirrored, diagonal), dims)
        case "skew":
            half = builder.quotient(1, 2) if structure == "projected" else 1
            return builder.add((half, -half), (gradient, mirrored), dims)
        case "diagonal":
            return _masked(builder, gradient, builder.delta(variable.dims[0]))
        case "lower" | "upper":
            mask = builder.constant(kind, (variable.dims[0],), variable.dims)
            return _masked(builder, gradient, mask)
        case "orthogonal":
            return _tangent(builder, gradient, variable)
        case _:
            raise AssertionError(kind)


def _masked(builder: Builder, gradient: Node, mask: Node) -> Node:
    axes = tuple(range(gradient.order))
    return builder.contract([(gradient, axes), (mask, axes[-2:])], axes)


def _tangent(builder: Builder, gradient: Node, variable: Variable) -> Node:
    """G - S(S'G + G'S)/2"""
    axes = tuple(range(gradient.order))
    *outer, i, j = axes
    k, m = gradient.order, gradient.order + 1
    straight: list[Factor] = [(variable, (i, k)), (variable, (m, k)), (gradient, (*outer, m, j))]
    turned: list[Factor] = [(variable, (i, k)), (gradient, (*outer, m, k)), (variable, (m, j))]
    half = builder.quotient(1, 2)
    parts = (gradient, builder.contract(straight, axes), builder.contract(turned, axes))
    return builder.add((1, -half, -half), parts, gradient.dims)
