"""Samples lie in the declared structure, and directions stay in it to first order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from matcalc.language.dimensions import Dim
from matcalc.trust.field import Field, random_prime
from matcalc.trust.sample import Point
from matcalc.trust.tensors import identity, matmul, transpose

N = Dim.named("n")
CHECKS: dict[str, Any] = {
    "symmetric": lambda a: np.allclose(a, a.T),
    "skew": lambda a: np.allclose(a, -a.T),
    "diagonal": lambda a: np.allclose(a, np.diag(np.diag(a))),
    "lower": lambda a: np.allclose(a, np.tril(a)),
    "upper": lambda a: np.allclose(a, np.triu(a)),
    "posdef": lambda a: np.allclose(a, a.T) and np.linalg.eigvalsh(a).min() > 0.1,
    "positive": lambda a: (a >= 0).all() and a.max() > 0,
    "orthogonal": lambda a: np.allclose(a @ a.T, np.eye(len(a))),
}
COMBINATIONS = [
    *((name,) for name in CHECKS),
    ("positive", "symmetric"),
    ("diagonal", "positive"),
    ("diagonal", "posdef"),
    ("posdef", "positive"),
    ("lower", "orthogonal"),
    ("orthogonal", "symmetric"),
    ("lower", "positive"),
]


@pytest.mark.parametrize("attributes", COMBINATIONS, ids="-".join)
@pytest.mark.parametrize("size", [1, 3, 4])
def test_samples(attributes: tuple[str, ...], size: int) -> None:
    for seed in range(5):
        value = Point(Field(0), {"n": size}, seed).variable("A", (N, N), attributes)
        array = np.array(value.parts[0]).reshape(size, size)
        for name in attributes:
            if not (size == 1 and name == "skew"):
                assert CHECKS[name](array), name


def test_exact_orthogonal_matrices() -> None:
    field = Field(random_prime(3))
    q = Point(field, {"n": 4}, 1).variable("Q", (N, N), ("orthogonal",))
    assert matmul(field, q, transpose(q)).parts == identity(field, 4).parts


def test_directions_within_the_structure() -> None:
    at = Point(Field(0), {"n": 3}, 1)

    def direction(*attributes: str) -> Any:
        value = at.direction(0, "A", (N, N), attributes, False)
        return np.array(value.parts[0]).reshape(3, 3)

    for name in ("symmetric", "skew", "diagonal", "lower", "upper"):
        assert CHECKS[name](direction(name)), name
    assert CHECKS["symmetric"](direction("posdef"))
    at = Point(Field(0), {"n": 3}, 1)
    q = np.array(at.variable("A", (N, N), ("orthogonal",)).parts[0]).reshape(3, 3)
    tangent = q.T @ direction("orthogonal")
    np.testing.assert_allclose(tangent, -tangent.T, atol=1e-12)


def test_free_directions_are_unstructured_and_differ_by_place() -> None:
    at = Point(Field(0), {"n": 3}, 1)
    one, two = (at.direction(k, "A", (N, N), ("symmetric",), True).parts[0] for k in (0, 1))
    assert one != two
    assert one[1] != one[3]
