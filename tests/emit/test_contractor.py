"""Products of several factors as products of two, and what is known of them from others of the same shapes."""

from __future__ import annotations

from matcalc.emit.contractor import Contractor
from matcalc.emit.network import Factor, Network
from matcalc.emit.products import Products
from matcalc.language.dimensions import Dim
from matcalc.tensor.nodes import Einsum, Graph, Node, Variable

N = Dim.named("n")


def matrices(graph: Graph, *names: str) -> list[Variable]:
    return [graph.variable(name, (N, N)) for name in names]


def contracted(contractor: Contractor, *factors: Factor, output: tuple[int, ...]) -> Node:
    dims = {index: N for _, indices in factors for index in indices}
    coefficient, node = contractor.core(Network(1, factors, output, dims), signed=False)
    assert coefficient == 1
    return node


def test_an_order_begins_with_a_product_that_is_there() -> None:
    graph = Graph()
    A, B = matrices(graph, "A", "B")
    x = graph.variable("x", (N,))
    # A@B, which A@B@x may begin with, and A and B entry by entry, which says nothing of it
    for second, kept in (((4, 5), {3, 5}), ((3, 4), {3, 4})):
        products = Products(graph)
        contractor = Contractor(graph, products, {}, eager=True)
        product, _ = products.make((A, (3, 4)), (B, second), frozenset(kept))
        node = contracted(contractor, (A, (0, 1)), (B, (1, 2)), (x, (2,)), output=(0,))
        assert isinstance(node, Einsum)
        assert (node.operands[0] is product) == (second == (4, 5))
        assert (node.operands[0] is A) == (second != (4, 5))


def test_what_is_planned_for_some_factors_holds_for_others_of_their_shapes() -> None:
    graph = Graph()
    contractor = Contractor(graph, Products(graph), {}, eager=True)
    A, B, C, D = matrices(graph, "A", "B", "C", "D")
    x, y = graph.variable("x", (N,)), graph.variable("y", (N,))
    one = contracted(contractor, (A, (0, 1)), (B, (1, 2)), (x, (2,)), output=(0,))
    two = contracted(contractor, (C, (0, 1)), (D, (1, 2)), (y, (2,)), output=(0,))
    assert [node.operands[0] for node in (one, two)] == [A, C]
    assert [node.operands[1].operands for node in (one, two)] == [(B, x), (D, y)]


def test_of_two_as_large_the_one_that_was_met_first_is_on_the_left() -> None:
    graph = Graph()
    A, B = matrices(graph, "A", "B")
    for first, second in ((A, B), (B, A)):
        products = Products(graph)
        node, _ = products.make((first, (0, 1)), (second, (0, 1)), frozenset((0, 1)))
        assert node.operands == (first, second)
        again, _ = products.make((second, (0, 1)), (first, (0, 1)), frozenset((0, 1)))
        assert again is node


def test_a_symmetric_factor_is_turned_and_one_of_the_same_shape_is_not() -> None:
    graph = Graph()
    (A,) = matrices(graph, "A")
    S = graph.variable("S", (N, N), ("symmetric",))
    x = graph.variable("x", (N,))
    products = Products(graph)
    for matrix, inputs in ((A, ((0, 1), (0,))), (S, ((0, 1), (1,)))):
        node, _ = products.make((matrix, (0, 1)), (x, (0,)), frozenset((1,)))
        assert isinstance(node, Einsum)
        assert node.inputs == inputs
