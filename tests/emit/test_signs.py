"""What is called nonnegative is so, at random points of both signs."""

from __future__ import annotations

import numpy as np
import pytest

from matcalc.emit.signs import is_nonnegative
from matcalc.language.dimensions import Dim
from matcalc.tensor.nodes import Graph, Node, postorder
from tests.emit import reference
from tests.emit.random_graph import SIZES, RandomGraph
from tests.emit.test_schedule import tensors_of


def test_nonnegative_means_nonnegative() -> None:
    found = 0
    for seed in range(300):
        root = RandomGraph(seed).grown(10)
        for node in postorder(root):
            if node.operands and is_nonnegative(node):
                found += 1
                for scale in (1.0, 30.0):
                    given = {name: scale * a for name, a in tensors_of(root, seed).items()}
                    with np.errstate(over="ignore", invalid="ignore"):
                        value = reference.evaluate(node, SIZES, given)
                    assert not np.any(value < 0), (seed, node)
    assert found > 300


graph = Graph()
x = graph.variable("x", (Dim.named("n"),))
one = graph.delta(Dim.named("n"), 1)
s = graph.map("sigmoid", (x,))
h = graph.map("tanh", (x,))


@pytest.mark.parametrize(
    ("node", "wanted"),
    [
        (graph.einsum((s, graph.add((1, -1), (one, s), s.dims)), ((0,), (0,)), (0,)), True),
        (graph.add((1, -1), (one, graph.map("pow", (h, graph.number(2)))), h.dims), True),
        (graph.einsum((x, x), ((0,), (0,)), (0,)), True),
        (graph.einsum((x, x, x), ((0,), (0,), (0,)), (0,)), False),
        (graph.add((1, -2), (one, s), s.dims), False),
        (graph.add((-1, 1), (one, s), s.dims), False),
        (graph.add((1, -1), (one, graph.map("exp", (x,))), x.dims), False),
        (graph.einsum((x, x), ((0,), (1,)), (0, 1)), False),
        (graph.map("pow", (x, graph.number(3))), False),
        (graph.map("f", (x,)), False),
    ],
)
def test_what_is_known_of_a_sign(node: Node, wanted: bool) -> None:
    assert is_nonnegative(node) is wanted
