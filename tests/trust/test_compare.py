"""Equal values are found equal whatever the form, and different ones different."""

from __future__ import annotations

from fractions import Fraction

from matcalc.language.dimensions import Dim
from matcalc.tensor.nodes import Graph, Node
from matcalc.trust.compare import agree, comparison

m, n = Dim.named("m"), Dim.named("n")
g = Graph()
A, B, x, s = (
    g.variable("A", (n, n)),
    g.variable("B", (n, n)),
    g.variable("x", (n,)),
    g.variable("s", ()),
)


def product(*factors: Node) -> Node:
    inputs = tuple((k, k + 1) for k in range(len(factors)))
    return g.einsum(factors, inputs, (0, len(factors)))


def transpose(a: Node) -> Node:
    return g.einsum((a,), ((0, 1),), (1, 0))


def test_transposed_products() -> None:
    assert agree(transpose(product(A, B)), product(transpose(B), transpose(A)), 1)
    assert not agree(transpose(product(A, B)), product(transpose(A), transpose(B)), 1)
    assert not agree(product(A, B), product(B, A), 1)


def test_nodes_of_different_graphs() -> None:
    other = Graph()
    there = other.variable("A", (n, n))
    assert agree(A, there, 1)
    assert not agree(B, there, 1)


def test_symmetry_counts() -> None:
    other = Graph()
    symmetric = other.variable("A", (n, n), ("symmetric",))
    assert agree(symmetric, other.einsum((symmetric,), ((0, 1),), (1, 0)), 1)
    assert not agree(A, transpose(A), 1)


def test_inverses_and_logarithms() -> None:
    one = g.apply("inv", (product(A, B),), (n, n))
    two = product(g.apply("inv", (B,), (n, n)), g.apply("inv", (A,), (n, n)))
    assert comparison(one, two, 1).method == "exact"
    assert agree(one, two, 1)
    log = g.map("log", (g.map("exp", (x,)),))
    assert comparison(log, x, 1).method == "numeric"
    assert agree(log, x, 1)
    assert not agree(log, g.add((Fraction(1000001, 1000000),), (x,), (n,)), 1)


def test_four_axes() -> None:
    kron = g.einsum((A, B), ((0, 2), (1, 3)), (0, 1, 2, 3))
    swapped = g.einsum((A, B), ((0, 2), (1, 3)), (0, 3, 2, 1))
    assert agree(kron, kron, 1)
    assert not agree(kron, swapped, 1)
    assert not agree(kron, A, 1)


def test_zero_written_in_two_ways() -> None:
    pythagoras = g.add(
        (1, 1, -1),
        (
            g.map("pow", (g.map("sin", (s,)), g.number(2))),
            g.map("pow", (g.map("cos", (s,)), g.number(2))),
            g.number(1),
        ),
        (),
    )
    assert agree(pythagoras, g.zero(()), 1)
    assert not agree(g.map("sin", (s,)), g.zero(()), 1)


def test_other_dims_are_not_equal() -> None:
    assert not agree(x, g.variable("x", (m,)), 1)
    assert not agree(g.delta(n, 1), g.delta(m, 1), 1)


def test_one_size_is_not_enough() -> None:
    """tr(A)² - tr(A²) = 2 det A holds at n = 2 alone."""
    trace = g.einsum((A,), ((0, 0),), ())
    left = g.add(
        (1, -1),
        (g.einsum((trace, trace), ((), ()), ()), g.einsum((A, A), ((0, 1), (1, 0)), ())),
        (),
    )
    assert not agree(left, g.add((2,), (g.apply("det", (A,), ()),), ()), 1)


def test_underflow_is_no_agreement() -> None:
    """exp(-100·s²) is next to nothing where s is not small; that says nothing of a factor before it."""
    square = g.map("pow", (s, g.number(2)))
    small = g.map("exp", (g.add((-100,), (square,), ()),))
    for seed in range(10):
        assert not agree(small, g.add((2,), (small,), ()), seed)
        assert agree(small, g.map("exp", (g.add((-100,), (square,), ()),)), seed)
