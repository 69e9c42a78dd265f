"""Sums that are a part and the same part turned: A + A', Σ over the ways to exchange axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.emit.products import Products
from matcalc.tensor.nodes import Einsum, Node

if TYPE_CHECKING:
    from matcalc.rational import Rational

Indices = tuple[int, ...]
Turned = tuple[Node, Indices]


def halved(terms: dict[Node, Rational], products: Products) -> tuple[list[Node], Indices] | None:
    """Half of the terms, and the exchange of axes that makes the other half of them; or None.

    The terms are weighed by the number that `terms` has; of fewer than four it is no gain.
    """
    if len(terms) < 4 or len(terms) % 2:
        return None
    found = {_turned(node, products): coefficient for node, coefficient in terms.items()}
    if len(found) < len(terms):
        return None
    nodes = dict(zip(found, terms, strict=True))
    first, *others = found
    for other in others:
        if other[0] is not first[0]:
            continue
        exchange = dict(zip(first[1], other[1], strict=True))
        if any(exchange.get(index) != axis for axis, index in exchange.items()):
            continue
        half: dict[Turned, None] = {}
        images: set[Turned] = set()
        for turned, coefficient in found.items():
            base, indices = turned
            image = _sorted(base, tuple(exchange[index] for index in indices), products)
            if image == turned or found.get(image) != coefficient:
                break
            if turned not in images:
                half[turned] = None
                images.add(image)
        else:
            return [nodes[turned] for turned in half], tuple(
                exchange[axis] for axis in range(len(exchange))
            )
    return None


def _turned(node: Node, products: Products) -> Turned:
    """What a node turns, and the place in the node of each axis of that."""
    if isinstance(node, Einsum) and len(node.operands) == 1:
        (indices,) = node.inputs
        if sorted(indices) == sorted(node.output):
            places = tuple(node.output.index(index) for index in indices)
            return _sorted(node.operands[0], places, products)
    return node, tuple(range(node.order))


def _sorted(base: Node, places: Indices, products: Products) -> Turned:
    """The same, the two axes of each symmetric factor of an outer product in order."""
    if isinstance(base, Einsum) and len(base.operands) == 2:
        listed = list(places)
        for operand, indices in zip(base.operands, base.inputs, strict=True):
            if products.symmetric(operand) and {*indices} <= {*base.output}:
                one, two = (base.output.index(index) for index in indices)
                if listed[one] > listed[two]:
                    listed[one], listed[two] = listed[two], listed[one]
        return base, tuple(listed)
    return base, places
