"""The walk of a graph: everything below once, operands first, in the order of reading."""

from __future__ import annotations

import random

import pytest

from matcalc.tensor import nodes
from matcalc.tensor.nodes import Graph, Node, postorder


def random_graph(seed: int, count: int) -> list[Node]:
    choice = random.Random(seed)
    graph = Graph()
    made: list[Node] = [graph.variable(name, ()) for name in "abcd"]
    for _ in range(count):
        operands = tuple(choice.choice(made) for _ in range(choice.randint(1, 4)))
        made.append(graph.einsum(operands, ((),) * len(operands), ()))
    return made


def read(node: Node, found: dict[Node, None]) -> None:
    if node not in found:
        for operand in node.operands:
            read(operand, found)
        found[node] = None


@pytest.mark.parametrize("kept", [0, 5, 256])
@pytest.mark.parametrize("seed", range(10))
def test_it_is_that_of_the_recursion(seed: int, kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "LONGEST_KEPT", kept)
    made = random_graph(seed, 20)
    choice = random.Random(seed)
    # some walks are kept by then, some are not
    for _ in range(20):
        roots = [choice.choice(made) for _ in range(choice.randint(1, 3))]
        expected: dict[Node, None] = {}
        for root in roots:
            read(root, expected)
        assert list(postorder(*roots)) == list(expected)


def test_what_is_large_is_not_kept() -> None:
    graph = Graph()
    node: Node = graph.variable("x", ())
    for _ in range(nodes.LONGEST_KEPT):
        node = graph.map("sin", (node,))
    assert len(postorder(node)) == nodes.LONGEST_KEPT + 1
    assert not node.below
    (below,) = node.operands
    assert postorder(below) == (*below.below, below)
    assert len(below.below) == nodes.LONGEST_KEPT - 1
