"""The differential of one node: a sum of terms, each linear in one operand.

A LinearTerm is a Σ with a hole where the operand's differential goes.  Filled with a tangent it is
forward mode; with output and hole exchanged, and filled with a cotangent, it is reverse mode.  So
every rule is written once, as the differential (Magnus and Neudecker, Matrix Differential
Calculus, 2019, chapter 5), and transposition cannot be got wrong by hand.
"""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING, cast

from matcalc.errors import InternalError, MatcalcError
from matcalc.functions import FUNCTIONS
from matcalc.tensor.lower import lower_formula
from matcalc.tensor.nodes import (
    Add,
    Apply,
    Constant,
    Delta,
    Einsum,
    Fuse,
    Indices,
    Map,
    Node,
    Number,
    Partial,
    Size,
    Variable,
    is_zero,
    postorder,
)
from matcalc.tensor.simplify import Builder
from matcalc.tensor.term import Factor

if TYPE_CHECKING:
    from matcalc.rational import Rational


LONGEST_POWER_SUM = 64
"""Powers up to this one are differentiated as a sum; beyond, their derivative is one tensor."""


class LinearTerm:
    """coefficient · Σ factors · hole[`hole`], with the axes `output`; `hole` may repeat an index."""

    __slots__ = ("coefficient", "factors", "hole", "operand", "output")

    def __init__(
        self,
        operand: Node,
        coefficient: Rational,
        factors: tuple[Factor, ...],
        hole: Indices,
        output: Indices,
    ) -> None:
        self.operand = operand
        self.coefficient = coefficient
        self.factors = factors
        self.hole = hole
        self.output = output


def linear_terms(builder: Builder, node: Node) -> tuple[LinearTerm, ...]:
    """The differential of a node, term by term; MatcalcError("unsupported") where there is no rule."""
    known = builder.linear.get(node)
    if known is None:
        known = builder.linear[node] = _differential(builder, node)
    return cast("tuple[LinearTerm, ...]", known)


def _differential(builder: Builder, node: Node) -> tuple[LinearTerm, ...]:
    match node:
        case Einsum():
            pairs = tuple(zip(node.operands, node.inputs, strict=True))
            return tuple(
                [
                    LinearTerm(operand, 1, pairs[:k] + pairs[k + 1 :], indices, node.output)
                    for k, (operand, indices) in enumerate(pairs)
                ]
            )
        case Add():
            axes = tuple(range(node.order))
            return tuple(
                [
                    LinearTerm(operand, coefficient, (), axes, axes)
                    for coefficient, operand in zip(node.coefficients, node.operands, strict=True)
                ]
            )
        case Map():
            return _map_terms(builder, node)
        case Apply():
            return _apply_terms(builder, node)
        case Variable():
            return tuple([_partial_term(builder, node, (), other) for other in node.operands])
        case Partial():
            variable, *by = node.operands
            return tuple(
                [_partial_term(builder, variable, tuple(by), other) for other in variable.operands]
            )
        case Number() | Size() | Delta() | Fuse() | Constant():
            return ()
        case _:
            raise InternalError(f"no differential of {type(node).__name__}")


def _partial_term(
    builder: Builder, variable: Node, by: tuple[Node, ...], other: Node
) -> LinearTerm:
    factor = builder.partial(variable, (*by, other))
    axes = tuple(range(factor.order))
    split = factor.order - other.order
    return LinearTerm(other, 1, ((factor, axes),), axes[split:], axes[:split])


def _map_terms(builder: Builder, node: Map) -> tuple[LinearTerm, ...]:
    axes = tuple(range(node.order))
    if node.function == "pow":
        return _power_terms(builder, node)
    (operand,) = node.operands
    row = FUNCTIONS.get(node.function)
    if row is None:
        slope = builder.map(node.function, node.operands, node.primes + 1)
    elif row.derivative is None:
        raise _no_rule(node.function)
    else:
        slope = lower_formula(builder, row.derivative, {"u": operand})
    if is_zero(slope):
        return ()
    return (LinearTerm(operand, 1, ((slope, axes),), axes, axes),)


def _power_terms(builder: Builder, node: Map) -> tuple[LinearTerm, ...]:
    """d(u^v) = v·u^(v-1) du + log(u)·u^v dv"""
    base, exponent = node.operands
    axes = tuple(range(node.order))
    inner = tuple(range(exponent.order))
    if isinstance(exponent, Number):
        factor = builder.power(base, builder.quotient(exponent.value - 1, 1))
        return (LinearTerm(base, exponent.value, ((factor, axes),), axes, axes),)
    lowered = builder.add((1, -1), (exponent, builder.ones(exponent.dims)), exponent.dims)
    by_base = LinearTerm(
        base, 1, ((exponent, inner), (builder.map("pow", (base, lowered)), axes)), axes, axes
    )
    logarithm = builder.map("log", (base,))
    by_exponent = LinearTerm(exponent, 1, ((logarithm, axes), (node, axes)), inner, axes)
    return (by_base, by_exponent)


def _apply_terms(builder: Builder, node: Apply) -> tuple[LinearTerm, ...]:
    if node.function == "matpower":
        return _matrix_power_terms(builder, node)
    row = FUNCTIONS[node.function]
    text = row.differential
    if text is None:
        raise _no_rule(node.function)
    if node.params:
        return _along_axis_terms(builder, node)
    (operand,) = node.operands
    (parameter,) = row.parameters
    hole = builder.variable("d" + parameter, operand.dims, ("hole",))
    total = lower_formula(builder, text, {parameter: operand, hole.name: hole})
    return tuple(
        LinearTerm(operand, term.coefficient, term.factors, term.hole, term.output)
        for term in extract(total, hole)
    )


def _matrix_power_terms(builder: Builder, node: Apply) -> tuple[LinearTerm, ...]:
    """d(X^k) = Σᵢ X^i dX X^(k-1-i)"""
    base, exponent = node.operands
    whole = isinstance(exponent, Number) and isinstance(exponent.value, int)
    if not (isinstance(exponent, Number) and whole and exponent.value <= LONGEST_POWER_SUM):
        # too many terms to write, a symbolic integer, or a real power of a positive definite matrix
        tensor = builder.apply("matpower_derivative", node.operands, base.dims * 2)
        return (LinearTerm(base, 1, ((tensor, (0, 1, 2, 3)),), (2, 3), (0, 1)),)
    k = int(exponent.value)
    terms = []
    for i in range(k):
        left, right = builder.matrix_power(base, i), builder.matrix_power(base, k - 1 - i)
        terms.append(LinearTerm(base, 1, ((left, (0, 1)), (right, (2, 3))), (1, 2), (0, 3)))
    return tuple(terms)


def _along_axis_terms(builder: Builder, node: Apply) -> tuple[LinearTerm, ...]:
    """softmax, logsumexp and max along one axis of a matrix: the vector's rule, row by row."""
    (operand,) = node.operands
    axis = dict(node.params)["axis"]
    axes = tuple(range(operand.order))
    other = tuple(operand.order if k == axis else k for k in axes)
    kept = tuple(k for k in axes if k != axis)
    match node.function:
        case "logsumexp":
            weights = builder.apply("softmax", (operand,), operand.dims, node.params)
            return (LinearTerm(operand, 1, ((weights, axes),), axes, kept),)
        case "max":
            weights = builder.apply("argmax", (operand,), operand.dims, node.params)
            return (LinearTerm(operand, 1, ((weights, axes),), axes, kept),)
        case "softmax":
            return (
                LinearTerm(operand, 1, ((node, axes),), axes, axes),
                LinearTerm(operand, -1, ((node, axes), (node, other)), other, axes),
            )
        case "argmax":
            return ()
        case _:
            raise _no_rule(f"{node.function} with axis")


def extract(node: Node, hole: Node) -> list[LinearTerm]:
    """The terms of a node that is linear in `hole`, which is its own operand in each.

    Raises InternalError where it is not linear, or the hole stands inside a function.
    """
    holding = {below for below in postorder(node) if below is hole}
    if not holding:
        return []
    for below in postorder(node):
        if any(operand in holding for operand in below.operands):
            holding.add(below)
    return _extract(node, hole, holding)


def _extract(node: Node, hole: Node, holding: set[Node]) -> list[LinearTerm]:
    # the depth is that of a formula of the function table, not of the user's input
    axes = tuple(range(node.order))
    if node is hole:
        return [LinearTerm(hole, 1, (), axes, axes)]
    match node:
        case Add():
            return [
                LinearTerm(
                    hole, coefficient * term.coefficient, term.factors, term.hole, term.output
                )
                for coefficient, operand in zip(node.coefficients, node.operands, strict=True)
                if operand in holding
                for term in _extract(operand, hole, holding)
            ]
        case Einsum():
            places = [k for k, operand in enumerate(node.operands) if operand in holding]
            if len(places) != 1:
                raise InternalError("a differential that is not linear")
            (place,) = places
            pairs = tuple(zip(node.operands, node.inputs, strict=True))
            others = pairs[:place] + pairs[place + 1 :]
            inner_output = node.inputs[place]
            start = 1 + max(
                index for indices in (*node.inputs, node.output, (0,)) for index in indices
            )
            found = []
            for term in _extract(node.operands[place], hole, holding):
                renaming = dict(zip(term.output, inner_output, strict=True))
                used = [index for _, indices in term.factors for index in indices]
                for index in (*used, *term.hole):
                    if index not in renaming:
                        renaming[index] = start + len(renaming)
                factors = tuple(
                    (factor, tuple(renaming[i] for i in indices))
                    for factor, indices in term.factors
                )
                renamed = tuple(renaming[i] for i in term.hole)
                found.append(LinearTerm(hole, term.coefficient, others + factors, renamed, node.output))  # fmt: skip
            return found
        case _:
            raise InternalError(f"a differential inside {type(node).__name__}")


def require_rules(node: Apply, path: Container[Node]) -> None:
    """MatcalcError("unsupported") where an operand in the path is one that the differential lacks."""
    if node.function.startswith("matpower") and node.operands[1] in path:
        raise _no_rule("X^k by k")


def _no_rule(name: str) -> MatcalcError:
    function = name.removesuffix("_derivative")
    order = "second derivative" if name != function else "derivative"
    return MatcalcError("unsupported", f"there is no rule for the {order} of {function}")
