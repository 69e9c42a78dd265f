"""The order of contraction: the best for given sizes, near the best for all of them."""

from __future__ import annotations

from itertools import combinations
from random import Random

import pytest

from matcalc.emit.few import Few
from matcalc.emit.order import SLACK, _Network, best_order, condition, regimes_of
from matcalc.emit.parts import Part, Tree
from matcalc.language.dimensions import Dim


def random_network(random: Random, factors: int) -> tuple[list[frozenset[int]], frozenset[int]]:
    count = factors + 2
    inputs = [frozenset(random.sample(range(count), random.randint(1, 3))) for _ in range(factors)]
    used = sorted(frozenset().union(*inputs))
    return inputs, frozenset(random.sample(used, min(len(used), random.randint(0, 3))))


def orders(leaves: tuple[int, ...]) -> list[Tree]:
    """Every order of a few factors."""
    if len(leaves) == 1:
        return [leaves[0]]
    found: list[Tree] = []
    first, *rest = leaves
    for count in range(len(rest)):
        for others in combinations(rest, count):
            left = (first, *others)
            right = tuple(leaf for leaf in rest if leaf not in others)
            found += [(one, two) for one in orders(left) for two in orders(right)]
    return found


def by_index(*regimes: dict[int, float]) -> dict[int, list[float]]:
    """The sizes of each index in all regimes."""
    return {index: [regime[index] for regime in regimes] for index in regimes[0]}


def cost_of(network: _Network, tree: Tree, regime: int) -> float:
    """The cost of an order in a regime, by what the search in it adds up."""

    def part(tree: Tree) -> Part:
        if isinstance(tree, int):
            return network.leaves[tree]
        return network.join(part(tree[0]), part(tree[1]), regime)

    found: float = part(tree).cost
    return found


def leaves(tree: Tree) -> list[int]:
    return [tree] if isinstance(tree, int) else [*leaves(tree[0]), *leaves(tree[1])]


@pytest.mark.parametrize("seed", range(40))
def test_the_order_is_the_best_for_given_sizes(seed: int) -> None:
    random = Random(seed)
    inputs, output = random_network(random, random.randint(2, 4))
    sizes = {index: float(random.choice((2, 30, 500))) for index in range(9)}
    network = _Network(inputs, output, by_index(sizes), lambda one, two: False)
    found = best_order(inputs, output, by_index(sizes)).tree
    # factors with the same indices are multiplied first, which costs what it always costs
    cheapest = min(network.costs(tree)[0] for tree in orders(tuple(range(len(inputs)))))
    assert network.costs(found)[0] <= cheapest * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_no_order_is_better_in_the_worst_case(seed: int) -> None:
    random = Random(seed)
    inputs, output = random_network(random, 4)
    dims = [Dim.named(random.choice("mn")) for _ in range(6)]
    regimes = [{i: float(d.evaluate(r)) for i, d in enumerate(dims)} for r in regimes_of(dims, {})]
    network = _Network(inputs, output, by_index(*regimes), lambda one, two: False)
    places = range(len(regimes))
    found_costs = (network.costs(tree) for tree in orders((0, 1, 2, 3)))
    best: list[float] = [min(column) for column in zip(*found_costs, strict=True)]

    def worst(tree: Tree) -> float:
        return max(cost / max(b, 1) for cost, b in zip(network.costs(tree), best, strict=True))

    found = best_order(inputs, output, by_index(*regimes))
    near_best = [worst(best_order(inputs, output, by_index(regime)).tree) for regime in regimes]
    assert worst(found.tree) <= SLACK * min(near_best)
    for place in places:
        if place not in found.worse:
            assert network.costs(found.tree)[place] <= SLACK * best[place] * (1 + 1e-9)


@pytest.mark.parametrize("factors", [7, 10, 14, 25])
def test_every_factor_of_a_large_product_is_contracted_once(factors: int) -> None:
    for seed in range(10):
        inputs, output = random_network(Random(seed), factors)
        sizes = {index: 20.0 for indices in inputs for index in indices}
        assert sorted(leaves(best_order(inputs, output, by_index(sizes)).tree)) == list(
            range(factors)
        )


def test_a_long_chain_with_masks_is_contracted_from_its_small_end() -> None:
    # Σ W[i,j]·d[j,k]·V[j,l]·e[l,k]·..., of i small and a batch k
    layers = 12
    inputs = [frozenset({j, j + 1}) for j in range(layers)]
    inputs += [frozenset({j, 99}) for j in range(1, layers)]
    sizes = {**dict.fromkeys(range(layers + 1), 300.0), 0: 10.0, 99: 16.0}
    tree = best_order(inputs, frozenset({0, layers, 99}), by_index(sizes)).tree
    network = _Network(inputs, frozenset({0, layers, 99}), by_index(sizes), lambda one, two: False)
    products = (layers - 1) * 10 * 16 * 300 * 300
    assert network.costs(tree)[0] < products


def test_the_regime_that_an_order_is_for_is_said() -> None:
    m, k, n = (Dim.named(name) for name in "mkn")
    regimes = regimes_of([m, k, n], {})
    places = [
        {0: float(r["m"]), 1: float(r["n"]), 2: float(r["k"]), 3: float(r["k"])} for r in regimes
    ]
    order = best_order(
        [frozenset({0, 1}), frozenset({1, 2}), frozenset({1, 3})],
        frozenset({0, 2, 3}),
        by_index(*places),
    )
    assert condition(order, regimes) in ("m ≥ k", "k ≥ m")
    assert regimes_of([m, k, n], {"m": 2, "k": 3, "n": 4}) == [{"m": 2, "k": 3, "n": 4}]


@pytest.mark.parametrize("factors", [3, 4, 5])
@pytest.mark.parametrize("seed", range(30))
def test_few_factors_are_ordered_in_all_regimes_as_in_each(seed: int, factors: int) -> None:
    random = Random(seed)
    inputs, output = random_network(random, factors)
    dims = [Dim.named(random.choice("mnp")) for _ in range(factors + 2)]
    regimes = [{i: float(d.evaluate(r)) for i, d in enumerate(dims)} for r in regimes_of(dims, {})]
    network = _Network(inputs, output, by_index(*regimes), lambda one, two: False)
    compared = len({leaf.indices for leaf in network.leaves}) == factors
    if compared:
        few = Few(inputs, output, by_index(*regimes))
        assert list(few.trees()) == network.trees()
    trees = orders(tuple(range(factors)))
    for tree in random.sample(trees, 3):
        assert network.costs(tree) == [cost_of(network, tree, k) for k in range(len(regimes))]
        assert not compared or few.costs(tree) == network.costs(tree)


@pytest.mark.parametrize("seed", range(30))
def test_no_cut_of_a_chain_is_left_out_that_is_better(seed: int) -> None:
    # Σ M[0,1]·d[1]·M[1,2]·d[2]·...: each piece of the chain, cut at each place
    random = Random(seed)
    links = random.randint(8, 14)
    scaled = [k for k in range(1, links) if random.random() < 0.5]
    inputs = [frozenset({k, k + 1}) for k in range(links)] + [frozenset({k}) for k in scaled]
    sizes = {k: float(random.choice((1, 3, 12, 768))) for k in range(links + 1)}
    network = _Network(inputs, frozenset({0, links}), by_index(sizes), lambda one, two: False)
    places = {k: links + place for place, k in enumerate(scaled)}
    best = {(k, k + 1): network.leaves[k] for k in range(links)}
    for length in range(2, links + 1):
        for first in range(links - length + 1):
            cuts = []
            for middle in range(first + 1, first + length):
                left, right = best[first, middle], best[middle, first + length]
                if middle in places:
                    scale = network.leaves[places[middle]]
                    one, two = network.join(left, scale, 0), network.join(right, scale, 0)
                    if one.cost - left.cost <= two.cost - right.cost:
                        left = one
                    else:
                        right = two
                cuts.append(network.join(left, right, 0))
            best[first, first + length] = min(cuts, key=lambda part: part.cost)
    found = network.search(0)
    assert found == best[0, links].tree


def test_two_factors_that_are_alike_leave_no_choice() -> None:
    # Σ A[0,1]·v[1]·w[1]
    inputs = [frozenset({0, 1}), frozenset({1}), frozenset({1})]
    sizes = {0: [2.0, 900.0, 2.0], 1: [900.0, 2.0, 2.0]}
    network = _Network(inputs, frozenset({0}), sizes, None)
    assert network.trees() == [(0, (1, 2))]
    assert [network.search(regime) for regime in range(3)] == [(0, (1, 2))] * 3
    assert best_order(inputs, frozenset({0}), sizes).tree == (0, (1, 2))


def test_what_is_there_already_costs_nothing() -> None:
    inputs = [frozenset({0, 1}), frozenset({1, 2}), frozenset({2, 3})]
    sizes = {index: [50.0] for index in range(4)}
    for there in ((0, 1), (1, 2)):
        order = best_order(inputs, frozenset({0, 3}), sizes, lambda *tree, met=there: tree == met)
        assert isinstance(order.tree, tuple) and there in order.tree


@pytest.mark.parametrize("seed", range(30))
def test_the_order_does_not_depend_on_what_the_indices_are_called(seed: int) -> None:
    random = Random(seed)
    inputs, output = random_network(random, random.randint(3, 5))
    names = {index: place for place, index in enumerate(random.sample(range(100, 900), 9))}
    called = {place: index for index, place in names.items()}
    dims = [Dim.named(random.choice("mnp")) for _ in range(9)]
    regimes = [{i: float(d.evaluate(r)) for i, d in enumerate(dims)} for r in regimes_of(dims, {})]
    sizes = by_index(*regimes)
    one = best_order(inputs, output, sizes)
    two = best_order(
        [frozenset(called[index] for index in indices) for indices in inputs],
        frozenset(called[index] for index in output),
        {called[index]: listed for index, listed in sizes.items()},
    )
    assert (one.tree, one.worse) == (two.tree, two.worse)
