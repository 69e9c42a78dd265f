"""From an order of contraction to the nodes of its products."""

from __future__ import annotations

from matcalc.emit.axes import Axes
from matcalc.emit.network import Factor
from matcalc.emit.parts import Tree
from matcalc.emit.products import Products
from matcalc.tensor.nodes import Node, Number


class Builder(Axes):
    """Builds the nodes of an order of contraction."""

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

    def build(self, tree: Tree, target: Tree, scales: list[Node]) -> Factor:
        """The node; the part `target` is multiplied by the numbers."""
        made: dict[Tree, Factor] = {}
        for part in reversed(self.parts(tree)):
            if isinstance(part, int):
                made[part] = self.factors[part]
            else:
                made[part] = self.products.make(made[part[0]], made[part[1]], self.kept(part))
            if part == target:
                for scale in scales:
                    made[part] = self._scaled(scale, made[part])
        return made[tree]

    def _scaled(self, scale: Node, factor: Factor) -> Factor:
        node, indices = factor
        if isinstance(scale, Number):
            return self.products.graph.add((scale.value,), (node,), node.dims), indices
        return self.products.make((scale, ()), factor, frozenset(indices))
