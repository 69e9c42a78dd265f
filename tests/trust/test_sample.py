"""Points: what is drawn lies where it should, and intermediate values are watched."""

from __future__ import annotations

from typing import Any

import pytest

from matcalc.language.dimensions import Dim
from matcalc.trust.field import Field, Retry, random_prime
from matcalc.trust.sample import COMPLEX, MIXED, RANGES, Point
from matcalc.trust.tensors import Tensor

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
