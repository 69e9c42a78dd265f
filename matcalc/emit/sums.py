"""Common factors of the terms of a sum: Σ F·Gₖ is F·Σ Gₖ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import gcd, lcm
from typing import TYPE_CHECKING

from matcalc.emit.network import Factor, Network
from matcalc.rational import quotient
from matcalc.tensor.nodes import Dims, Node

if TYPE_CHECKING:
    from matcalc.rational import Rational

Indices = tuple[int, ...]
Symmetric = Callable[[Node], bool]
Total = Callable[[list[Network], Indices], tuple["Rational", Node]]


SIGNS = {1, -1}


def content(coefficients: list[Rational]) -> Rational:
    """The number that all coefficients are whole multiples of, with the sign of the first.

    >>> from fractions import Fraction
    >>> content([Fraction(-1, 2), Fraction(3, 4)])
    Fraction(-1, 4)
    """
    if {*coefficients} <= SIGNS:
        return coefficients[0]
    above = gcd(*[coefficient.numerator for coefficient in coefficients])
    below = lcm(*[coefficient.denominator for coefficient in coefficients])
    unit = quotient(above, below)
    return -unit if coefficients[0] < 0 else unit


def _open(term: Network, symmetric: Symmetric) -> dict[Factor, int]:
    """The factors all of whose indices are axes of the sum, how often each is there."""
    axes = {*term.output}
    found: dict[Factor, int] = {}
    for factor in term.factors:
        if axes.issuperset(factor[1]):
            turned = _turned(factor, symmetric)
            found[turned] = found.get(turned, 0) + 1
    return found


def _turned(factor: Factor, symmetric: Symmetric) -> Factor:
    node, indices = factor
    if len(indices) == 2 and indices[0] > indices[1] and symmetric(node):
        return node, indices[::-1]
    return factor


def _without(term: Network, taken: Mapping[Factor, int], symmetric: Symmetric) -> Network:
    """The term without these factors, so often."""
    left = dict(taken)
    factors: list[Factor] = []
    for factor in term.factors:
        same = _turned(factor, symmetric)
        if left.get(same, 0) > 0:
            left[same] -= 1
        else:
            factors.append(factor)
    return Network(term.coefficient, tuple(factors), term.output, term.dims)


def common_factors(
    terms: list[Network], symmetric: Symmetric
) -> tuple[list[Factor], list[Network]]:
    """The factors that all terms have, and the terms without them; their indices are axes."""
    common = _open(terms[0], symmetric)
    for term in terms[1:] if common else ():
        other = _open(term, symmetric)
        common = {f: min(count, other[f]) for f, count in common.items() if f in other}
    if not common:
        return [], terms
    listed = [factor for factor, count in common.items() for _ in range(count)]
    return listed, [_without(term, common, symmetric) for term in terms]


def grouped(
    terms: list[Network],
    total: Total,
    symmetric: Symmetric,
    size: Callable[[Dims], float],
) -> list[Network]:
    """The terms, those with a common factor put together where the sum of the rest is smaller.

    `total` makes a node of a sum of products over the axes given.
    """
    if not _share(terms):
        return terms
    terms = _by_summed(_by_frame(terms, total), total)
    while len(terms) > 1:
        counts: dict[Factor, int] = {}
        opened = [_open(term, symmetric) if term.plain else {} for term in terms]
        for found in opened:
            for factor in found:
                counts[factor] = counts.get(factor, 0) + 1
        groups: dict[tuple[Factor, frozenset[int]], list[int]] = {}
        for place, term in enumerate(terms):
            for factor in opened[place]:
                if counts[factor] < 2:
                    continue
                rest = _without(term, {factor: 1}, symmetric)
                axes = rest.used & {*rest.output}
                if axes and size(tuple(term.dims[i] for i in sorted(axes))) < size(
                    tuple(term.dims[i] for i in term.output)
                ):
                    groups.setdefault((factor, axes), []).append(place)
        best = max(groups, key=lambda group: len(groups[group]), default=None)
        if best is None or len(groups[best]) < 2:
            break
        factor, _ = best
        places = groups[best]
        rests = [_without(terms[place], {factor: 1}, symmetric) for place in places]
        first = terms[places[0]]
        open_axes = tuple(sorted({i for rest in rests for i in rest.used if i in rest.output}))
        unit, inner = total(rests, open_axes)
        terms = [term for place, term in enumerate(terms) if place not in places]
        terms.append(Network(unit, (factor, (inner, open_axes)), first.output, first.dims))
    return terms


def _share(terms: list[Network]) -> bool:
    """Whether two terms have a factor of the same value, without which there is nothing to group."""
    seen: set[Node] = set()
    for term in terms:
        own = {node for node, _ in term.factors}
        if not seen.isdisjoint(own):
            return True
        seen |= own
    return False


def _by_frame(terms: list[Network], total: Total) -> list[Network]:
    """Σ X[i,p]·X[i,q]·vₖ[i] is Σ X[i,p]·X[i,q]·(Σ vₖ[i]): what only weighs the sum is added first."""
    groups: dict[frozenset[tuple[Factor, int]], list[int]] = {}
    for place, term in enumerate(terms):
        summed = term.used.difference(term.output)
        if term.plain and len(summed) == 1:
            (index,) = summed
            patterns: dict[Factor, int] = {}
            for node, indices in term.factors:
                if indices and indices.count(index) < len(indices):
                    pattern = node, tuple([-1 if i == index else i for i in indices])
                    patterns[pattern] = patterns.get(pattern, 0) + 1
            if patterns and all(-1 in pattern for _, pattern in patterns):
                groups.setdefault(frozenset(patterns.items()), []).append(place)
    taken: set[int] = set()
    made: list[Network] = []
    for places in groups.values():
        if len(places) < 2:
            continue
        first = terms[places[0]]
        (index,) = first.used.difference(first.output)
        rests: list[Network] = []
        for place in places:
            term = terms[place]
            weights = tuple(
                (n, used) for n, used in term.factors if {*used}.isdisjoint(term.output)
            )
            (own,) = term.used.difference(term.output)
            rest = Network(term.coefficient, weights, (own,), term.dims)
            rests.append(_renamed(rest, index, len(term.output)))
        frame = tuple(
            (n, used) for n, used in first.factors if not {*used}.isdisjoint(first.output)
        )
        unit, whole = total(rests, (index,))
        made.append(Network(unit, (*frame, (whole, (index,))), first.output, first.dims))
        taken.update(places)
    if not made:
        return terms
    return [*(term for place, term in enumerate(terms) if place not in taken), *made]


def _by_summed(terms: list[Network], total: Total) -> list[Network]:
    """Σ A[p,i]·Bₖ[i,q] is A[p,i]·Σ Bₖ[i,q], where the Bₖ are there as they stand."""
    groups: dict[tuple[Node, Indices], list[int]] = {}
    found: dict[int, tuple[int, Network]] = {}
    for place, term in enumerate(terms):
        for number, (node, indices) in enumerate(term.factors):
            inner = _inner(term, number)
            if inner is not None:
                pattern = tuple(index if index in term.output else -1 for index in indices)
                groups.setdefault((node, pattern), []).append(place)
                found[place] = number, inner
                break
    made: list[Network] = []
    taken: set[int] = set()
    for (node, pattern), places in groups.items():
        if len(places) < 2:
            continue
        axes = found[places[0]][1].output
        order = len(terms[0].output)
        (summed,) = (index for index in axes if index >= order)
        rests = [_renamed(found[place][1], summed, order) for place in places]
        same = [
            place for place, rest in zip(places, rests, strict=True) if {*rest.output} == {*axes}
        ]
        if len(same) < 2:
            continue
        unit, whole = total([rest for rest in rests if {*rest.output} == {*axes}], axes)
        first = terms[places[0]]
        indices = tuple(summed if index == -1 else index for index in pattern)
        made.append(Network(unit, ((node, indices), (whole, axes)), first.output, first.dims))
        taken.update(same)
    if not made:
        return terms
    return [*(term for place, term in enumerate(terms) if place not in taken), *made]


def _inner(term: Network, number: int) -> Network | None:
    """What a factor is multiplied by as a matrix, if a factor of that has all its axes.

    Not what is larger than the factor: A·x + B·x does less than (A + B)·x.
    """
    _, indices = term.factors[number]
    output = term.output
    summed = [index for index in indices if index not in output]
    if len(summed) != 1 or not term.plain:
        return None
    (index,) = summed
    needed = {*output}.difference(indices) | {index}
    if len(needed) > len(indices):
        return None
    others = (*term.factors[:number], *term.factors[number + 1 :])
    for _, whole in others:
        if len(whole) == len(needed) and needed.issuperset(whole) and len({*whole}) == len(whole):
            break
    else:
        return None
    own = {*indices} - {index}
    if not own.isdisjoint([i for _, used in others for i in used]):
        return None
    return Network(term.coefficient, others, whole, term.dims)


def _renamed(network: Network, summed: int, order: int) -> Network:
    """The product with this index for the one axis that the sum does not have, and no other so."""
    (own,) = (index for index in network.output if index >= order)
    if own == summed:
        return network
    swap = {own: summed, summed: own}
    return Network(
        network.coefficient,
        tuple((n, tuple(swap.get(i, i) for i in indices)) for n, indices in network.factors),
        tuple(swap.get(index, index) for index in network.output),
        {swap.get(index, index): dim for index, dim in network.dims.items()},
    )
