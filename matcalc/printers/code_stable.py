"""What overflows when it is computed as written, rewritten for emitted code: log(1 + exp(u)) and its kin.

The answer keeps the form that it has; only the code computes softplus, logsumexp and softmax.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from matcalc.errors import InternalError
from matcalc.rational import quotient
from matcalc.tensor.nodes import (
    Add,
    Apply,
    Constant,
    Delta,
    Einsum,
    Fuse,
    Graph,
    Map,
    Node,
    Number,
    Partial,
    Size,
    Variable,
    postorder,
)

if TYPE_CHECKING:
    from matcalc.language.dimensions import Dim
    from matcalc.rational import Rational

Exponential = tuple["Rational", Node | None]
"""c·exp(u) as c and u; None for c alone."""
Term = tuple["Rational", Node]
Factor = tuple[Node, tuple[int, ...]]
Total = tuple[Map, tuple[int, ...], tuple[int, ...], tuple[Node, ...]]
"""exp(u), its indices, those that are not summed, and the scalars beside it."""


def stabilised(roots: Iterable[Node]) -> list[Node]:
    """The nodes, of the same values, with what may overflow replaced by what does not.

    >>> from matcalc.language.dimensions import Dim
    >>> graph = Graph()
    >>> x = graph.variable("x", ())
    >>> power = graph.map("exp", (x,))
    >>> total = graph.add((1, 1), (power, graph.number(1)), ())
    >>> (node,) = stabilised([graph.map("log", (total,))])
    >>> node.function, node.operands == (x,)
    ('softplus', True)
    """
    graph = Graph()
    made: dict[Node, Node] = {}
    powers: dict[Node, Node] = {}
    roots = list(roots)
    for node in postorder(*roots):
        operands = tuple(made[operand] for operand in node.operands)
        same = node if operands == node.operands else _again(graph, node, operands)
        made[node] = _stable(graph, same, powers)
        if _is_map(same, "pow"):
            powers[made[node]] = same
    return [made[root] for root in roots]


def _again(graph: Graph, node: Node, operands: tuple[Node, ...]) -> Node:
    match node:
        case Einsum():
            return graph.einsum(operands, node.inputs, node.output)
        case Add():
            return graph.add(node.coefficients, operands, node.dims)
        case Map():
            return graph.map(node.function, operands, node.primes)
        case Apply():
            return graph.apply(node.function, operands, node.dims, node.params)
        case Variable() | Partial() | Number() | Size() | Delta() | Fuse() | Constant():
            # the code reads a variable by its name, whatever it depends on
            return node
        case _:
            raise InternalError(f"no way to make {type(node).__name__} again")


def _stable(graph: Graph, node: Node, powers: dict[Node, Node]) -> Node:
    match node:
        case Map() if node.function == "log":
            return _logarithm(graph, node.operands[0]) or node
        case Map() if node.function == "pow":
            base, exponent = _power(node)
            terms = _exponentials(base) or []
            if exponent < 0 and len(terms) == 2:
                sigmoid = _one_over(graph, *terms)
                return node if sigmoid is None else _raised(graph, sigmoid, -exponent)
            return node
        case Einsum():
            return _quotients(graph, node, powers)
        case _:
            return node


# logarithms


def _logarithm(graph: Graph, inner: Node) -> Node | None:
    """The logarithm of a node, where there is a better way than to take it of the value."""
    match inner:
        case Add():
            terms = _exponentials(inner) or []
            if len(terms) == 2:
                return _log_of_two(graph, *terms)
            u = _complement(inner)
            return None if u is None else _sum(graph, [(-1, graph.map("softplus", (u,)))])
        case Map() if inner.function == "sigmoid":
            turned = _sum(graph, [(-1, inner.operands[0])])
            return _sum(graph, [(-1, graph.map("softplus", (turned,)))])
        case Apply() if inner.function == "softmax":
            axis = dict(inner.params).get("axis", 0)
            return _shifted(graph, inner.operands[0], (axis,))
        case Einsum():
            total = _totalled(inner)
            return None if total is None else _log_of_total(graph, inner, total)
        case _:
            return None


def _log_of_two(graph: Graph, one: Exponential, two: Exponential) -> Node:
    """log(a·exp(u) + b·exp(v)) = v + log(b) + softplus(u - v + log(a/b))."""
    (a, u), (b, v) = (two, one) if one[1] is None else (one, two)
    assert u is not None
    below = [] if v is None else [(1, v)]
    gap = _sum(graph, [(1, u), *((-c, node) for c, node in below)], quotient(a, b))
    return _sum(graph, [*below, (1, graph.map("softplus", (gap,)))], b)


def _complement(node: Add) -> Node | None:
    """The u of 1 - sigmoid(u), which is 1/(1 + exp(u))."""
    terms = dict(zip(node.operands, node.coefficients, strict=True))
    found = [o for o, c in terms.items() if c == -1 and _is_map(o, "sigmoid")]
    ones = [o for o, c in terms.items() if c == 1 and _is_ones(o)]
    return found[0].operands[0] if len(terms) == 2 and found and ones else None


def _log_of_total(graph: Graph, node: Einsum, total: Total) -> Node | None:
    """log(c·Σ exp(u)) = log(c) + logsumexp(u), where c is made of sizes."""
    power, names, output, scalars = total
    if tuple(index for index in names if index in output) != output:
        return None
    axes = tuple(axis for axis, index in enumerate(names) if index not in output)
    result = _logsumexp(graph, power.operands[0], axes)
    if not scalars:
        return result
    logarithm = graph.map("log", (_scalar(graph, scalars),))
    return graph.add((1, 1), (_spread(graph, logarithm, node.dims), result), node.dims)


def _logsumexp(graph: Graph, u: Node, axes: tuple[int, ...]) -> Node:
    """log Σ exp(u) over some axes."""
    for axis in reversed(axes):
        dims = u.dims[:axis] + u.dims[axis + 1 :]
        u = graph.apply("logsumexp", (u,), dims, (("axis", axis),) if dims else ())
    return u


def _shifted(graph: Graph, u: Node, axes: tuple[int, ...]) -> Node:
    """u - log Σ exp(u), the logarithm of softmax."""
    total = _logsumexp(graph, u, axes)
    every = tuple(range(u.order))
    ones = tuple(graph.delta(u.dims[axis], 1) for axis in axes)
    names = (tuple(axis for axis in every if axis not in axes), *((axis,) for axis in axes))
    return graph.add((1, -1), (u, graph.einsum((total, *ones), names, every)), u.dims)


# quotients


def _one_over(graph: Graph, one: Exponential, two: Exponential) -> Node | None:
    """1/(1 + c·exp(u)) = sigmoid(-u - log(c))."""
    (c, u), (b, v) = (two, one) if one[1] is None else (one, two)
    if u is None or v is not None or b != 1:
        return None
    return graph.map("sigmoid", (_sum(graph, [(-1, u)], quotient(1, c)),))


def _quotients(graph: Graph, node: Einsum, powers: dict[Node, Node]) -> Node:
    """exp(u)/Σ exp(u) is softmax(u), exp(u)/(a·exp(u) + b·exp(v)) is sigmoid(u - v + log(a/b))/a.

    `powers` are those that have become something else already.
    """
    factors: list[Factor] = list(zip(node.operands, node.inputs, strict=True))
    changed = False
    for below in range(len(factors)):
        for above in range(len(factors)):
            found, names = factors[below]
            base, exponent = _power(powers.get(found, found))
            power, times = _power(factors[above][0])
            if exponent > 0 or times < 0 or not isinstance(power, Map) or power.function != "exp":
                continue
            share = _share(graph, (base, names), power, factors[above][1])
            if share is None:
                continue
            changed = True
            both = min(times, -exponent)
            left = _raised(graph, base, exponent + both)
            factors[below] = (_stable(graph, left, powers), names)
            powers[factors[below][0]] = left
            factors.append((_raised(graph, power, times - both), factors[above][1]))
            factors[above] = (_raised(graph, share, both), factors[above][1])
    if not changed:
        return node
    kept = [(o, names) for o, names in factors if not (isinstance(o, Number) and o.value == 1)]
    if len(kept) == 1 and kept[0][1] == node.output:
        return kept[0][0]
    return graph.einsum(tuple(o for o, _ in kept), tuple(names for _, names in kept), node.output)


def _raised(graph: Graph, base: Node, exponent: int) -> Node:
    """A whole power; the number 1 for the power 0, for it stands in a product."""
    match exponent:
        case 0:
            return graph.number(1)
        case 1:
            return base
        case _:
            return graph.map("pow", (base, graph.number(exponent)))


def _share(graph: Graph, total: Factor, power: Map, above: tuple[int, ...]) -> Node | None:
    """exp(u) over a sum that it is a part of."""
    base, below = total
    u = power.operands[0]
    if isinstance(base, Einsum):
        found = _totalled(base)
        if found is None or found[0] is not power:
            return None
        _, names, output, scalars = found
        place = dict(zip(names, above, strict=True))
        if tuple(place[index] for index in output) != below:
            return None
        axes = tuple(axis for axis, index in enumerate(names) if index not in output)
        share: Node
        if len(axes) > 1:
            share = graph.map("exp", (_shifted(graph, u, axes),))
        else:
            params = (("axis", axes[0]),) if u.order > 1 else ()
            share = graph.apply("softmax", (u,), u.dims, params)
        if not scalars:
            return share
        inverse = graph.map("pow", (_scalar(graph, scalars), graph.number(-1)))
        every = tuple(range(u.order))
        return graph.einsum((inverse, share), ((), every), every)
    terms = _exponentials(base) or []
    if len(terms) != 2 or below != above:
        return None
    for (a, v), (b, other) in (terms, terms[::-1]):
        if v is u:
            rest: list[Term] = [] if other is None else [(-1, other)]
            sigmoid = graph.map("sigmoid", (_sum(graph, [(1, u), *rest], quotient(a, b)),))
            return _sum(graph, [(quotient(1, a), sigmoid)])
    return None


# what is recognised


def _exponentials(node: Node) -> list[Exponential] | None:
    """The terms of a sum of positive multiples of exponentials and of 1."""
    if not isinstance(node, Add):
        return None
    found: list[Exponential] = []
    for coefficient, operand in zip(node.coefficients, node.operands, strict=True):
        if coefficient < 0 or not (_is_ones(operand) or _is_map(operand, "exp")):
            return None
        found.append((coefficient, operand.operands[0] if _is_map(operand, "exp") else None))
    return found if any(u is not None for _, u in found) else None


def _totalled(node: Einsum) -> Total | None:
    """A sum of exp(u) over some of its axes, times scalars made of sizes."""
    inner: Einsum = node
    scalars: list[Node] = []
    large: list[Factor] = []
    for operand, names in zip(node.operands, node.inputs, strict=True):
        if _is_positive(operand):
            scalars.append(operand)
        else:
            large.append((operand, names))
    if len(large) == 1 and not large[0][1] and isinstance(large[0][0], Einsum):
        inner = large[0][0]
        large = list(zip(inner.operands, inner.inputs, strict=True))
    if len(large) != 1:
        return None
    (power, names), output = large[0], inner.output
    plain = len({*names}) == len(names) > len(output) and len({*output}) == len(output)
    if not plain or not isinstance(power, Map) or power.function != "exp":
        return None
    return power, names, output, tuple(scalars)


def _power(node: Node) -> tuple[Node, int]:
    """A node as a whole power of another."""
    if isinstance(node, Map) and node.function == "pow":
        exponent = node.operands[1]
        if isinstance(exponent, Number) and isinstance(exponent.value, int):
            return node.operands[0], exponent.value
    return node, 1


def _is_map(node: Node, function: str) -> bool:
    return isinstance(node, Map) and node.function == function


def _is_ones(node: Node) -> bool:
    if isinstance(node, Number):
        return node.value == 1
    if isinstance(node, Einsum):
        return all(isinstance(o, Delta) and o.order == 1 for o in node.operands)
    return isinstance(node, Delta) and node.order == 1


def _is_positive(node: Node) -> bool:
    base = node.operands[0] if _is_map(node, "pow") else node
    return isinstance(base, Size)


# sums


def _sum(graph: Graph, terms: Iterable[Term], factor: Rational = 1) -> Node:
    """Σ c·node + log(factor), nested sums flat."""
    total: dict[Node, Rational] = {}
    dims: tuple[Dim, ...] = ()
    for coefficient, node in terms:
        dims = node.dims
        inner = (
            zip(node.coefficients, node.operands, strict=True)
            if isinstance(node, Add)
            else ((1, node),)
        )
        for multiple, operand in inner:
            total[operand] = total.get(operand, 0) + coefficient * multiple
    if factor != 1:
        total[_spread(graph, graph.map("log", (graph.number(factor),)), dims)] = 1
    kept = {node: coefficient for node, coefficient in total.items() if coefficient != 0}
    if len(kept) == 1 and set(kept.values()) == {1}:
        return next(iter(kept))
    return graph.add(tuple(kept.values()), tuple(kept), dims)


def _scalar(graph: Graph, scalars: tuple[Node, ...]) -> Node:
    """The product of scalars."""
    return scalars[0] if len(scalars) == 1 else graph.einsum(scalars, ((),) * len(scalars), ())


def _spread(graph: Graph, scalar: Node, dims: tuple[Dim, ...]) -> Node:
    """A scalar along every axis."""
    if not dims:
        return scalar
    output = tuple(range(len(dims)))
    ones = tuple(graph.delta(dim, 1) for dim in dims)
    return graph.einsum((*ones, scalar), (*((axis,) for axis in output), ()), output)
