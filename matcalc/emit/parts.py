"""Parts of an order of contraction: products of some of the factors, and what a product of two takes."""

from __future__ import annotations

from collections.abc import Mapping

Index = int
Indices = frozenset[int]
Regime = Mapping[Index, float]
Tree = int | tuple["Tree", "Tree"]


class Part:
    """A product of some factors: which, the indices that it keeps, its order, what it costs."""

    __slots__ = ("cost", "indices", "mask", "tree")

    def __init__(self, mask: int, indices: Indices, tree: Tree, cost: float) -> None:
        self.mask = mask
        self.indices = indices
        self.tree = tree
        self.cost = cost


class Pair:
    """A product of two: the indices it keeps, and how its time depends on the sizes.

    About the time: a matrix product is fast for its multiplications.
    """

    __slots__ = ("every", "factor", "kept", "result")

    def __init__(self, a: Indices, b: Indices, every: Indices, kept: Indices) -> None:
        self.kept = kept
        self.every = tuple(every)
        self.result: tuple[Index, ...] | None = None
        if kept >= every:
            # what is larger than both is not made where something large may be scaled twice
            self.factor = 1.0 if kept in (a, b) else 1.05
        else:
            self.result = tuple(kept)
            self.factor = 0.0625 if (a & kept) - b and (b & kept) - a else 0.5

    def cost(self, sizes: Regime) -> float:
        """About the time that it takes."""
        work = self.factor
        for index in self.every:
            work *= sizes[index]
        if self.result is None:
            return work
        result = 1.0
        for index in self.result:
            result *= sizes[index]
        return result + work
