"""From an order of contraction to the nodes of its products."""

from __future__ import annotations

from collections.abc import Callable

from matcalc.emit.network import Factor
from matcalc.emit.parts import Tree
from matcalc.emit.products import Products
from matcalc.tensor.nodes import Node, Number

Indices = tuple[int, ...]


class Builder:
    """Builds the nodes of an order of contraction."""

    __slots__ = ("_kept", "_leaves", "factors", "found", "inputs", "output", "products", "users")

    def __init__(
        self,
        products: Products,
        factors: list[Factor],
        inputs: list[frozenset[int]],
        output: frozenset[int],
    ) -> None:
        self.products = products
        self.factors = factors
        self.inputs = inputs
        self.output = output
        self.users: dict[int, int] = {}
        for place, indices in enumerate(inputs if len(inputs) > 2 else ()):
            for index in indices:
                self.users[index] = self.users.get(index, 0) | 1 << place
        self.found: dict[Tree, Factor | None] = {}
        self._leaves: dict[Tree, int] = {}
        self._kept: dict[int, frozenset[int]] = {}

    def leaves(self, tree: tuple[Tree, Tree]) -> int:
        """The places of the factors of a part, as a bit mask."""
        mask = self._leaves.get(tree)
        if mask is None:
            mask = 0
            stack: list[tuple[Tree, Tree]] = [tree]
            while stack:
                for part in stack.pop():
                    if isinstance(part, int):
                        mask |= 1 << part
                    else:
                        stack.append(part)
            self._leaves[tree] = mask
        return mask

    def kept(self, tree: Tree) -> frozenset[int]:
        """The indices that a part of the order keeps: a factor all that it has."""
        if isinstance(tree, int):
            return self.inputs[tree]
        if len(self.inputs) == 2:
            return self.output & (self.inputs[0] | self.inputs[1])
        leaves = self.leaves(tree)
        kept = self._kept.get(leaves)
        if kept is None:
            users, output, outside = self.users, self.output, ~leaves
            kept = self._kept[leaves] = frozenset(
                [i for i in users if users[i] & leaves and (i in output or users[i] & outside)]
            )
        return kept

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

    def turns(self, output: Indices) -> Callable[[Tree], int]:
        """How many axes of an order's product are not where the output has them."""
        wanted = [index for index in dict.fromkeys(output) if index in self.users]

        def count(tree: Tree) -> int:
            made: dict[Tree, tuple[list[int], list[int]]] = {}
            for part in reversed(self.parts(tree)):
                if isinstance(part, int):
                    axes = list(self.factors[part][1])
                    made[part] = axes, axes
                    continue
                kept = self.kept(part)
                a, b = sorted((made[half][0] for half in part), key=len, reverse=True)
                shared = [index for index in a if index in b and index in kept]
                rows = [index for index in a if index not in b]
                columns = [index for index in b if index not in a]
                axes = [*shared, *rows, *columns] if columns or {*a} - kept else a
                other = axes if shared else [*columns, *rows]
                made[part] = [i for i in axes if i in kept], [i for i in other if i in kept]
            return min(
                sum(one != two for one, two in zip(axes, wanted, strict=True))
                for axes in made[tree]
            )

        return count

    def parts(self, tree: Tree) -> list[Tree]:
        """All parts of the order, the whole first, level by level."""
        listed = [tree]
        for part in listed:
            if not isinstance(part, int):
                listed.extend(part)
        return listed

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
