"""Unification of dimensions."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from matcalc.errors import MatcalcError
from matcalc.language.dimensions import Dim
from matcalc.language.unify import Unifier

m, n = Dim.named("m"), Dim.named("n")


def number(value: int) -> Dim:
    return Dim.number(value)


@pytest.mark.parametrize(
    "make,other,answer",
    [
        (lambda u: u, n * m, n * m),
        (lambda u: u * m, n * m, n),
        (lambda u: u + number(1), n + number(1), n),
        (lambda u: u + m, n + m, n),
        (lambda u: number(2) * u, number(4) * n, number(2) * n),
        (lambda u: number(10) * u, number(200), number(20)),
        (lambda u: u + number(10), number(200), number(190)),
        (lambda u: u * u, number(1), number(1)),
        (lambda u: u * m, m, number(1)),
    ],
)
def test_solved(make: Callable[[Dim], Dim], other: Dim, answer: Dim) -> None:
    unifier = Unifier()
    unknown = unifier.fresh()
    assert unifier.unify(make(unknown), other)
    assert unifier.resolve(unknown) == answer


@pytest.mark.parametrize(
    "make,other",
    [
        (lambda u: u + number(1), number(1)),
        (lambda u: u * m, n),
        (lambda u: u + m, m),
        (lambda u: number(3) * u, number(200)),
        (lambda u: u * n, number(1)),
    ],
)
def test_without_solution(make: Callable[[Dim], Dim], other: Dim) -> None:
    unifier = Unifier()
    assert not unifier.unify(make(unifier.fresh()), other)


def test_equal_numbers_of_different_form_are_rigid() -> None:
    unifier = Unifier()
    assert unifier.unify(n, n) and not unifier.rigid
    assert unifier.unify(number(10) * number(20), number(200)) and unifier.rigid
    assert not unifier.unify(m, n)


def test_products_of_unknowns_wait_for_more() -> None:
    unifier = Unifier()
    a, b = unifier.fresh(), unifier.fresh()
    error = MatcalcError("shape", "no")
    unifier.require(a * b, m * n, lambda: error)
    assert unifier.unify(a, m)
    unifier.settle()
    assert unifier.resolve(b) == n


def test_products_of_unknowns_alone_are_paired_in_order() -> None:
    unifier = Unifier()
    a, b, c, d = (unifier.fresh() for _ in range(4))
    assert unifier.unify(a * b, c * d)
    unifier.settle()
    assert unifier.same(a, c) and unifier.same(b, d)


def test_what_stays_open_is_refused() -> None:
    unifier = Unifier()
    error = MatcalcError("shape", "no")
    unifier.require(unifier.fresh() * unifier.fresh(), n, lambda: error)
    with pytest.raises(MatcalcError):
        unifier.settle()


def test_a_triangle_is_not_a_name_for_ever() -> None:
    """It was put off again and again, each time as if something had been learned."""
    unifier = Unifier()
    error = MatcalcError("shape", "no")
    unifier.require(Dim.triangle(unifier.fresh()), n, lambda: error)
    with pytest.raises(MatcalcError):
        unifier.settle()


def test_triangles_that_are_paired_lead_to_their_sides() -> None:
    unifier = Unifier()
    a, b, c, d = (unifier.fresh() for _ in range(4))
    assert unifier.unify(Dim.triangle(a) * b, Dim.triangle(c) * d)
    unifier.settle()
    assert unifier.same(a, c) and unifier.same(b, d)


@pytest.mark.parametrize("seed", range(300))
def test_what_was_put_off_is_settled(seed: int) -> None:
    """It ends, whatever the equations are."""

    class Counting(Unifier):
        calls = 0

        def unify(self, a: Dim, b: Dim, fail: Callable[[], MatcalcError] | None = None) -> bool:
            self.calls += 1
            assert self.calls < 10_000
            return super().unify(a, b, fail)

    choose = Random(seed)
    unifier = Counting()
    parts = [m, n, number(1), number(3), *[unifier.fresh() for _ in range(4)]]

    def dim(depth: int) -> Dim:
        kind = choose.choice(("part", "part", "product", "product", "sum", "triangle"))
        if depth == 0 or kind == "part":
            return choose.choice(parts)
        if kind == "triangle":
            return Dim.triangle(dim(depth - 1))
        one, two = dim(depth - 1), dim(depth - 1)
        return one * two if kind == "product" else one + two

    for _ in range(6):
        unifier.unify(dim(3), dim(3))
    unifier.settle()
