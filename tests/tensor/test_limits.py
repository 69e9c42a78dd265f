"""What could take long has a budget that is counted, and what is deep is not recursed into."""

from __future__ import annotations

import itertools
import random

import pytest

import matcalc
from matcalc.language.dimensions import Dim
from matcalc.tensor import canonical
from matcalc.tensor.canonical import MOST_WORK, Work, label
from matcalc.tensor.differentiate import differentiate
from matcalc.tensor.nodes import Node, Variable, postorder
from matcalc.tensor.simplify import Builder
from matcalc.tensor.term import Factor
from matcalc.trust.compare import agree

N = Dim.named("n")

Edges = list[tuple[int, int]]
COMPLETE = list(itertools.combinations(range(9), 2))
BIPARTITE = [(i, 7 + j) for i in range(7) for j in range(7)]
STAR = [(0, i) for i in range(1, 31)]
CUBE = [(i, i ^ (1 << bit)) for i in range(16) for bit in range(4) if i < i ^ (1 << bit)]
PETERSEN = [
    *((i, (i + 1) % 5) for i in range(5)),
    *((i, i + 5) for i in range(5)),
    *((5 + i, 5 + (i + 2) % 5) for i in range(5)),
]
GRAPHS = pytest.mark.parametrize("edges", [COMPLETE, BIPARTITE, STAR, CUBE, PETERSEN])


def _terms(edges: Edges) -> tuple[Builder, Variable, list[Factor], dict[int, Dim]]:
    builder = Builder()
    S = builder.variable("S", (N, N), ("symmetric",))
    return builder, S, [(S, edge) for edge in edges], {i: N for edge in edges for i in edge}


@GRAPHS
def test_a_symmetric_term_is_one_node_however_it_is_written(edges: Edges) -> None:
    builder, S, _, sizes = _terms(edges)
    rng = random.Random(5)
    made = set()
    for _ in range(6):
        names = list(range(len(sizes)))
        rng.shuffle(names)
        again = [(names[i], names[j])[:: rng.choice((1, -1))] for i, j in edges]
        rng.shuffle(again)
        made.add(builder.einsum((S,) * len(again), tuple(again), ()))
    assert len(made) == 1
    assert not builder.labelling.gave_up


@GRAPHS
def test_labelling_takes_few_steps(edges: Edges) -> None:
    _, S, factors, sizes = _terms(edges)
    work = Work(10**9)
    label(factors, (), sizes, {S}, work)
    # a labelling for each index and as many refinements for each, not one for each automorphism
    assert 10**9 - work.left <= 2 * len(sizes) ** 2 * len(edges)


@GRAPHS
def test_labelling_without_a_budget_is_right_and_says_so(edges: Edges) -> None:
    _, S, factors, sizes = _terms(edges)
    work = Work(-1)
    nodes, found = label(factors, (), sizes, {S}, work)
    assert work.gave_up
    assert -1 - work.left <= 8 * len(edges)
    assert set(nodes) == {S}
    degrees = sorted(sum(i in e for e in edges) for i in sizes)
    assert sorted(sum(i in e for e in found) for i in {i for e in found for i in e}) == degrees


def test_the_budget_is_one_for_all_terms_of_a_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canonical, "FREE", 0)
    builder = Builder()
    builder.labelling = Work(500)
    S = builder.variable("S", (N, N))
    value = builder.einsum((S,) * len(BIPARTITE), tuple(BIPARTITE), ())
    answer = differentiate(builder, value, S)
    assert builder.labelling.gave_up
    # what is beyond is a few rounds for each term
    assert -builder.labelling.left <= 12 * len(BIPARTITE) ** 2
    ample = Builder()
    S = ample.variable("S", (N, N))
    value = ample.einsum((S,) * len(BIPARTITE), tuple(BIPARTITE), ())
    assert agree(answer, differentiate(ample, value, S), 3)


def test_an_ordinary_term_costs_nothing_of_the_budget() -> None:
    builder = Builder()
    X = builder.variable("X", (Dim.named("m"), N))
    cycle = tuple((i, (i + 1) % 8) if i % 2 == 0 else ((i + 1) % 8, i) for i in range(8))
    builder.einsum((X,) * 8, cycle, ())
    assert builder.labelling.left == MOST_WORK


def test_what_was_given_up_is_noted_beside_a_verified_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(canonical, "MOST_WORK", 0)
    monkeypatch.setattr(canonical, "FREE", 0)
    monkeypatch.setattr(Work.__init__, "__defaults__", (0,))
    letters = "abcdefgh"
    pairs = [x + y for x in letters[:4] for y in letters[4:]]
    text = f'd(einsum("{",".join(pairs)}->", {", ".join("A" * len(pairs))}))/dA where A: n x n'
    result = matcalc.derive(text)
    assert result.verified["ok"]
    assert any(note.startswith("terms that are equal may stand apart") for note in result.notes)


def _nodes_of_sums(count: int) -> int:
    builder = Builder()
    total: Node = builder.variable("A0", (N, N))
    for k in range(1, count):
        total = builder.add((1, 1), (total, builder.variable(f"A{k}", (N, N))), (N, N))
        builder.mirrored(total)
    return len(builder.graph)


def test_transposes_of_sums_within_sums_are_made_once() -> None:
    first, second, third = (_nodes_of_sums(count) for count in (200, 400, 800))
    assert third - second == 2 * (second - first)


def test_powers_and_determinants_of_products_nested_deep() -> None:
    builder = Builder()
    product = builder.variable("a0", ())
    chain: Node = builder.variable("A0", (N, N))
    value: Node = product
    count = 3000
    for k in range(1, count):
        # each by itself, so that the products nest
        value = builder.graph.einsum((value, builder.variable(f"a{k}", ())), ((), ()), ())
        matrix = builder.variable(f"A{k}", (N, N))
        chain = builder.graph.einsum((chain, matrix), ((0, 1), (1, 2)), (0, 2))
    assert len(builder.power(value, 2).operands) > 1
    assert len(builder.apply("logdet", (chain,), ()).operands) == count


def _factors_of_hessian(layers: int) -> int:
    builder = Builder()
    W = [builder.variable(f"W{k}", (N, N)) for k in range(layers)]
    h: Node = builder.variable("x", (N,))
    for weights in W:
        h = builder.map("tanh", (builder.einsum((weights, h), ((0, 1), (1,)), (0,)),))
    loss = builder.einsum((h, h), ((0,), (0,)), ())
    gradient = differentiate(builder, loss, W[0])
    hessian = differentiate(builder, gradient, W[0])
    return sum(len(node.operands) for node in postorder(hessian))


def test_the_hessian_of_a_network_is_linear_in_its_layers() -> None:
    sizes = [_factors_of_hessian(layers) for layers in (16, 32, 64)]
    assert sizes[2] - sizes[1] <= 2.3 * (sizes[1] - sizes[0])
