"""Emitted code does not overflow where what it computes does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import matcalc

Array = Any
LARGE = (-1000.0, -40.0, 0.5, 38.0, 999.0)


def diagonal(entries: Array) -> Array:
    return np.diag(np.asarray(entries))


def softmax(x: Array) -> Array:
    return np.exp(x) / np.sum(np.exp(x))


CASES: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "log(1 + exp(x))": (
        lambda x: np.log1p(np.exp(x)),
        lambda x: diagonal(1 / (1 + np.exp(-x))),
    ),
    "log(exp(-x) + 1)": (
        lambda x: np.log1p(np.exp(-x)),
        lambda x: diagonal(-1 / (1 + np.exp(x))),
    ),
    "log(1 + exp(x)/2)": (
        lambda x: np.log1p(np.exp(x) / 2),
        lambda x: diagonal(1 / (1 + 2 * np.exp(-x))),
    ),
    "log(2 + 3*exp(x))": (
        lambda x: np.log(2 + 3 * np.exp(x)),
        lambda x: diagonal(3 / (3 + 2 * np.exp(-x))),
    ),
    "log(exp(x) + exp(2*x))": (
        lambda x: np.log(np.exp(x) + np.exp(2 * x)),
        lambda x: diagonal(1 + 1 / (1 + np.exp(-x))),
    ),
    "log(sum(exp(x)))": (lambda x: np.log(np.sum(np.exp(x))), softmax),
    "log(mean(exp(x)))": (lambda x: np.log(np.mean(np.exp(x))), softmax),
    "log(sum(exp(x)) * 1)": (lambda x: np.log(np.sum(np.exp(x))), softmax),
    "exp(x)/sum(exp(x))": (
        softmax,
        lambda x: diagonal(softmax(x)) - np.outer(softmax(x), softmax(x)),
    ),
    "(exp(x)/sum(exp(x)))**2": (
        lambda x: softmax(x) ** 2,
        lambda x: 2 * (diagonal(softmax(x) ** 2) - np.outer(softmax(x) ** 2, softmax(x))),
    ),
    "exp(x)/(1 + exp(x))": (
        lambda x: 1 / (1 + np.exp(-x)),
        lambda x: diagonal(1 / (1 + np.exp(-x)) / (1 + np.exp(x))),
    ),
    "1/(1 + exp(-x))": (
        lambda x: 1 / (1 + np.exp(-x)),
        lambda x: diagonal(1 / (1 + np.exp(-x)) / (1 + np.exp(x))),
    ),
    "1/(1 + exp(-x))**2": (
        lambda x: 1 / (1 + np.exp(-x)) ** 2,
        lambda x: diagonal(2 / (1 + np.exp(-x)) ** 2 / (1 + np.exp(x))),
    ),
    "log(sigmoid(x))": (
        lambda x: -np.log1p(np.exp(-x)),
        lambda x: diagonal(1 / (1 + np.exp(x))),
    ),
    "log(1 - sigmoid(x))": (
        lambda x: -np.log1p(np.exp(x)),
        lambda x: diagonal(-1 / (1 + np.exp(-x))),
    ),
    "log(1 + exp(x) + exp(2*x))": (
        lambda x: np.log1p(np.exp(x) + np.exp(2 * x)),
        lambda x: diagonal(
            (1 / (np.exp(-x) + 1 + np.exp(x))) + 2 / (np.exp(-2 * x) + np.exp(-x) + 1)
        ),
    ),
    "-sum(x*log(exp(x)/sum(exp(x))))": (
        lambda x: -np.sum(x * np.log(softmax(x))),
        lambda x: -np.log(softmax(x)) - x + softmax(x) * np.sum(x),
    ),
    "log(cosh(x))": (lambda x: np.log(np.cosh(x)), lambda x: diagonal(np.tanh(x))),
    "log(1 + sum(exp(x)))": (
        lambda x: np.log1p(np.sum(np.exp(x))),
        lambda x: np.exp(x) / (1 + np.sum(np.exp(x))),
    ),
    "log(2 + mean(exp(x))) + log(1 + exp(x'@x/1000))": (
        lambda x: np.log(2 + np.mean(np.exp(x))) + np.log1p(np.exp(x @ x / 1000)),
        lambda x: (
            np.exp(x) / (2 * len(x) + np.sum(np.exp(x)))
            + 2 * x / (1 + np.exp(-x @ x / 1000)) / 1000
        ),
    ),
    "-sum(x*log(softmax(x)))": (
        lambda x: -np.sum(x * np.log(softmax(x))),
        lambda x: -np.log(softmax(x)) - x + softmax(x) * np.sum(x),
    ),
}
"""An expression, and its value and derivative in a wider range of floats."""

WIDE = np.finfo(np.longdouble).maxexp > 10000


@pytest.mark.skipif(not WIDE, reason="no wider floats here to compare with")
@pytest.mark.parametrize("expression", CASES)
def test_no_overflow_at_large_arguments(expression: str) -> None:
    module: dict[str, Any] = {}
    exec(matcalc.derive(f"d({expression})/dx where x: n").code("numpy"), module)
    value, derivative = CASES[expression]
    x = np.array(LARGE)
    wide = x.astype(np.longdouble)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found, slope = module["value"](x=x), module["derivative"](x=x)
    np.testing.assert_allclose(found, value(wide).astype(float), rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(slope, derivative(wide).astype(float), rtol=1e-9, atol=1e-15)


@pytest.mark.skipif(not WIDE, reason="no wider floats here to compare with")
@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("log(sum(exp(A)))", lambda a: np.log(np.sum(np.exp(a)))),
        ("log(sum(exp(A), axis=0))", lambda a: np.log(np.sum(np.exp(a), axis=0))),
        ("log(sum(exp(A), axis=1))", lambda a: np.log(np.sum(np.exp(a), axis=1))),
        ("log(mean(exp(A), axis=1))", lambda a: np.log(np.mean(np.exp(a), axis=1))),
        ("log(softmax(A, axis=1))", lambda a: a - np.log(np.sum(np.exp(a), axis=1))[:, None]),
        ("log(softmax(A, axis=0))", lambda a: a - np.log(np.sum(np.exp(a), axis=0))),
        ("exp(A)/sum(exp(A))", lambda a: np.exp(a) / np.sum(np.exp(a))),
        ("log(1 + exp(A))", lambda a: np.log1p(np.exp(a))),
        ("log(2 + exp(A))", lambda a: np.log(2 + np.exp(a))),
        ("A[i,j] - log(sum[k](exp(A[k,j])))", lambda a: a - np.log(np.sum(np.exp(a), axis=0))),
    ],
)
def test_matrices(expression: str, value: Callable[[Array], Array]) -> None:
    result = matcalc.derive(f"({expression}) where A: m x n")
    a = np.array([[1000.0, -1000.0, 3.0], [998.0, -999.5, 5.0]])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found = result.evaluate(A=a)
    np.testing.assert_allclose(found, value(a.astype(np.longdouble)).astype(float), rtol=1e-12)


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        ("d(log(1 + exp(x'@w)))/dw", "return np.logaddexp(0, x @ w)"),
        ("d(log(sum(exp(A@x))))/dx", "return A.T @ _softmax(A @ x)"),
        ("d(log(sum(exp(A@x))))/dx", "return _logsumexp(A @ x)"),
        ("d(log(sum(exp(A), axis=1)))/dA where A: m x n", "return _logsumexp(A, axis=1)"),
        ("d(log(exp(s) + exp(t)))/ds where s, t: scalar", "return _sigmoid(s - t)"),
    ],
)
def test_the_code_says_what_it_computes(problem: str, line: str) -> None:
    assert line in matcalc.derive(problem).code("numpy")


def test_one_minus_a_sigmoid_keeps_its_digits() -> None:
    loss = "sum(-y*log(1/(1 + exp(-x))) - (1 - y)*log(1 - 1/(1 + exp(-x))))"
    result = matcalc.derive(f"d({loss})/dx where x, y: n")
    x, y = np.array([-300.0, -30.0, 0.5, 30.0, 40.0, 300.0]), np.array([1.0, 0, 1, 0, 0, 1])
    wanted = 1 / (1 + np.exp(-x)) - y
    np.testing.assert_allclose(result.evaluate(x=x, y=y), wanted, rtol=1e-12, atol=1e-15)


@pytest.mark.skipif(not WIDE, reason="no wider floats here to compare with")
def test_a_sum_of_exponentials_and_one_in_each_row() -> None:
    result = matcalc.derive("d2(sum(log(1 + sum(exp(A), axis=1))))/dA2 where A: m x n")
    a = np.array([[1000.0, -1000.0, 3.0], [-998.0, -999.5, -500.0], [0.5, 0.25, -0.5]])
    wide: Array = np.exp(a.astype(np.longdouble))
    p, eye = (wide / (1 + wide.sum(axis=1, keepdims=True))).astype(float), np.eye(3)
    wanted = np.einsum("ik,ij,jl->ijkl", eye, p, eye) - np.einsum("ij,il,ik->ijkl", p, p, eye)
    np.testing.assert_allclose(result.evaluate(A=a), wanted, rtol=1e-9, atol=1e-15)


def test_the_answer_keeps_its_form() -> None:
    result = matcalc.derive("log(1 + exp(s)) where s: scalar")
    assert result.matrix == "log(1 + exp(s))"


def test_what_only_looks_alike_is_left() -> None:
    x = np.array([0.3, -0.2])
    for text, value in (
        ("log(1 - exp(x)/9)", np.log(1 - np.exp(x) / 9)),
        ("log(exp(x) * x**2)", np.log(np.exp(x) * x**2)),
        ("log(3*sum(exp(x)))", np.log(3 * np.sum(np.exp(x)))),
        ("exp(2*x)/sum(exp(x))", np.exp(2 * x) / np.sum(np.exp(x))),
        ("exp(x)/(1 + exp(2*x))", np.exp(x) / (1 + np.exp(2 * x))),
        ("exp(x)/(1 - exp(x))", np.exp(x) / (1 - np.exp(x))),
        ("log(sum(exp(x)**2))", np.log(np.sum(np.exp(x) ** 2))),
    ):
        found = matcalc.derive(f"{text} where x: n").evaluate(x=x)
        np.testing.assert_allclose(found, value, rtol=1e-12)


def test_ten_thousand_nested_sums_of_exponentials() -> None:
    from matcalc.emit.stable import stabilised
    from matcalc.tensor.nodes import Graph, Node

    graph = Graph()
    node: Node = graph.variable("x", ())
    for _ in range(5000):
        node = graph.map("log", (graph.add((1, 1), (graph.map("exp", (node,)), graph.number(1)), ()),))  # fmt: skip
    (made,) = stabilised([node])
    assert getattr(made, "function", "") == "softplus"
