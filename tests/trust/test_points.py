"""Each point is worth its evaluation: none in vain, nothing twice at one, nothing left behind."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from matcalc.functions import FUNCTIONS
from matcalc.language.dimensions import Dim
from matcalc.language.typed import Typed, Variable
from matcalc.tensor.nodes import Graph
from matcalc.trust import linear_algebra, verify
from matcalc.trust.field import Field, random_prime, stream
from matcalc.trust.points import SIDES, SPANS, WANTED
from matcalc.trust.primitives import definition
from matcalc.trust.sample import RANGES, Point
from matcalc.trust.tensors import Tensor
from tests.trust import trees as t

g = Graph()
m, n, five = Dim.named("m"), Dim.named("n"), Dim.number(5)
A, X, v = t.variable("A", "n n"), t.variable("X", "m n"), Variable("v", (five,))
a, x, w = t.leaf(A), t.leaf(X), t.leaf(v)
GA, GX, Gv = g.variable("A", (n, n)), g.variable("X", (m, n)), g.variable("v", (five,))


def total(value: Typed) -> Typed:
    return t.call("sum", value, shape="")


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Where the points lie that are evaluated."""
    seen: list[object] = []
    both = verify._Derivative.both

    def watched(self: Any, point: Point) -> tuple[Tensor, Tensor]:
        seen.append(point.span)
        return both(self, point)

    monkeypatch.setattr(verify._Derivative, "both", watched)
    return seen


def test_a_domain_that_was_found_is_tried_first(spans: list[object]) -> None:
    value = total(t.hadamard(x, t.call("log", x)))
    one = g.einsum((g.delta(m, 1), g.delta(n, 1)), ((0,), (1,)), (0, 1))
    answer = g.add((1, 1), (g.map("log", (GX,)), one), (m, n))
    found = verify.verify(t.problem(value, X), value, (X,), answer, 7)
    assert found.ok and found.method == "numeric"
    assert spans == [RANGES[0], RANGES[1], RANGES[1]]


@pytest.mark.parametrize(
    "function, derivative, points",
    [("exp", "exp", WANTED), ("abs", "sign", 6)],
)
def test_both_sides_are_seen_where_there_are_kinks_and_sizes_cannot_vary(
    spans: list[object], function: str, derivative: str, points: int
) -> None:
    value = total(t.call(function, w))
    answer = g.map(derivative, (Gv,))
    assert verify.verify(t.problem(value, v), value, (v,), answer, 7).ok
    assert spans == list(SIDES[:points] if function == "abs" else SPANS[:1] * points)


def test_a_matrix_is_eliminated_once_at_a_point(monkeypatch: pytest.MonkeyPatch) -> None:
    eliminated: list[int] = []
    original = linear_algebra._gauss_jordan

    def counted(field: Field, part: list[Any], size: int) -> tuple[Any, list[Any] | None]:
        eliminated.append(size)
        return original(field, part, size)

    monkeypatch.setattr(linear_algebra, "_gauss_jordan", counted)
    value = t.call("det", a, shape="")
    inverse, det = g.apply("inv", (GA,), (n, n)), g.apply("det", (GA,), ())
    answer = g.einsum((det, inverse), ((), (1, 0)), (0, 1))
    found = verify.verify(t.problem(value, A), value, (A,), answer, 7)
    assert found.ok and eliminated == [sizes["n"] for sizes in found.sizes]


def test_another_matrix_is_eliminated_anew() -> None:
    field = Field(random_prime(1))
    one, two = (Tensor((2, 2), {0: list(field.elements(stream(seed, 4)))}) for seed in (1, 2))
    first = linear_algebra.inverse(field, one).parts
    second = linear_algebra.inverse(field, two).parts
    assert first != second
    assert linear_algebra.inverse(field, one).parts == first


def test_a_determinant_moves_along_one_direction_as_along_several() -> None:
    field = Field(random_prime(1))
    parts = [list(field.elements(stream(seed, 16))) for seed in (1, 2, 3)]
    one = linear_algebra.determinant(field, Tensor((4, 4), {0: parts[0], 1: parts[1]}))
    both = linear_algebra.determinant(
        field, Tensor((4, 4), dict(zip((0, 1, 2), parts, strict=True)))
    )
    assert one.parts == {mask: both.parts[mask] for mask in (0, 1)}


def test_a_definition_has_nothing_twice() -> None:
    order = definition(FUNCTIONS["tanh"], (1,)).order
    assert [node.op for node in order].count("call") == 2
    root = definition(FUNCTIONS["sqrt"], (0,)).order
    assert [node.op for node in root] == ["variable", "number", "power"]


def test_nothing_waits_for_the_collector() -> None:
    value = t.call("det", a, shape="")
    inverse, det = g.apply("inv", (GA,), (n, n)), g.apply("det", (GA,), ())
    answer = g.einsum((det, inverse), ((), (1, 0)), (0, 1))
    problem = t.problem(value, A)

    def once() -> None:
        verify.verify(problem, value, (A,), answer, 7).to_dict()

    once()
    gc.collect()
    gc.disable()
    try:
        once()
        assert gc.collect() == 0
    finally:
        gc.enable()
