"""What overflows when it is computed as written, rewritten for emitted code: log(1 + exp(u)) and its kin.

The answer keeps the form that it has; only the code computes softplus, logsumexp and softmax.
"""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.emit.exponentials import (
    Exponential,
    Factor,
    Term,
    Total,
    exponential,
    is_map,
    is_ones,
    multiplied,
    spread,
    summed,
    totalled,
    whole_power,
)
from matcalc.emit.rebuild import again
from matcalc.rational import quotient
from matcalc.tensor.nodes import (
    Add,
    Apply,
    Einsum,
    Graph,
    Map,
    Node,
    postorder,
)

MOST_TERMS = 16
"""A factor is not multiplied into a longer sum."""
BEGUN = ("exp", "sigmoid", "cosh", "sinh", "softmax")
ENDED = ("log", "pow")
"""What is rewritten has one of each: a logarithm of those, or a quotient."""


def stabilised(roots: Sequence[Node], order: Sequence[Node] | None = None) -> list[Node]:
    """The nodes, of the same values, with what may overflow replaced by what does not.

    `order` has all nodes below the roots in postorder, where that is known.

    >>> from matcalc.language.dimensions import Dim
    >>> graph = Graph()
    >>> x = graph.variable("x", ())
    >>> power = graph.map("exp", (x,))
    >>> total = graph.add((1, 1), (power, graph.number(1)), ())
    >>> (node,) = stabilised([graph.map("log", (total,))])
    >>> node.function, node.operands == (x,)
    ('softplus', True)
    """
    if order is None:
        order = [*postorder(*roots)]
    functions = {node.function for node in order if isinstance(node, (Map, Apply))}
    if functions.isdisjoint(BEGUN) or functions.isdisjoint(ENDED):
        return [*roots]
    graph = Graph()
    made: dict[Node, Node] = {}
    powers: dict[Node, Node] = {}
    for node in order:
        operands = tuple(made[operand] for operand in node.operands)
        same = node if operands == node.operands else again(graph, node, operands)
        made[node] = _stable(graph, same, powers)
        if is_map(same, "pow"):
            powers[made[node]] = same
    return [made[root] for root in roots]


def _stable(graph: Graph, node: Node, powers: dict[Node, Node]) -> Node:
    match node:
        case Map() if node.function == "log":
            return _logarithm(graph, node.operands[0]) or node
        case Map() if node.function == "pow":
            base, exponent = whole_power(node)
            if exponent < 0 and isinstance(base, Add) and (u := _complement(base)) is not None:
                # 1 - sigmoid(u) has lost its digits where u is large
                return _raised(graph, graph.map("sigmoid", (summed(graph, [(-1, u)]),)), exponent)
            terms = _exponentials(graph, base)
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
            terms = _exponentials(graph, inner)
            if len(terms) > 1:
                return _log_of_several(graph, terms)
            u = _complement(inner)
            return None if u is None else summed(graph, [(-1, graph.map("softplus", (u,)))])
        case Map() if inner.function == "cosh":
            u = inner.operands[0]
            power = graph.map("softplus", (summed(graph, [(2, u)]),))
            return summed(graph, [(1, power), (-1, u)], quotient(1, 2))
        case Map() if inner.function == "sigmoid":
            turned = summed(graph, [(-1, inner.operands[0])])
            return summed(graph, [(-1, graph.map("softplus", (turned,)))])
        case Apply() if inner.function == "softmax":
            axis = dict(inner.params).get("axis", 0)
            return _shifted(graph, inner.operands[0], (axis,))
        case Einsum():
            total = totalled(inner)
            return None if total is None else _log_of_total(graph, inner, total)
        case _:
            return None


def _exponentials(graph: Graph, node: Node) -> list[Exponential]:
    """The terms of a sum of multiples of exponentials, of 1, and of sums of exponentials; or none."""
    if not isinstance(node, Add):
        return []
    found: list[Exponential] = []
    for coefficient, operand in zip(node.coefficients, node.operands, strict=True):
        total = totalled(operand) if isinstance(operand, Einsum) and coefficient > 0 else None
        logarithm = None if total is None else _log_of_total(graph, operand, total)
        if logarithm is not None:
            found.append((coefficient, logarithm))
            continue
        one = exponential(coefficient, operand)
        if one is None:
            return []
        found.append(one)
    return found if any(u is not None for _, u in found) else []


def _log_of_several(graph: Graph, terms: list[Exponential]) -> Node:
    """log Σ c·exp(u), two terms at a time."""
    total = terms[0]
    for term in terms[1:]:
        total = (1, _log_of_two(graph, total, term))
    assert total[1] is not None
    return total[1]


def _log_of_two(graph: Graph, one: Exponential, two: Exponential) -> Node:
    """log(a·exp(u) + b·exp(v)) = v + log(b) + softplus(u - v + log(a/b))."""
    (a, u), (b, v) = (two, one) if one[1] is None else (one, two)
    assert u is not None
    below = [] if v is None else [(1, v)]
    gap = summed(graph, [(1, u), *((-c, node) for c, node in below)], quotient(a, b))
    return summed(graph, [*below, (1, graph.map("softplus", (gap,)))], b)


def _complement(node: Add) -> Node | None:
    """The u of 1 - sigmoid(u), which is 1/(1 + exp(u))."""
    terms = dict(zip(node.operands, node.coefficients, strict=True))
    found = [o for o, c in terms.items() if c == -1 and is_map(o, "sigmoid")]
    ones = [o for o, c in terms.items() if c == 1 and is_ones(o)]
    return found[0].operands[0] if len(terms) == 2 and found and ones else None


def _log_of_total(graph: Graph, node: Node, total: Total) -> Node | None:
    """log(c·Σ exp(u)) = log(c) + logsumexp(u), where c is made of sizes."""
    power, names, output, scalars = total
    if tuple(index for index in names if index in output) != output:
        return None
    axes = tuple(axis for axis, index in enumerate(names) if index not in output)
    result = _logsumexp(graph, power.operands[0], axes)
    if not scalars:
        return result
    logarithm = graph.map("log", (multiplied(graph, scalars),))
    return graph.add((1, 1), (spread(graph, logarithm, node.dims), result), node.dims)


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
    return graph.map("sigmoid", (summed(graph, [(-1, u)], quotient(1, c)),))


def _quotients(graph: Graph, node: Einsum, powers: dict[Node, Node]) -> Node:
    """exp(u)/Σ exp(u) is softmax(u), exp(u)/(a·exp(u) + b·exp(v)) is sigmoid(u - v + log(a/b))/a.

    `powers` are those that have become something else already.
    """
    factors: list[Factor] = list(zip(node.operands, node.inputs, strict=True))
    changed = False
    for below in range(len(factors)):
        for above in range(len(factors)):
            pair = _divided(graph, factors[below], factors[above], powers)
            if pair is not None:
                changed = True
                factors[below], factors[above], left = pair
                factors.append(left)
    if not changed:
        changed = _distributed(graph, factors, powers)
    if not changed:
        return node
    kept = _without_ones(factors)
    if len(kept) == 1 and kept[0][1] == node.output:
        return kept[0][0]
    return graph.einsum(tuple(o for o, _ in kept), tuple(names for _, names in kept), node.output)


def _without_ones(factors: list[Factor]) -> list[Factor]:
    """The factors without those that are 1 and whose indices others have."""
    kept = list(factors)
    for factor in factors:
        others = {index for other in kept if other is not factor for index in other[1]}
        if len(kept) > 1 and is_ones(factor[0]) and others.issuperset(factor[1]):
            kept = [other for other in kept if other is not factor]
    return kept


def _divided(
    graph: Graph, below: Factor, above: Factor, powers: dict[Node, Node]
) -> tuple[Factor, Factor, Factor] | None:
    """s^-k · exp(u)^j as what is left of s, (exp(u)/s)^min(j,k), and what is left of exp(u)."""
    base, exponent = whole_power(powers.get(below[0], below[0]))
    top, times = whole_power(above[0])
    if exponent > 0 or times < 0 or not isinstance(top, Map):
        return None
    share = _ratio(graph, (base, below[1]), top, above[1])
    if share is None:
        return None
    both = min(times, -exponent)
    power = _raised(graph, base, exponent + both)
    left = _stable(graph, power, powers)
    powers[left] = power
    rest = _raised(graph, top, times - both)
    return (
        (left, below[1] if left.order else ()),
        (_raised(graph, share, both), above[1]),
        (rest, above[1] if rest.order else ()),
    )


def _distributed(graph: Graph, factors: list[Factor], powers: dict[Node, Node]) -> bool:
    """exp(u)·(a/exp(u) + b/Σ exp(u)) → a + b·softmax(u), where that helps each term; whether it did."""
    for place, (total, names) in enumerate(factors):
        distinct = len({*names}) == len(names)
        if not isinstance(total, Add) or not distinct or len(total.operands) > MOST_TERMS:
            continue
        for other, (factor, indices) in enumerate(factors):
            base, exponent = whole_power(powers.get(factor, factor))
            if not (is_map(base, "exp") or exponent < 0) or not {*indices} <= {*names}:
                continue
            products = [
                _product(graph, (term, names), (factor, indices)) for term in total.operands
            ]
            terms = tuple(_quotients(graph, product, powers) for product in products)
            if all(term is not product for term, product in zip(terms, products, strict=True)):
                factors[place] = graph.add(total.coefficients, terms, total.dims), names
                del factors[other]
                return True
    return False


def _product(graph: Graph, one: Factor, two: Factor) -> Einsum:
    """The product of two factors, the first one's axes; of a sum of products its factors."""
    node, names = one
    if not isinstance(node, Einsum) or len({*node.output}) < len(node.output):
        return graph.einsum((node, two[0]), (names, two[1]), names)
    renamed = dict(zip(node.output, names, strict=True))
    for indices in node.inputs:
        for index in indices:
            renamed.setdefault(index, max((*names, *renamed.values()), default=-1) + 1)
    inputs = tuple(tuple(renamed[index] for index in indices) for indices in node.inputs)
    return graph.einsum((*node.operands, two[0]), (*inputs, two[1]), names)


def _raised(graph: Graph, base: Node, exponent: int) -> Node:
    """A whole power; the number 1 for the power 0, for it stands in a product."""
    match exponent:
        case 0:
            return graph.number(1)
        case 1:
            return base
        case _:
            return graph.map("pow", (base, graph.number(exponent)))


def _ratio(graph: Graph, total: Factor, top: Map, above: tuple[int, ...]) -> Node | None:
    """exp(u) over itself or over a sum that it is a part of; sinh(u)/cosh(u)."""
    base, below = total
    if top.function == "sinh":
        same = is_map(base, "cosh") and base.operands == top.operands and below == above
        return graph.map("tanh", top.operands) if same else None
    if top.function != "exp":
        return None
    if base is top and below == above:
        return spread(graph, graph.number(1), base.dims)
    return _share(graph, total, top, above)


def _share(graph: Graph, total: Factor, power: Map, above: tuple[int, ...]) -> Node | None:
    """exp(u) over a sum that it is a part of."""
    base, below = total
    u = power.operands[0]
    if isinstance(base, Einsum):
        found = totalled(base)
        if found is None or not _is_part(base, below, power, above):
            return None
        _, names, output, scalars = found
        axes = tuple(axis for axis, index in enumerate(names) if index not in output)
        share: Node
        if len(axes) > 1:
            share = graph.map("exp", (_shifted(graph, u, axes),))
        else:
            params = (("axis", axes[0]),) if u.order > 1 else ()
            share = graph.apply("softmax", (u,), u.dims, params)
        if not scalars:
            return share
        inverse = graph.map("pow", (multiplied(graph, scalars), graph.number(-1)))
        every = tuple(range(u.order))
        return graph.einsum((inverse, share), ((), every), every)
    terms = _exponentials(graph, base)
    if any(_is_part(operand, below, power, above) for operand in base.operands) and terms:
        wide = graph.einsum(
            (_log_of_several(graph, terms), *(graph.delta(dim, 1) for dim in u.dims)),
            (below, *((index,) for index in above)),
            above,
        )
        return graph.map("exp", (graph.add((1, -1), (u, wide), u.dims),))
    if below != above or all(v is not u for _, v in terms):
        return None
    if len(terms) != 2:
        total_log = _log_of_several(graph, terms)
        return graph.map("exp", (summed(graph, [(1, u), (-1, total_log)]),))
    for (a, v), (b, other) in (terms, terms[::-1]):
        if v is u:
            rest: list[Term] = [] if other is None else [(-1, other)]
            sigmoid = graph.map("sigmoid", (summed(graph, [(1, u), *rest], quotient(a, b)),))
            return summed(graph, [(quotient(1, a), sigmoid)])
    return None


def _is_part(total: Node, below: tuple[int, ...], power: Map, above: tuple[int, ...]) -> bool:
    """Whether a node is a sum of exponentials, and the one at these indices a term of it."""
    found = totalled(total) if isinstance(total, Einsum) else None
    if found is None or found[0] is not power:
        return False
    place = dict(zip(found[1], above, strict=True))
    return tuple(place[index] for index in found[2]) == below
