"""Functions of jets: values against math, derivatives against known ones and finite differences."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from matcalc.trust import jets
from matcalc.trust import linear_algebra as algebra
from matcalc.trust.field import Field, Inexact, Retry, random_prime
from matcalc.trust.tensors import Tensor, matmul, scalar, transpose

linalg = pytest.importorskip("scipy.linalg")
special = pytest.importorskip("scipy.special")

FIELD = Field(0, budget=1 << 60)


def jet(value: Any, *directions: Any) -> Tensor:
    """value + Σ ε_k·direction_k."""
    first = np.asarray(value)
    parts = {0: list(first.ravel().tolist())}
    for k, direction in enumerate(directions):
        parts[1 << k] = np.asarray(direction, dtype=float).ravel().tolist()
    return Tensor(first.shape, parts)


def part(tensor: Tensor, mask: int) -> Any:
    return np.array(tensor.parts[mask]).reshape(tensor.shape)


SCALAR: list[tuple[Callable[[Tensor], Tensor], list[Callable[[float], float]], float]] = [
    (lambda u: jets.exp(FIELD, u), [math.exp] * 4, 0.7),
    (
        lambda u: jets.log(FIELD, u),
        [math.log, lambda x: 1 / x, lambda x: -1 / x**2, lambda x: 2 / x**3],
        0.7,
    ),
    (
        lambda u: jets.erf(FIELD, u),
        [
            math.erf,
            lambda x: 2 / math.sqrt(math.pi) * math.exp(-x * x),
            lambda x: -4 * x / math.sqrt(math.pi) * math.exp(-x * x),
            lambda x: (8 * x * x - 4) / math.sqrt(math.pi) * math.exp(-x * x),
        ],
        -0.6,
    ),
    (
        lambda u: jets.power(FIELD, u, 1.5),
        [
            lambda x: x**1.5,
            lambda x: 1.5 * x**0.5,
            lambda x: 0.75 * x**-0.5,
            lambda x: -0.375 * x**-1.5,
        ],
        1.3,
    ),
    (
        lambda u: jets.power(FIELD, u, -3.0),
        [lambda x: x**-3, lambda x: -3 * x**-4, lambda x: 12 * x**-5, lambda x: -60 * x**-6],
        -1.3,
    ),
    (
        lambda u: jets.power(FIELD, u, 3.0),
        [lambda x: x**3, lambda x: 3 * x**2, lambda x: 6 * x, lambda x: 6.0],
        -1.3,
    ),
    (lambda u: jets.sign(FIELD, u), [lambda x: -1.0] + [lambda x: 0.0] * 3, -0.4),
]


@pytest.mark.parametrize("function, derivatives, x", SCALAR)
def test_derivatives_up_to_the_third(
    function: Callable[[Tensor], Tensor], derivatives: list[Callable[[float], float]], x: float
) -> None:
    value = function(jet(x, 1.0, 1.0, 1.0))
    for mask in range(8):
        expected = derivatives[mask.bit_count()](x)
        found = value.parts.get(mask, [0.0])[0]
        assert found == pytest.approx(expected, rel=1e-12), mask


def test_complex_values() -> None:
    z = 0.4 + 0.9j
    assert jets.erf(FIELD, scalar(z)).parts[0][0] == pytest.approx(special.erf(z))
    assert jets.log(FIELD, scalar(-z)).parts[0][0] == pytest.approx(cmath.log(-z))


@pytest.mark.parametrize(
    "function", [jets.log, lambda f, u: jets.power(f, u, 0.5), jets.reciprocal]
)
def test_outside_of_the_domain(function: Callable[[Field, Tensor], Tensor]) -> None:
    with pytest.raises(Retry):
        function(FIELD, scalar(0.0))


def test_transcendental_functions_have_no_value_modulo_a_prime() -> None:
    with pytest.raises(Inexact):
        jets.exp(Field(101), scalar(1))


def test_polynomial_and_general_power() -> None:
    value = jets.polynomial(FIELD, [1.0, 2.0, 3.0], jet(2.0, 1.0))
    assert value.parts == {0: [17.0], 1: [14.0]}
    both = jets.general_power(FIELD, jet(2.0, 1.0), jet(3.0, 1.0))
    assert both.parts[0][0] == pytest.approx(8.0)
    assert both.parts[1][0] == pytest.approx(12 + 8 * math.log(2))


def matrix(seed: int, shape: tuple[int, int] = (3, 3)) -> Any:
    return np.random.default_rng(seed).normal(size=shape)


def posdef(seed: int) -> Any:
    m = matrix(seed)
    return m @ m.T + np.eye(3)


def power_of(exponent: float) -> Callable[[Any], Any]:
    def power(x: Any) -> Any:
        values, vectors = np.linalg.eigh((x + x.T) / 2)
        return vectors @ np.diag(values**exponent) @ vectors.T

    return power


MATRIX: list[tuple[str, Callable[[Tensor], Tensor], Callable[[Any], Any], Any, Any]] = [
    ("inv", lambda x: algebra.inverse(FIELD, x), np.linalg.inv, matrix(1), matrix(2)),
    ("det", lambda x: algebra.determinant(FIELD, x), np.linalg.det, matrix(1), matrix(2)),
    ("det singular", lambda x: algebra.determinant(FIELD, x), np.linalg.det, np.diag([1.0, 2, 0]), matrix(2)),
    ("expm", lambda x: algebra.exponential(FIELD, x), linalg.expm, matrix(1), matrix(2)),
    ("sqrtm", lambda x: algebra.square_root(FIELD, x), linalg.sqrtm, posdef(1), matrix(2) / 4),
    ("logm", lambda x: algebra.logarithm(FIELD, x), linalg.logm, posdef(1), matrix(2) / 4),
    ("pinv tall", lambda x: algebra.pseudoinverse(FIELD, x), np.linalg.pinv, matrix(1, (4, 2)), matrix(2, (4, 2))),
    ("pinv wide", lambda x: algebra.pseudoinverse(FIELD, x), np.linalg.pinv, matrix(1, (2, 4)), matrix(2, (2, 4))),
    ("nuclear", lambda x: algebra.nuclear_norm(FIELD, x), lambda x: np.linalg.norm(x, "nuc"), matrix(1, (4, 2)), matrix(2, (4, 2))),
    ("polar", lambda x: algebra.polar_factor(FIELD, x), lambda x: linalg.polar(x)[0], matrix(1, (2, 4)), matrix(2, (2, 4))),
    ("power 3", lambda x: algebra.matrix_power(FIELD, x, 3), lambda x: x @ x @ x, matrix(1), matrix(2)),
    ("power -2", lambda x: algebra.matrix_power(FIELD, x, -2), lambda x: np.linalg.inv(x @ x), matrix(1), matrix(2)),
    ("power 0.3", lambda x: algebra.real_matrix_power(FIELD, x, scalar(0.3)), power_of(0.3), posdef(1), posdef(2) / 4),
]  # fmt: skip


@pytest.mark.parametrize("name, function, oracle, x, e", MATRIX, ids=[row[0] for row in MATRIX])
def test_matrix_functions_against_numpy(
    name: str, function: Callable[[Tensor], Tensor], oracle: Callable[[Any], Any], x: Any, e: Any
) -> None:
    value = function(jet(x, e))
    h = 1e-5
    slope = (oracle(x + h * e) - oracle(x - h * e)) / (2 * h)
    np.testing.assert_allclose(part(value, 0), oracle(x), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(part(value, 1), slope, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name, function, oracle, x, e", MATRIX, ids=[row[0] for row in MATRIX])
def test_second_derivatives_of_matrix_functions(
    name: str, function: Callable[[Tensor], Tensor], oracle: Callable[[Any], Any], x: Any, e: Any
) -> None:
    """By a difference of first derivatives of jets."""
    f = np.linspace(-0.5, 0.4, x.size).reshape(x.shape)
    if name == "power 0.3":
        f = f + f.T
    h = 1e-5
    slope = (
        part(function(jet(x + h * f, e)), 1) - part(function(jet(x - h * f, e)), 1)
    ) / (2 * h)  # fmt: skip
    np.testing.assert_allclose(part(function(jet(x, e, f)), 3), slope, rtol=1e-4, atol=1e-5)


def test_exact_inverse_and_determinant_with_three_nilpotents() -> None:
    field = Field(random_prime(5))
    p = field.prime
    m = Tensor((3, 3), {k: [pow(i * i + 7 + k, 3 + k, p) for i in range(9)] for k in (0, 1, 2, 4)})
    product = matmul(field, m, algebra.inverse(field, m))
    for mask, entries in product.parts.items():
        assert entries == [int(i % 4 == 0 and mask == 0) for i in range(9)]
    one, two = algebra.determinant(field, m), algebra.determinant(field, transpose(m))
    assert one.parts == two.parts
    assert algebra._faddeev(field, m).parts[7] == one.parts[7]


def test_singular_matrices_are_drawn_anew() -> None:
    with pytest.raises(Retry):
        algebra.inverse(Field(101), Tensor((2, 2), {0: [1, 2, 2, 4]}))
    with pytest.raises(Retry):
        algebra.inverse(FIELD, Tensor((2, 2), {0: [1.0, 2.0, 2.0, 4.0 + 1e-9]}))


def test_jacobian_has_the_axes_of_the_value_first() -> None:
    x = matrix(4, (2, 2)) / 2
    value = algebra.jacobian(FIELD, algebra.exponential, jet(x))
    assert value.shape == (2, 2, 2, 2)
    for p in range(2):
        for q in range(2):
            e = np.zeros((2, 2))
            e[p, q] = 1
            expected = linalg.expm_frechet(x, e, compute_expm=False)
            np.testing.assert_allclose(part(value, 0)[:, :, p, q], expected, atol=1e-10)


@pytest.mark.parametrize("places", [(1, 0), (2, 0, 1), (1, 2, 3, 0), (3, 2, 1, 0)])
@pytest.mark.parametrize("prime", [0, random_prime(1)])
def test_inverse_and_determinant_where_rows_change_places(
    places: tuple[int, ...], prime: int
) -> None:
    """The pivots of a permuted triangle are zero where they are looked for first."""
    n, field = len(places), Field(prime)
    triangle = np.tril(np.arange(1, n * n + 1).reshape(n, n))
    start = triangle[list(places)]
    entries = [field.number(int(v)) for v in start.ravel()]
    given = Tensor((n, n), {0: list(entries), 1: list(entries)})
    found = algebra.inverse(field, given)
    assert given.parts[0] == entries
    unit = matmul(field, given, found)
    expected = [field.number(int(i == j)) for i in range(n) for j in range(n)]
    value = algebra.determinant(field, Tensor((n, n), {0: entries})).parts[0][0]
    sign = round(np.linalg.det(np.eye(n)[list(places)]))
    exact = sign * math.prod(int(v) for v in triangle.diagonal())
    if prime:
        assert unit.parts[0] == expected
        assert unit.parts[1] == [0] * (n * n)
        assert value == exact % prime
    else:
        np.testing.assert_allclose(unit.parts[0], expected, atol=1e-10)
        np.testing.assert_allclose(unit.parts[1], [0.0] * (n * n), atol=1e-10)
        assert value == pytest.approx(exact)


def test_sign_at_zeros_that_stay() -> None:
    field = Field(0)
    assert jets.sign(field, Tensor((3,), {0: [2.0, 0.0, -1.0], 1: [1.0, 0.0, 1.0]})).parts[0] == [1, 0, -1]  # fmt: skip
    for near in (Tensor((1,), {0: [0.0], 1: [1.0]}), Tensor((1,), {0: [1e-5]})):
        with pytest.raises(Retry):
            jets.sign(field, near)
