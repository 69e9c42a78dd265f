"""Canonical labelling tells apart what differs, and only that."""

from __future__ import annotations

import itertools

from matcalc.language.dimensions import Dim
from matcalc.tensor.simplify import Builder

N = Dim.named("n")


def test_powers_of_a_trace_differ_from_traces_of_powers() -> None:
    builder = Builder()
    S = builder.variable("S", (N, N), ("symmetric",))
    cycle = builder.einsum((S,) * 6, tuple((i, (i + 1) % 6) for i in range(6)), ())
    triangles = builder.einsum((S,) * 6, ((0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3)), ())
    assert cycle is not triangles


def test_every_spelling_of_a_cycle_is_one_node() -> None:
    builder = Builder()
    X = builder.variable("X", (Dim.named("m"), N))
    edges = [(0, 1), (2, 1), (2, 3), (0, 3)]
    made = {
        builder.einsum((X,) * 4, tuple(edges[k] for k in order), ())
        for order in itertools.permutations(range(4))
    }
    assert len(made) == 1


def test_a_long_cycle_is_labelled_within_the_budget() -> None:
    builder = Builder()
    X = builder.variable("X", (Dim.named("m"), N))
    edges = [(i, (i + 1) % 48) if i % 2 == 0 else ((i + 1) % 48, i) for i in range(48)]
    rotated = edges[10:] + edges[:10]
    assert builder.einsum((X,) * 48, tuple(edges), ()) is builder.einsum(
        (X,) * 48, tuple(rotated), ()
    )
