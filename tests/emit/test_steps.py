"""The steps that the cost counts: those of the code, spelled out."""

from __future__ import annotations

import pytest

from matcalc.api import Session
from matcalc.emit import steps
from matcalc.emit.schedule import scheduled
from matcalc.emit.stable import stabilised
from matcalc.errors import MatcalcError
from matcalc.language.dimensions import ONE, Dim
from matcalc.tensor.nodes import Einsum, Graph, Node, postorder
from tests.corpus import truth

M, N = Dim.named("m"), Dim.named("n")


def test_what_is_read_off_an_index_sum_is_what_its_spelling_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of every answer of the corpus: the same steps in the same order, the axes in any."""
    session = Session("jacobian")
    compared = 0
    for row in truth.rows("derive.jsonl"):
        try:
            result = session.read(row["problem"])
            assert result is not None
            roots = scheduled(stabilised([result._derivative])).roots
            read = steps_of(roots)
        except MatcalcError:
            continue
        with monkeypatch.context() as patch:
            patch.setitem(steps.COUNTS, Einsum, steps._Counter._spelled)
            spelled = steps_of(roots)
        assert [_unordered(step) for step in read] == [_unordered(step) for step in spelled]
        compared += 1
    assert compared > 500


def steps_of(roots: list[Node], functions: tuple[str, ...] | None = None) -> list[steps.Step]:
    return steps.steps_of(roots, [*postorder(*roots)], functions)


def _unordered(step: steps.Step) -> tuple[object, list[str], list[str]]:
    count, each, made = step
    return count, sorted(map(str, each)), sorted(map(str, made))


def test_what_only_broadcasts_is_made_where_its_shape_is_needed() -> None:
    graph = Graph()
    ones = graph.delta(N, 1)
    x = graph.variable("x", (N,))
    assert steps_of([graph.add((1, 2), (x, ones), (N,))], ()) == [(1, (N,), (N,))]
    assert steps_of([graph.add((2,), (ones,), (N,))], ()) == [(1, (N,), (N,))]
    assert steps_of([ones], ()) == [(0, (N,), (N,))]
    assert steps_of([graph.zero((M, N))], ()) == [(0, (), (M, N))]
    outer = graph.einsum((x, ones), ((0,), (1,)), (0, 1))
    assert isinstance(outer, Einsum)
    assert [made for _, _, made in steps_of([outer], ())] == [(N, N)]
    assert steps_of([graph.map("exp", (ones,))], ()) == [(1, (), ()), (1, (N,), (N,))]


def test_a_scalar_times_a_tensor_is_one_step_for_each_entry() -> None:
    graph = Graph()
    a, A = graph.variable("a", ()), graph.variable("A", (M, N))
    scaled = graph.einsum((A, a), ((0, 1), ()), (1, 0))
    assert steps_of([scaled], ()) == [(1, (N, M), (N, M))]
    two = graph.einsum((A, graph.number(2)), ((0, 1), ()), (0, 1))
    assert steps_of([two], ()) == [(1, (M, N), (M, N))]


def test_an_axis_of_length_one_is_no_sum() -> None:
    graph = Graph()
    column = graph.variable("c", (N, ONE))
    row = graph.variable("r", (ONE, N))
    product = graph.einsum((column, row), ((0, 1), (1, 2)), (0, 2))
    assert steps_of([product], ()) == [(2, (N, ONE, N), (N, N))]


def test_a_number_that_is_no_float_has_no_steps() -> None:
    graph = Graph()
    x = graph.variable("x", ())
    for node in (
        graph.add((10**400,), (x,), ()),
        graph.add((1, 1), (x, graph.number(-(10**400))), ()),
        graph.add((10**200, 1), (graph.number(10**200), x), ()),
    ):
        with pytest.raises(MatcalcError, match="too large for a float"):
            steps_of([node], ())
    assert steps_of([graph.add((10**300,), (x,), ())], ()) == [(1, (), ())]


def test_a_function_that_nobody_declared_has_no_steps() -> None:
    graph = Graph()
    x = graph.variable("x", (N,))
    with pytest.raises(MatcalcError, match="no code for the unknown function f"):
        steps_of([graph.map("f", (x,))], ())
    assert steps_of([graph.map("f", (x,))], ("f",)) == [(1, (N,), (N,))]
    with pytest.raises(MatcalcError, match="no numpy code for teleport"):
        steps_of([graph.apply("teleport", (graph.variable("A", (N, N)),), (N, N))], ())
