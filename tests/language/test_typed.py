"""The walk of a typed tree, whose parts may stand in several places."""

from __future__ import annotations

import random

import pytest

from matcalc.language.typed import Typed, postorder


def walked(root: Typed, found: list[Typed]) -> None:
    if root not in found:
        for child in root.children:
            walked(child, found)
        found.append(root)


def graph(seed: int, count: int) -> list[Typed]:
    """Nodes whose children are any before them, some twice."""
    rng = random.Random(seed)
    nodes: list[Typed] = []
    for k in range(count):
        arity = min(len(nodes), rng.choice((0, 1, 2, 2, 3)))
        nodes.append(Typed("add", tuple(rng.choices(nodes, k=arity)), k, ()))
    return nodes


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("count", [4, 12, 300])
def test_children_come_before_parents_and_each_once(seed: int, count: int) -> None:
    nodes = graph(seed, count)
    roots = [nodes[-1], nodes[count // 2], nodes[-2]]
    found: list[Typed] = []
    for root in roots:
        walked(root, found)
    assert postorder(*roots) == found


def test_what_is_shared_at_every_level_is_not_walked_in_every_place() -> None:
    node = Typed("number", (), 1, ())
    for _ in range(5000):
        node = Typed("hadamard", (node, node), None, ())
    assert len(postorder(node)) == 5001
