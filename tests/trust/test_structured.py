"""Samples lie in the declared structure, and directions stay in it to first order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from matcalc.language.dimensions import Dim
from matcalc.trust.field import Field, random_prime
from matcalc.trust.sample import Point
from matcalc.trust.structured import moved
from matcalc.trust.tensors import Tensor, identity, matmul, transpose

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


def tensor(array: Any) -> Tensor:
    return Tensor(array.shape, {0: [float(v) for v in array.ravel()]})


def projected(kind: str, g: Any, x: Any) -> Any:
    return {
        "symmetric": lambda: (g + g.T) / 2,
        "posdef": lambda: (g + g.T) / 2,
        "skew": lambda: (g - g.T) / 2,
        "diagonal": lambda: g * np.eye(3),
        "lower": lambda: np.tril(g),
        "upper": lambda: np.triu(g),
        "orthogonal": lambda: g - x @ (x.T @ g + g.T @ x) / 2,
    }[kind]()


@pytest.mark.parametrize("kind", [name for name in CHECKS if name != "positive"])
def test_directions_are_adjoint_to_the_conventions(kind: str) -> None:
    """⟨L G, E⟩ = ⟨G, L* E⟩ for the projections as LANGUAGE.md has them."""
    numbers = np.random.default_rng(1)
    g, e = numbers.normal(size=(3, 3)), numbers.normal(size=(3, 3))
    at = Point(Field(0), {"n": 3}, 1).variable("A", (N, N), (kind,))
    x = np.array(at.parts[0]).reshape(3, 3)
    found = moved(Field(0), (kind,), "projected", at, tensor(e)).parts[0]
    direction = np.array(found).reshape(3, 3)
    assert np.sum(projected(kind, g, x) * e) == pytest.approx(np.sum(g * direction))
    if kind == "orthogonal":
        np.testing.assert_allclose(x.T @ direction, -direction.T @ x, atol=1e-12)
    elif kind != "posdef":
        assert CHECKS[kind](direction)


def test_entries_and_ignore() -> None:
    e = np.arange(9.0).reshape(3, 3)
    x = tensor(e)
    entries = moved(Field(0), ("symmetric",), "entries", x, x).parts[0]
    np.testing.assert_allclose(np.reshape(entries, (3, 3)), e + e.T - e * np.eye(3))
    skew = moved(Field(0), ("skew",), "entries", x, x).parts[0]
    np.testing.assert_allclose(np.reshape(skew, (3, 3)), e - e.T)
    assert moved(Field(0), ("symmetric",), "ignore", x, x) is x
    assert moved(Field(0), ("positive",), "projected", x, x) is x
