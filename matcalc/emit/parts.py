"""Parts of an order of contraction: products of some of the factors, and what a product of two takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import add, mul

Index = int
Indices = frozenset[int]
Costs = list[float]
"""One in every regime."""
Sizes = Mapping[Index, Sequence[float]]
"""The size of each index in every regime."""
Tree = int | tuple["Tree", "Tree"]

Known = Callable[[Tree, Tree], bool]
"""Whether the product of two trees is there already, and costs nothing."""


class Part:
    """A product of some factors: which, the indices that it keeps, its order, what it costs."""

    __slots__ = ("cost", "indices", "mask", "tree")

    def __init__(self, mask: int, indices: Indices, tree: Tree, cost: float) -> None:
        self.mask = mask
        self.indices = indices
        self.tree = tree
        self.cost = cost


class Pair:
    """A product of two: the indices it keeps, and about the time that it takes in each regime."""

    __slots__ = ("costs", "kept")

    def __init__(self, a: Indices, b: Indices, every: Indices, kept: Indices, sizes: Sizes) -> None:
        self.kept = kept
        result = [1.0] * len(next(iter(sizes.values())))
        for index in kept:
            result = [*map(mul, result, sizes[index])]
        factor = weight(a, b, kept, every)
        if len(kept) == len(every):
            self.costs = [*map(factor.__mul__, result)]
            return
        work = result
        for index in every - kept:
            work = [*map(mul, work, sizes[index])]
        self.costs = [*map(add, result, map(factor.__mul__, work))]


def weight(a: Indices, b: Indices, kept: Indices, every: Indices) -> float:
    """About the time that a multiplication of a product of two takes; a matrix product is fast."""
    if len(kept) == len(every):
        # what is larger than both is not made where something large may be scaled twice
        return 1.0 if kept in (a, b) else 1.05
    return 0.0625 if (a & kept) - b and (b & kept) - a else 0.5


def total(one: Costs | None, two: Costs | None, both: Costs) -> Costs:
    """What a product costs with its two factors, where these cost anything."""
    if one is not None and two is not None:
        one = [*map(add, one, two)]
    before = two if one is None else one
    return both if before is None else [*map(add, before, both)]
