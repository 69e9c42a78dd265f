"""The order of contraction of an index sum whose sizes are names, not numbers.

Which order is cheapest depends on the sizes; so each order that is best in some regime (each size
small or large) is tried in all of them, and the one that is never far from the best is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import product as combinations
from operator import truediv

from matcalc.emit.few import MOST, Few, is_few
from matcalc.emit.parts import Costs, Index, Indices, Known, Pair, Part, Sizes, Tree, total
from matcalc.language.dimensions import Dim

SMALL, LARGE = 12, 768
MOST_REGIMES = 25
LONGEST_PATH = 32
"""A longer chain of matrices is contracted greedily."""
SLACK = 1.05
"""An order that costs up to this times the best is as good as it."""


def regimes_of(dims: Iterable[Dim], sizes: Mapping[str, int]) -> Sequence[Mapping[str, int]]:
    """Sizes for the names in the dimensions, each small or large; `sizes` are given.

    Of many names, in each regime but two one alone is small or large; of more, there are those two.

    >>> m, n = Dim.named("m"), Dim.named("n")
    >>> len(regimes_of([m, n * m], {})), regimes_of([m, n], {"m": 5, "n": 7})
    (4, [{'m': 5, 'n': 7}])
    """
    names = sorted({name for dim in dims for name in dim.names if name[0] != "#"} - {*sizes})
    listed = _regimes(tuple(names))
    return [{**regime, **sizes} for regime in listed] if sizes else listed


@lru_cache(maxsize=256)
def _regimes(names: tuple[str, ...]) -> Sequence[Mapping[str, int]]:
    """Sizes of the names: of few all that are small or large, of others some."""
    if 2 ** len(names) <= MOST_REGIMES:
        listed = combinations((LARGE, SMALL), repeat=len(names))
        return [dict(zip(names, sizes, strict=True)) for sizes in listed]
    found = [dict.fromkeys(names, LARGE), dict.fromkeys(names, SMALL)]
    for name in names if 2 + 2 * len(names) <= MOST_REGIMES else ():
        found.append({**dict.fromkeys(names, LARGE), name: SMALL})
        found.append({**dict.fromkeys(names, SMALL), name: LARGE})
    return found


class Order:
    """An order of contraction, and the regimes (by place) that it is not the best in."""

    __slots__ = ("tree", "worse")

    def __init__(self, tree: Tree, worse: tuple[int, ...]) -> None:
        self.tree = tree
        self.worse = worse


def best_order(
    inputs: Sequence[Indices],
    output: Indices,
    sizes: Sizes,
    known: Known | None = None,
    turns: Callable[[Tree], int] = lambda tree: 0,
) -> Order:
    """The order whose cost is never far from the best, as nested pairs of places in `inputs`.

    `sizes` has those of each index in all regimes; `known` says of a product of two trees that it
    is there already, and costs nothing (None: nothing is); of orders that are as good as one another the one with the
    fewest `turns` is taken.

    >>> sizes = {0: [100.0], 1: [100.0], 2: [100.0]}
    >>> chain = [frozenset({0, 1}), frozenset({1, 2}), frozenset({2})]
    >>> best_order(chain, frozenset({0}), sizes).tree
    (0, (1, 2))
    """
    if len(inputs) < 3:
        # there is but one
        return Order(0 if len(inputs) == 1 else (0, 1), ())
    network: Few | _Network
    if is_few(inputs) and (known is None or len(inputs) == 3):
        network = Few(inputs, output, sizes, known)
    else:
        network = _Network(inputs, output, sizes, known)
    trees = [*dict.fromkeys(network.trees())]
    if len(trees) == 1:
        return Order(trees[0], ())
    costs = [network.costs(tree) for tree in trees]
    best = [*map(min, *costs)]
    floor = [max(cost, 1.0) for cost in best]
    worst = [max(map(truediv, row, floor)) for row in costs]
    near = SLACK * min(worst)
    good = [k for k, ratio in enumerate(worst) if ratio <= near]
    chosen = good[0]
    if len(good) > 1:
        chosen = min(good, key=lambda k: (turns(trees[k]), worst[k], sum(costs[k]), k))
    row = costs[chosen]
    worse = [k for k, cost in enumerate(row) if cost > SLACK * best[k]]
    return Order(trees[chosen], tuple(worse))


def condition(order: Order, regimes: Sequence[Mapping[str, int]]) -> str | None:
    """In which regimes an order is the best one, where two sizes tell: `m ≥ n`.

    >>> regimes = regimes_of([Dim.named("m"), Dim.named("n")], {})
    >>> condition(Order(0, (2,)), regimes), regimes[2]
    ('m ≥ n', {'m': 12, 'n': 768})
    """
    if not order.worse:
        return None
    good = [regime for k, regime in enumerate(regimes) if k not in order.worse]
    names = sorted(regimes[0])
    for one in names:
        for two in names:
            held = [regime for regime in regimes if regime[one] >= regime[two]]
            if len(held) < len(regimes) and all(regime in good for regime in held):
                return f"{one} ≥ {two}"
    return None


class _Network:
    """The factors of an index sum as sets of indices; sets of factors are bit masks."""

    __slots__ = ("inputs", "known", "leaves", "output", "pairs", "sizes", "users")

    def __init__(
        self, inputs: Sequence[Indices], output: Indices, sizes: Sizes, known: Known | None
    ) -> None:
        self.inputs = inputs
        self.output = output
        self.sizes = sizes
        self.known = known
        self.pairs: dict[tuple[int, int], Pair] = {}
        self.users: dict[Index, int] = {}
        for place, indices in enumerate(inputs):
            for index in indices:
                self.users[index] = self.users.get(index, 0) | 1 << place
        self.leaves = [
            Part(1 << place, self.kept(indices, 1 << place), place, 0.0)
            for place, indices in enumerate(inputs)
        ]

    def kept(self, indices: Indices, mask: int) -> Indices:
        """Those indices that the output or a factor outside the mask needs."""
        users, output, outside = self.users, self.output, ~mask
        return frozenset([i for i in indices if i in output or users[i] & outside])

    def pair(self, one: Part, two: Part) -> Pair:
        """The product of two disjoint parts, whatever their own orders."""
        key = one.mask, two.mask
        pair = self.pairs.get(key)
        if pair is None:
            every = one.indices | two.indices
            kept = self.kept(every, one.mask | two.mask)
            pair = self.pairs[key] = Pair(one.indices, two.indices, every, kept, self.sizes)
        return pair

    def join(self, one: Part, two: Part, regime: int) -> Part:
        """The product of two disjoint parts."""
        pair = self.pair(one, two)
        known = self.known is not None and self.known(one.tree, two.tree)
        cost = 0.0 if known else one.cost + two.cost + pair.costs[regime]
        return Part(one.mask | two.mask, pair.kept, (one.tree, two.tree), cost)

    def trees(self) -> list[Tree]:
        """The best order in each regime, or a good one where there are many factors."""
        if len(self._merged(self.leaves, 0)) < 3:
            # there is no choice
            return [self.search(0)]
        regimes = range(len(next(iter(self.sizes.values()))))
        return [self.search(regime) for regime in regimes]

    def costs(self, tree: Tree) -> Costs:
        """The costs of a whole order, in each regime."""
        made: dict[Tree, Part] = {}
        found: dict[Tree, Costs] = {}
        stack = [tree]
        while stack:
            top = stack[-1]
            if isinstance(top, int):
                made[top] = self.leaves[top]
            else:
                missing = [part for part in top if part not in made]
                if missing:
                    stack.extend(missing)
                    continue
                one, two = made[top[0]], made[top[1]]
                pair = self.pair(one, two)
                made[top] = Part(one.mask | two.mask, pair.kept, top, 0.0)
                if self.known is not None and self.known(*top):
                    found[top] = [0.0] * len(pair.costs)
                else:
                    found[top] = total(found.get(top[0]), found.get(top[1]), pair.costs)
            stack.pop()
        return found[tree]

    def search(self, regime: int) -> Tree:
        """The best order in a regime, or a good one where there are many factors."""
        parts = self._merged(self.leaves, regime)
        if len(parts) > MOST:
            parts = self._merged(self._along_paths(parts, regime), regime)
        if len(parts) > MOST:
            return self._greedy(parts, regime)
        return self._exact(parts, regime)

    def _merged(self, parts: list[Part], regime: int) -> list[Part]:
        """Factors of the same indices multiplied entry by entry, which no order can avoid."""
        found: dict[Indices, Part] = {}
        for part in parts:
            other = found.get(part.indices)
            found[part.indices] = part if other is None else self.join(other, part, regime)
        again = list(found.values())
        return again if len(again) == len(parts) else self._merged(again, regime)

    def _exact(self, parts: list[Part], regime: int) -> Tree:
        """The best of all orders, by subsets."""
        best: dict[int, Part] = {1 << k: part for k, part in enumerate(parts)}
        for subset in range(1, 1 << len(parts)):
            lowest = subset & -subset
            if subset == lowest:
                continue
            rest = subset ^ lowest
            # the half with the lowest factor, so that each pair of halves is met once
            half = rest
            found: Part | None = None
            while True:
                half = (half - 1) & rest
                part = self.join(best[lowest | half], best[rest ^ half], regime)
                if found is None or part.cost <= found.cost:
                    found = part
                if half == 0:
                    break
            assert found is not None
            best[subset] = found
        return best[(1 << len(parts)) - 1].tree

    def _greedy(self, parts: list[Part], regime: int) -> Tree:
        """opt_einsum's order; its dynamic programme where the factors are not too many."""
        import opt_einsum

        indices = [part.indices for part in parts]
        finder = (
            opt_einsum.paths.dynamic_programming if len(parts) <= 12 else opt_einsum.paths.greedy
        )
        sizes = {index: listed[regime] for index, listed in self.sizes.items()}
        path = finder([set(i) for i in indices], set(self.output), sizes, None)
        left = list(parts)
        for places in path:
            chosen = [left[place] for place in sorted(places)]
            left = [part for place, part in enumerate(left) if place not in places]
            while len(chosen) > 1:
                chosen[:2] = [self.join(chosen[0], chosen[1], regime)]
            left.append(chosen[0])
        while len(left) > 1:
            left[:2] = [self.join(left[0], left[1], regime)]
        return left[0].tree

    # chains of matrices, and the vectors that scale them

    def _along_paths(self, parts: list[Part], regime: int) -> list[Part]:
        """Chains of matrices contracted: Σ A[i,j]·d[j,k]·B[j,l]·..., where k may be everyone's.

        An index that four factors or more have links no chain: each factor may depend on it.
        """
        users: dict[Index, int] = {}
        for part in parts:
            for index in part.indices:
                users[index] = users.get(index, 0) + 1
        common = {index for index, count in users.items() if count > 3}
        edges: dict[Index, list[Part]] = {}
        vectors: dict[Index, list[Part]] = {}
        others: list[Part] = []
        for part in parts:
            own = sorted(part.indices - common)
            if len(own) == 2:
                for index in own:
                    edges.setdefault(index, []).append(part)
            elif len(own) == 1:
                vectors.setdefault(own[0], []).append(part)
            elif own:
                return parts
            else:
                others.append(part)
        inner = {index for index, listed in edges.items() if len(listed) == 2}
        if inner & self.output or any(len(listed) > 2 for listed in edges.values()):
            return parts
        done: set[int] = set()
        for start in sorted(index for index, listed in edges.items() if len(listed) == 1):
            if edges[start][0].mask not in done:
                chain, joints = _walk(start, edges, common)
                done.update(part.mask for part in chain)
                if len(chain) > LONGEST_PATH:
                    return parts
                # a vector at an end that is summed over is one more link
                for end, place in ((start, 0), (joints[-1], len(chain))):
                    if end not in self.output and vectors.get(end):
                        chain.insert(place, vectors[end].pop())
                        if place == 0:
                            joints.insert(0, -1)
                        else:
                            joints.append(-1)
                between = [vectors.pop(joint, []) for joint in joints[1:-1]]
                widths = [self.sizes[k][regime] if k in self.sizes else 1.0 for k in joints]
                others.append(self._path(chain, between, widths, regime))
        if len(done) < len({part.mask for listed in edges.values() for part in listed}):
            return parts
        return [*others, *(part for listed in vectors.values() for part in listed)]

    def _path(
        self,
        chain: list[Part],
        between: list[list[Part]],
        widths: list[float],
        regime: int,
    ) -> Part:
        """The best order of a chain, by intervals; what stands between two links scales one.

        `widths` are the sizes of the indices before, between and after the links.
        """
        count = len(chain)
        best: dict[tuple[int, int], Part] = {(k, k + 1): part for k, part in enumerate(chain)}
        for length in range(2, count + 1):
            for first in range(count - length + 1):
                last = first + length
                # a link at an end with the rest: often the best, and so a bound for the others
                parts: dict[int, Part] = {}
                for middle in dict.fromkeys((first + 1, last - 1)):
                    left, right = best[first, middle], best[middle, last]
                    parts[middle] = self._linked(left, right, between[middle - 1], regime)
                bound = min(part.cost for part in parts.values())
                met = parts[first + 1].cost == bound
                result = widths[first] * widths[last]
                for middle in range(first + 2, last - 1):
                    left, right = best[first, middle], best[middle, last]
                    least = left.cost + right.cost
                    if least > 0:
                        # not all of it is there already: at least so much
                        least += result * (1 + 0.0625 * widths[middle])
                    if left.cost > 0 and right.cost > 0:
                        narrow = min(widths[first], widths[last]) * widths[middle]
                        least += narrow * len(between[middle - 1])
                    if least < bound or (least == bound and not met):
                        parts[middle] = self._linked(left, right, between[middle - 1], regime)
                best[first, last] = min(
                    (parts[middle] for middle in sorted(parts)), key=lambda part: part.cost
                )
        return best[0, count]

    def _linked(self, left: Part, right: Part, between: list[Part], regime: int) -> Part:
        """The product of two pieces of a chain, one of them scaled by what stands between them."""
        for scale in between:
            one, two = self.join(left, scale, regime), self.join(right, scale, regime)
            if one.cost - left.cost <= two.cost - right.cost:
                left = one
            else:
                right = two
        return self.join(left, right, regime)


def _walk(
    start: Index, edges: dict[Index, list[Part]], common: set[Index]
) -> tuple[list[Part], list[Index]]:
    """The links of a chain from one end, and the indices before, between and after them."""
    chain: list[Part] = []
    joints = [start]
    before = 0
    while True:
        ahead = [part for part in edges[joints[-1]] if part.mask != before]
        if not ahead:
            return chain, joints
        (part,) = ahead
        chain.append(part)
        before = part.mask
        (following,) = part.indices - common - {joints[-1]}
        joints.append(following)
