"""Normal form keeps the value, is idempotent, and does not depend on how a term was written."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from matcalc.language.dimensions import Dim
from matcalc.tensor.nodes import Einsum, Node
from matcalc.tensor.simplify import Builder
from matcalc.tensor.substitute import substitute
from tests.oracle import Values

evaluate = Values({"m": 2, "n": 3})

N, M = Dim.named("n"), Dim.named("m")


def leaves(builder: Builder) -> list[Node]:
    x, y = builder.variable("x", (N,)), builder.variable("y", (N,))
    A, S = builder.variable("A", (N, N)), builder.variable("S", (N, N), ("symmetric",))
    X = builder.variable("X", (M, N))
    return [
        x,
        y,
        A,
        S,
        X,
        builder.delta(N),
        builder.delta(N, 1),
        builder.delta(N, 3),
        builder.number(3),
        builder.reciprocal(x),
        builder.power(A, 2),
        builder.apply("inv", (A,), (N, N)),
        builder.apply("matpower", (A, builder.number(2)), (N, N)),
        builder.add((2, -4), (x, y), (N,)),
        builder.add((1, 1), (A, S), (N, N)),
        builder.variable("s", ()),
        builder.einsum((X, X), ((0, 1), (0, 2)), (1, 2)),
        builder.fuse((N, M)),
        builder.size(N),
        builder.constant("lower", (N,), (N, N)),
        builder.constant("upper", (N,), (N, N)),
        builder.variable("K", (N, N), ("skew",)),
        builder.add((1, -1), (A, builder.mirrored(A)), (N, N)),
        builder.add((-2, 2), (A, builder.mirrored(A)), (N, N)),
    ]


@st.composite
def networks(draw: st.DrawFn) -> tuple[list[int], list[list[int]], list[int], list[int]]:
    """Which leaves, the choice of index for each axis, the output, and an order of the factors."""
    chosen = draw(st.lists(st.integers(0, 23), min_size=1, max_size=5))
    choices = [[draw(st.integers(0, 3)) for _ in range(4)] for _ in chosen]
    output = draw(st.lists(st.integers(0, 3), max_size=3, unique=True))
    order = draw(st.permutations(range(len(chosen))))
    return chosen, choices, output, list(order)


def built(
    builder: Builder,
    network: tuple[list[int], list[list[int]], list[int], list[int]],
    shuffled: bool,
) -> tuple[list[tuple[Node, tuple[int, ...]]], tuple[int, ...]]:
    """Factors with indices; indices of different dims are kept apart."""
    nodes = leaves(builder)
    chosen, choices, output, order = network
    kinds = {str(N): 0, str(M): 10, str(N * M): 20}
    factors = []
    for leaf, choice in zip(chosen, choices, strict=True):
        node = nodes[leaf]
        indices = tuple(kinds[str(d)] + c for d, c in zip(node.dims, choice, strict=False))
        factors.append((node, indices))
    present = {index for _, indices in factors for index in indices}
    out = tuple(index for index in output if index in present)
    if shuffled:
        factors = [factors[k] for k in order]
        renaming = {index: 100 + 7 * index % 50 for index in present}
        factors = [(node, tuple(renaming[i] for i in indices)) for node, indices in factors]
        out = tuple(renaming[i] for i in out)
    return factors, out


def dense(factors: list[tuple[Node, tuple[int, ...]]], output: tuple[int, ...]) -> Any:
    flat: list[Any] = []
    names: dict[int, int] = {}
    for node, indices in factors:
        flat += [evaluate(node), [names.setdefault(i, len(names)) for i in indices]]
    return np.einsum(*flat, [names[i] for i in output])


@settings(max_examples=300, deadline=None)
@given(networks())
def test_value_is_kept_and_form_is_canonical(
    network: tuple[list[int], list[list[int]], list[int], list[int]],
) -> None:
    builder = Builder()
    factors, output = built(builder, network, shuffled=False)
    node = builder.contract(factors, output)
    np.testing.assert_allclose(evaluate(node), dense(factors, output), rtol=1e-7, atol=1e-7)
    again, renamed = built(builder, network, shuffled=True)
    assert builder.contract(again, renamed) is node
    if isinstance(node, Einsum):
        assert builder.einsum(node.operands, node.inputs, node.output) is node
    renamed_variable: dict[Node, Node] = {builder.variable("x", (N,)): builder.variable("z", (N,))}
    back: dict[Node, Node] = {value: key for key, value in renamed_variable.items()}
    assert substitute(builder, substitute(builder, node, renamed_variable), back) is node
