"""What one walk tells of a graph agrees with what the stages find by themselves."""

from __future__ import annotations

from random import Random

import pytest

from matcalc.forms.sharing import repeats, shared
from matcalc.forms.survey import Survey
from matcalc.language.dimensions import Dim
from matcalc.tensor.nodes import Graph, Node, postorder
from tests.forms.pipeline import Derived

N = Dim.named("n")


def _layers(graph: Graph, count: int) -> Node:
    W, x = graph.variable("W", (N, N)), graph.variable("x", (N,))
    node: Node = x
    for _ in range(count):
        inner = graph.map("tanh", (graph.einsum((W, node), ((0, 1), (1,)), (0,)),))
        node = graph.add((1, 1), (node, inner), (N,))
    return node


def _tangled(random: Random) -> tuple[Node, Node]:
    """Two roots of one graph, whose nodes are made of any that there are."""
    graph = Graph()
    nodes: list[Node] = [graph.variable(word, (N,)) for word in "xyz"]
    for _ in range(random.randrange(3, 20)):
        one, two = random.choice(nodes[-4:]), random.choice(nodes)
        if random.random() < 0.4:
            nodes.append(graph.map(random.choice(("sin", "exp")), (one,)))
        else:
            nodes.append(graph.add((1, random.choice((1, 2))), (one, two), (N,)))
    return nodes[-2], nodes[-1]


def test_names_are_looked_for_wherever_there_are_some() -> None:
    named = skipped = 0
    for seed in range(600):
        roots = _tangled(Random(seed))
        found = shared(roots, (), ())
        worth = repeats(Survey(*roots).nodes)
        assert worth or not found, seed
        named += bool(found)
        skipped += not worth
    assert min(named, skipped) > 50


@pytest.mark.parametrize("count", range(6))
def test_parts_within_parts(count: int) -> None:
    node = _layers(Graph(), count)
    found = bool(shared((node,), (), ("W", "x")))
    assert found == (count > 2)
    assert not found or repeats(Survey(node).nodes)


def test_what_grows_exponentially_is_large() -> None:
    graph = Graph()
    node: Node = graph.variable("t", ())
    for _ in range(200):
        node = graph.einsum((node, node), ((), ()), ())
    assert repeats(Survey(node).nodes)


def test_all_nodes_are_seen_once() -> None:
    derived = Derived("d2(normsq(tanh(A@x) - b))/dx2 where A: m x n, x: n, b: m")
    roots = derived.value, derived.answer
    assert Survey(*roots).nodes == set(postorder(*roots))


def test_the_deepest_input_is_walked() -> None:
    graph = Graph()
    node: Node = graph.variable("t", ())
    for _ in range(20_000):
        node = graph.map("sin", (node,))
    assert len(Survey(node).nodes) == 20_001


def test_names_and_dimensions_of_constants_are_seen() -> None:
    derived = Derived(
        "tr(B)/n*(duplication(k) @ c) + vec(S) where B: n x n, c: k*(k+1)//2, S: k x k"
    )
    survey = Survey(derived.answer)
    assert survey.variables == {"B", "c", "S"}
    assert survey.dimensions >= {"n", "k"}
    assert survey.fused
