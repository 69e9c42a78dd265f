"""Marks keep rules from being asked in vain, and change nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from matcalc.functions import FUNCTIONS
from matcalc.language.dimensions import Dim
from matcalc.tensor import canonical, marks, products, rules, simplify, term
from matcalc.tensor.map_rules import APPLY_RULES, MAP_RULES
from matcalc.tensor.nodes import Einsum, Node
from matcalc.tensor.rules import OPENING, RULES, contents_pulled
from matcalc.tensor.simplify import Builder
from matcalc.tensor.term import Term, marks_of
from tests.tensor.test_normal_form import built, networks

N = Dim.named("n")
EVERY = -1
Network = tuple[list[int], list[list[int]], list[int], list[int]]


@settings(max_examples=200, deadline=None)
@given(networks())
def test_a_product_is_the_same_if_nothing_is_kept_of_few_factors(network: Network) -> None:
    builder = Builder()
    factors, output = built(builder, network, shuffled=False)
    node = builder.contract(factors, output)
    with pytest.MonkeyPatch.context() as patch:
        for module in (canonical, rules, term):
            patch.setattr(module, "FEW", 0)
        assert builder.contract(factors, output) is node


@settings(max_examples=300, deadline=None)
@given(networks())
def test_a_product_is_the_same_if_every_rule_is_asked(network: Network) -> None:
    builder = Builder()
    factors, output = built(builder, network, shuffled=False)
    node = builder.contract(factors, output)
    with pytest.MonkeyPatch.context() as patch:
        for module in (simplify, products):
            patch.setattr(module, "marks_of", lambda factors, output: EVERY)
        assert builder.contract(factors, output) is node


@settings(max_examples=200, deadline=None)
@given(networks())
def test_a_product_has_the_dims_of_its_factors(network: Network) -> None:
    builder = Builder()
    node = builder.contract(*built(builder, network, shuffled=False))
    if isinstance(node, Einsum):
        # without dims given, they are found and checked
        again = Builder().graph.einsum(node.operands, node.inputs, node.output)
        assert again.dims == node.dims


def test_what_no_rule_knows_of_has_no_marks() -> None:
    builder = Builder()
    A, x = builder.variable("A", (N, N)), builder.variable("x", (N,))
    assert marks_of([(A, (0, 1)), (x, (1,))], (0,)) == 0
    assert marks_of([(x, (0,)), (A, (0, 1)), (x, (1,))], ()) == 0
    assert marks_of([(x, (0,)), (A, (0, 1)), (x, (0,))], (1,)) == marks.REPEATED
    assert marks_of([(A, (0, 1)), (A, (1, 2))], (0, 2)) == marks.REPEATED


@pytest.mark.parametrize(
    ("indices", "output", "apart"),
    [
        ([(0, 1), (1, 2), (2,)], (), False),
        # whatever their order
        ([(0, 1), (2, 3), (1, 2)], (), False),
        ([(0, 1), (4, 5), (2, 3), (3, 4), (1, 2)], (), False),
        ([(0, 1), (4, 5), (2, 3), (3, 4), (1, 6)], (), True),
        ([(0,), (1,)], (), True),
        # both have an axis of the output
        ([(0,), (1,)], (0, 1), False),
        ([(0,), (1,)], (0,), True),
        # a scalar beside a sum that leaves nothing, and beside one that does
        ([(), (0,), (0,)], (), True),
        ([(0,), (0,), ()], (), True),
        ([(), (0,)], (0,), False),
        ([(), ()], (), False),
    ],
)
def test_factors_that_do_not_hang_together_are_apart(
    indices: list[tuple[int, ...]], output: tuple[int, ...], apart: bool
) -> None:
    builder = Builder()
    factors = [
        (builder.variable(f"v{k}", (N,) * len(names)), names) for k, names in enumerate(indices)
    ]
    assert bool(marks_of(factors, output) & marks.APART) == apart


def test_a_product_of_nothing_is_a_number() -> None:
    builder = Builder()
    assert builder.contract([], ()) is builder.number(1)
    assert builder.contract([], (), 3) is builder.number(3)
    assert builder.contract([], (0,), 3, {0: N}) is builder.scale(3, builder.ones((N,)))


def test_a_diagonal_of_a_product_opens_and_merges() -> None:
    """Wires are put in before anything is asked of the factors."""
    builder = Builder()
    x, A = builder.variable("x", (N,)), builder.variable("A", (N, N))
    diagonal = builder.contract([(x, (0,)), (x, (0,))], (0, 0))
    assert diagonal is builder.contract([(builder.power(x, 2), (0,))], (0, 0))
    assert builder.contract([(A, (0, 0))], (0,)).order == 1
    assert builder.contract([(x, (0,))], (0, 1), sizes={1: N}).order == 2


@pytest.mark.parametrize("axes", [(0, 1, 2), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
def test_a_variable_is_turned_as_any_product_is(axes: tuple[int, ...]) -> None:
    builder = Builder()
    T = builder.variable("T", (N, Dim.named("m"), Dim.named("k")))
    turned = builder.transpose(T, axes)
    assert turned is builder.contract([(T, (0, 1, 2))], axes)
    assert turned.dims == tuple(T.dims[axis] for axis in axes)


def test_what_is_symmetric_is_marked() -> None:
    builder = Builder()
    A, S = builder.variable("A", (N, N)), builder.variable("S", (N, N), ("symmetric",))
    gram = builder.einsum((A, A), ((0, 1), (0, 2)), (1, 2))
    both = builder.add((1, 1), (A, builder.mirrored(A)), (N, N))
    leaves: list[Node] = [S, gram, both, builder.delta(N), builder.scale(2, S)]
    for node in leaves:
        inverse = builder.graph.apply("inv", (node,), (N, N))
        for made in (node, inverse, builder.graph.map("exp", (node,))):
            assert builder.is_symmetric(made)
            assert made.mark & marks.MAY_BE_SYMMETRIC
    assert not builder.apply("inv", (A,), (N, N)).mark & marks.MAY_BE_SYMMETRIC


@pytest.mark.parametrize("coefficients", [(1, 1), (1, -1), (-1, 1), (2, 2), (-1, -1), (2, -2)])
def test_a_sum_with_a_factor_of_its_own_is_marked(coefficients: tuple[int, int]) -> None:
    builder = Builder()
    x, y = builder.variable("x", (N,)), builder.variable("y", (N,))
    for parts in ((x, y), (x, builder.delta(N, 1)), (builder.power(x, 2), builder.delta(N, 1))):
        total = builder.graph.add(coefficients, parts, (N,))
        product = Term(builder, 1, [(total, (0,)), (y, (1,))], (0, 1), {0: N, 1: N})
        assert not contents_pulled(product) or total.mark & marks.UNEQUAL
    assert not builder.add((1, -1), (x, y), (N,)).mark & marks.UNEQUAL


def test_the_first_rules_are_those_that_open() -> None:
    for place, rule in enumerate(RULES):
        assert (place < OPENING) == bool(rule.needs & marks.OPENED)


def test_rules_of_functions_name_functions() -> None:
    for rule in (*MAP_RULES, *APPLY_RULES):
        assert set(rule.functions or ()) <= set(FUNCTIONS) | {"pow", "matpower"}
