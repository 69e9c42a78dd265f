"""The best orders of contraction of few factors, in all regimes at once: every order is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import add, le, mul

from matcalc.emit.parts import Costs, Index, Indices, Known, Sizes, Tree, total, weight

MOST = 6
"""Of more factors the orders are too many."""


def is_few(inputs: Sequence[Iterable[Index]]) -> bool:
    """Whether there are few factors, and no two have the same indices, which would come first."""
    return len(inputs) <= MOST and len({*map(frozenset, inputs)}) == len(inputs)


class Few:
    """Few factors of an index sum; sets of them are bit masks, which `kept` has the indices of."""

    __slots__ = ("count", "kept", "known", "sizes", "volumes")

    def __init__(
        self, inputs: Sequence[Indices], output: Indices, sizes: Sizes, known: Known | None = None
    ) -> None:
        self.count = len(inputs)
        self.sizes = sizes
        self.known = known
        self.volumes: dict[Indices, Costs] = {}
        unions: list[Indices] = [frozenset()]
        for indices in inputs:
            unions += [indices | union for union in unions]
        self.kept = [
            inside & (output | outside)
            for inside, outside in zip(unions, reversed(unions), strict=True)
        ]

    def trees(self) -> Sequence[Tree]:
        """The best order in each regime."""
        regimes = len(next(iter(self.sizes.values())))
        trees: dict[int, Sequence[Tree]] = {1 << k: [k] * regimes for k in range(self.count)}
        costs: dict[int, Costs | None] = dict.fromkeys(trees)
        for subset in range(3, 1 << self.count):
            lowest = subset & -subset
            if subset == lowest:
                continue
            rest = half = subset ^ lowest
            best: Costs | None = None
            chosen: list[tuple[Tree, Tree]] = []
            # the half with the lowest factor, so that each pair of halves is met once
            while half:
                half = (half - 1) & rest
                one, two = lowest | half, rest ^ half
                cost = total(costs[one], costs[two], self.product(one, two))
                orders = [*zip(trees[one], trees[two], strict=True)]
                if self.known is not None:
                    there = [pair for pair in dict.fromkeys(orders) if self.known(*pair)]
                    if there:
                        priced = zip(orders, cost, strict=True)
                        cost = [0.0 if order in there else c for order, c in priced]
                if best is not None:
                    better = [*map(le, cost, best)]
                    if not any(better):
                        continue
                    if not all(better):
                        cost = [*map(min, cost, best)]
                        choices = zip(better, orders, chosen, strict=True)
                        orders = [new if so else old for so, new, old in choices]
                best, chosen = cost, orders
            costs[subset], trees[subset] = best, chosen
        return trees[(1 << self.count) - 1]

    def product(self, one: int, two: int) -> Costs:
        """About the time that the product of two disjoint parts takes."""
        a, b, kept = self.kept[one], self.kept[two], self.kept[one | two]
        every, result = a | b, self.volume(kept)
        factor = weight(a, b, kept, every)
        if len(kept) == len(every):
            return result if factor == 1 else [*map(factor.__mul__, result)]
        return [*map(add, result, map(factor.__mul__, self.volume(every)))]

    def volume(self, indices: Indices) -> Costs:
        """How many entries a tensor of these indices has."""
        volume = self.volumes.get(indices)
        if volume is None:
            volume = [1.0] * len(next(iter(self.sizes.values())))
            for index in indices:
                volume = [*map(mul, volume, self.sizes[index])]
            self.volumes[indices] = volume
        return volume

    def costs(self, tree: Tree) -> Costs:
        """The costs of an order of all factors."""
        _, costs = self._costs(tree)
        assert costs is not None
        return costs

    def _costs(self, tree: Tree) -> tuple[int, Costs | None]:
        """The factors of a part of an order, and what it costs: a factor nothing."""
        if isinstance(tree, int):
            return 1 << tree, None
        (one, before), (two, other) = map(self._costs, tree)
        costs = total(before, other, self.product(one, two))
        if self.known is not None and self.known(*tree):
            costs = [0.0] * len(costs)
        return one | two, costs
