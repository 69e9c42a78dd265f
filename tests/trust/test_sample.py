"""Points: what is drawn lies where it should, and intermediate values are watched."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from matcalc.api import Session
from matcalc.language.dimensions import Dim
from matcalc.trust.field import Field, Retry, random_prime
from matcalc.trust.sample import COMPLEX, MIXED, RANGES, Point
from matcalc.trust.tensors import Tensor
from tests.trust.test_structured import CHECKS

NAN, INFINITE = float("nan"), float("inf")
n = Dim.named("n")


@pytest.mark.parametrize("span", RANGES)
def test_entries_fill_their_range(span: tuple[float, float]) -> None:
    low, high = span
    entries = Point(Field(0), {}, 1, span).draw("x", (20, 20)).parts[0]
    margin = (high - low) / 20
    assert low <= min(entries) < low + margin
    assert high - margin < max(entries) <= high


def test_mixed_ranges_differ_between_tensors_and_complex_ones_have_both_parts() -> None:
    at = Point(Field(0), {}, 1, MIXED)
    signs = {tuple(v > 0 for v in at.draw(name, (3,)).parts[0]) for name in "abcdefghijklmnopqrst"}
    assert {(True,) * 3, (False,) * 3} <= signs
    entries = Point(Field(0), {}, 1, COMPLEX).draw("x", (20,)).parts[0]
    assert all(isinstance(v, complex) and 0.1 <= v.imag <= 0.9 for v in entries)


def test_values_depend_on_seed_and_name_alone() -> None:
    one, two, other = (Point(Field(random_prime(1)), {"n": 100}, seed) for seed in (1, 1, 2))
    y = two.variable("y", (n,)).parts[0]
    x = one.variable("x", (n,)).parts[0]
    assert one.variable("y", (n,)).parts[0] == y
    assert two.variable("x", (n,)).parts[0] == x
    assert not set(x) & set(y)
    assert not set(other.variable("x", (n,)).parts[0]) & set(x)


@pytest.mark.parametrize(
    "entries", [[NAN, 1.0], [1.0, NAN], [1.0, INFINITE], [-INFINITE, 1.0], [1e101, 1.0], [1j, NAN]]
)
def test_what_is_no_number_is_drawn_anew(entries: list[Any]) -> None:
    at = Point(Field(0), {}, 1)
    for parts in ({0: entries}, {0: [1.0, 1.0], 1: entries}):
        with pytest.raises(Retry):
            at.watch([Tensor((2,), {0: [2.0, 2.0]}), Tensor((2,), parts)])


def test_the_largest_magnitude_is_noted() -> None:
    at = Point(Field(0), {}, 1)
    at.watch([Tensor((2,), {0: [1.0, -3.0], 1: [2.0, 0.5]}), Tensor((), {0: [1.0]})])
    assert at.field.scale == 3.0
    at.watch([Tensor((2,), {0: [1.0, 1.0], 1: [2.0, -7.0]})])
    assert at.field.scale == 7.0


STRUCTURES = (
    ("symmetric",),
    ("skew",),
    ("diagonal",),
    ("lower",),
    ("upper",),
    ("posdef",),
    ("positive",),
    ("orthogonal",),
    ("diagonal", "positive"),
    ("orthogonal", "symmetric"),
    ("diagonal", "orthogonal"),
)


@pytest.mark.parametrize("attributes", STRUCTURES, ids="-".join)
@pytest.mark.parametrize("prime", [0, random_prime(1)], ids=["numeric", "exact"])
def test_a_structured_dependence_and_its_derivatives(
    attributes: tuple[str, ...], prime: int
) -> None:
    """The value is within the structure, and moves as the derivatives say."""
    field = Field(prime)
    at = Point(field, {"n": 3}, 1)
    x, u, v = (at.draw(name, (2,)).parts[0] for name in "xuv")

    def value(parts: dict[int, Any]) -> dict[int, Any]:
        return at.dependence("S", (n, n), [Tensor((2,), parts)], attributes).parts

    inside = CHECKS[attributes[0]]
    if not prime:
        assert inside(np.array(value({0: x})[0]).reshape(3, 3))
    moved = value({0: x, 1: u, 2: v})
    inputs = [Tensor((2,), {0: x})]
    first = at.partial("S", (n, n), inputs, [0], attributes).parts[0]
    second = at.partial("S", (n, n), inputs, [0, 0], attributes).parts[0]
    along = [sum(first[2 * k + i] * u[i] for i in range(2)) for k in range(9)]
    twice = [
        sum(second[4 * k + 2 * i + j] * u[i] * v[j] for i in range(2) for j in range(2))
        for k in range(9)
    ]
    for found, expected in ((along, moved.get(1, [0] * 9)), (twice, moved.get(3, [0] * 9))):
        if prime:
            assert [entry % prime for entry in found] == expected
        else:
            assert np.allclose(found, expected)


def test_the_hessian_of_an_unspecified_scalar_function_is_regular() -> None:
    """So that a step of Newton's can be verified, and det of it is not taken for 0."""
    step = Session().read("x - inv(d2(f)/dx2)@d(f)/dx where f(x): scalar, x: 3")
    assert step is not None and step.verified["ok"]
    verdict = Session().check("d(x'@x)/dx == 2*x + det(d2(f)/dx2)*x where f(x): scalar, x: 4")
    assert verdict is not None and verdict.status == "wrong"
