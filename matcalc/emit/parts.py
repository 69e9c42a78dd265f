"""Parts of an order of contraction: products of some of the factors, and what a product of two takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import add, mul

Index = int
Indices = frozenset[int]
Sizes = Mapping[Index, Sequence[float]]
"""The size of each index in every regime."""
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
    """A product of two: the indices it keeps, and about the time that it takes in each regime.

    A matrix product is fast for its multiplications.
    """

    __slots__ = ("costs", "kept")

    def __init__(self, a: Indices, b: Indices, every: Indices, kept: Indices, sizes: Sizes) -> None:
        self.kept = kept
        count = len(next(iter(sizes.values())))
        result = [1.0] * count
        for index in kept:
            result = [*map(mul, result, sizes[index])]
        if len(kept) == len(every):
            # what is larger than both is not made where something large may be scaled twice
            self.costs = result if kept in (a, b) else [*map((1.05).__mul__, result)]
            return
        work = result
        for index in every - kept:
            work = [*map(mul, work, sizes[index])]
        factor = 0.0625 if (a & kept) - b and (b & kept) - a else 0.5
        self.costs = [*map(add, result, map(factor.__mul__, work))]
