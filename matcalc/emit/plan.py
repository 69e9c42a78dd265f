"""An order of contraction as a plan: which of its products are there already, and the nodes that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from matcalc.emit.axes import Axes
from matcalc.emit.network import Factor
from matcalc.emit.parts import Tree
from matcalc.emit.products import Products
from matcalc.tensor.nodes import Node, Number

PAIRS = ((0, 1), (0, 2), (1, 2))
"""Those of three factors."""


class Existing(Axes):
    """Tells which products of an order of contraction exist already."""

    __slots__ = ("factors", "found", "products")

    def __init__(self, products: Products, factors: list[Factor], output: frozenset[int]) -> None:
        super().__init__([indices for _, indices in factors], output)
        self.products = products
        self.factors = factors
        self.found: dict[Tree, Factor | None] = {}

    def is_made(self, one: Tree, two: Tree) -> bool:
        """Whether the product of two parts exists already."""
        tree = (one, two)
        if tree in self.found:
            return self.found[tree] is not None
        left = self.factors[one] if isinstance(one, int) else self.found.get(one)
        right = self.factors[two] if isinstance(two, int) else self.found.get(two)
        made = None
        if left is not None and right is not None and self.products.is_met(left[0], right[0]):
            made = self.products.is_made(left, right, self.kept(tree))
        self.found[tree] = made
        return made is not None

    def is_begun(self) -> bool:
        """Whether there is a product already that an order of these three factors may begin with.

        Two of the same indices come first.
        """
        twins = [(a, b) for a, b in PAIRS if self.inputs[a] == self.inputs[b]]
        return any(self.is_made(one, two) for one, two in twins[:1] or PAIRS)


class Plan:
    """An order of contraction: its parts, the whole first, and the indices that each keeps.

    `smallest` is the part with the fewest entries, `lightest` how many these are; `where` says for
    which dimensions the order is the fastest, if not for all.
    """

    __slots__ = ("kept", "lightest", "parts", "smallest", "where")

    def __init__(
        self, axes: Axes, tree: Tree, entries: Mapping[int, int], where: str | None
    ) -> None:
        self.parts = axes.parts(tree)
        self.kept = {part: axes.kept(part) for part in self.parts}
        weights = [prod([entries[index] for index in self.kept[part]]) for part in self.parts]
        self.lightest = min(weights)
        self.smallest = self.parts[weights.index(self.lightest)]
        self.where = where

    def build(self, factors: list[Factor], products: Products, scales: list[Node]) -> Factor:
        """The node of the product of these factors; the smallest part is multiplied by the numbers."""
        made: dict[Tree, Factor] = {}
        for part in reversed(self.parts):
            if isinstance(part, int):
                made[part] = factors[part]
            else:
                made[part] = products.make(made[part[0]], made[part[1]], self.kept[part])
            if scales and part == self.smallest:
                for scale in scales:
                    made[part] = _scaled(products, scale, made[part])
        return made[self.parts[0]]


def _scaled(products: Products, scale: Node, factor: Factor) -> Factor:
    node, indices = factor
    if isinstance(scale, Number):
        return products.graph.add((scale.value,), (node,), node.dims), indices
    return products.make((scale, ()), factor, frozenset(indices))
