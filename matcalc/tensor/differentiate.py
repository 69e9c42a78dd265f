"""Derivatives of any order of tensor by any order of tensor, term by term on index sums."""

from __future__ import annotations

from matcalc.language.typed import linear_structure
from matcalc.tensor.linear import LinearTerm, linear_terms, require_rules
from matcalc.tensor.marks import SUM
from matcalc.tensor.nodes import Add, Apply, Dims, Indices, Node, Number, Variable, postorder
from matcalc.tensor.simplify import Builder

FREED = "free "
"""Before an attribute: what the variable has, but differentiation does not use."""


def differentiate(builder: Builder, node: Node, variable: Node) -> Node:
    """∂node/∂variable, of the dims of the node, then those of the variable (jacobian axes).

    A scalar's gradient is accumulated in reverse, so that it costs a constant times the function;
    other derivatives go forward.  A node without a rule is MatcalcError("unsupported"), never zero.

    >>> from matcalc.language.dimensions import Dim
    >>> builder, n = Builder(), Dim.named("n")
    >>> x = builder.variable("x", (n,))
    >>> square = builder.einsum((x, x), ((0,), (0,)), ())
    >>> differentiate(builder, square, x) is builder.scale(2, x)
    True
    """
    path = dependents(node, variable)
    if node not in path:
        return builder.zero(node.dims + variable.dims)
    if node.order == 0:
        return _reverse(builder, node, variable, path)
    return _forward(builder, node, {variable: _identity(builder, variable)}, path, variable.dims)


def differential(builder: Builder, node: Node) -> Node:
    """D(node) in terms of dA, dB, ..., variables of the same dims, for every variable A, B, ... in it.

    The differential of a symmetric, skew, diagonal or triangular variable is so too.

    >>> from matcalc.language.dimensions import Dim
    >>> builder, n = Builder(), Dim.named("n")
    >>> x, y = builder.variable("x", (n,)), builder.variable("y", (n,))
    >>> dy = builder.variable("dy", (n,))
    >>> inner = builder.einsum((x, y), ((0,), (0,)), ())
    >>> dx_part = builder.einsum((y, builder.variable("dx", (n,))), ((0,), (0,)), ())
    >>> dy_part = builder.einsum((x, dy), ((0,), (0,)), ())
    >>> differential(builder, inner) is builder.add((1, 1), (dx_part, dy_part), ())
    True
    """
    tangents: dict[Node, Node] = {}
    for below in postorder(node):
        if isinstance(below, Variable) and below.name != "⋆":
            kept = linear_structure(a.removeprefix(FREED) for a in below.attributes)
            tangents[below] = builder.variable("d" + below.name, below.dims, kept)
    if not tangents:
        return builder.zero(node.dims)
    return _forward(builder, node, tangents, dependents(node, *tangents), ())


def dependents(node: Node, *variables: Node) -> dict[Node, None]:
    """The nodes below `node`, itself included, that have a variable below them; operands first."""
    path: dict[Node, None] = {}
    seeds = frozenset(variables)
    for below in postorder(node):
        if below in seeds:
            path[below] = None
            continue
        for operand in below.operands:
            if operand in path:
                path[below] = None
                break
    return path


def _forward(
    builder: Builder, node: Node, seeds: dict[Node, Node], path: dict[Node, None], extra: Dims
) -> Node:
    """The tangent of the node, from those of the variables, which have `extra` axes at their end."""
    tangents = dict(seeds)
    for below in path:
        if below in seeds:
            continue
        if isinstance(below, Apply):
            require_rules(below, path)
        terms = [
            _filled(builder, term, tangents[term.operand], term.hole, term.output, len(extra))
            for term in linear_terms(builder, below)
            if term.operand in path
        ]
        tangents[below] = terms[0] if len(terms) == 1 else builder.add((1,) * len(terms), terms, below.dims + extra)  # fmt: skip
    return tangents[node] if node in tangents else builder.zero(node.dims + extra)


def _reverse(builder: Builder, node: Node, variable: Node, path: dict[Node, None]) -> Node:
    cotangents: dict[Node, list[Node]] = {below: [] for below in path}
    cotangents[node].append(builder.number(1))
    for below in reversed(path):
        parts = cotangents.pop(below)
        total = parts[0] if len(parts) == 1 else builder.add((1,) * len(parts), parts, below.dims)
        if below is variable:
            return total
        if isinstance(below, Apply):
            require_rules(below, path)
        for term in linear_terms(builder, below):
            if term.operand in path:
                part = _filled(builder, term, total, term.output, term.hole, 0)
                cotangents[term.operand].append(part)
    raise AssertionError("the variable is the first of its dependents")


def _identity(builder: Builder, variable: Node) -> Node:
    """∂X[i…]/∂X[p…] = δ[i,p]…"""
    order = variable.order
    deltas = [(builder.delta(dim), (k, order + k)) for k, dim in enumerate(variable.dims)]
    return builder.contract(list(deltas), tuple(range(2 * order)))


def _filled(
    builder: Builder,
    term: LinearTerm,
    given: Node,
    place: Indices,
    output: Indices,
    extra: int,
) -> Node:
    """The term with `given` in its `place`, which has `extra` more axes at its end."""
    coefficient = term.coefficient
    if not term.factors and place == output and not given.mark & SUM:
        return builder.scale(coefficient, given)
    factors = list(term.factors)
    # numbers need no factor, nor a rule that takes it out
    if isinstance(given, Number):
        coefficient *= given.value
    elif isinstance(given, Add) and len(given.operands) == 1:
        coefficient *= given.coefficients[0]
        given = given.operands[0]
    more: Indices = ()
    if extra:
        start = 1 + max((i for indices in (place, output, *[ii for _, ii in factors]) for i in indices), default=-1)  # fmt: skip
        more = tuple(range(start, start + extra))
    if not isinstance(given, Number):
        factors.append((given, place + more))
    sizes = dict(zip(term.hole, term.operand.dims, strict=True))
    return builder.contract(factors, output + more, coefficient, sizes)
