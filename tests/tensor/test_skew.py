"""Sums that are the negatives of their transposes: products of them vanish, whichever way written."""

from __future__ import annotations

import random
from typing import Any, cast

import numpy as np
import pytest

import matcalc
from matcalc.language.dimensions import Dim
from matcalc.tensor.nodes import Node, is_zero
from matcalc.tensor.simplify import Builder
from tests.oracle import Values

N = Dim.named("n")
evaluate = Values({"n": 3})


@pytest.mark.parametrize(
    "text",
    [
        "d(x'@(A - A')@x)/dx where A: n x n",
        "d(x'@(A@B - B'@A')@x)/dx where A, B: n x n",
        "d(x'@(A - A' + K)@x)/dx where A: n x n, K: n x n skew",
        "d(tr(X'@(A - A')@X))/dX where A: n x n, X: n x m",
        "(A - A')@x + (A' - A)@x where A: n x n",
        "y'@(A - A')@x + x'@(A - A')@y where A: n x n",
        "M + M' where M = A - A', A: n x n",
        "tr(A - A') where A: n x n",
        "y'@K@x + x'@K@y where K: n x n skew",
        "y'@K@L@x - x'@L@K@y where K, L: n x n skew",
    ],
)
def test_what_is_zero_whatever_the_tensors_is_zero(text: str) -> None:
    assert is_zero(matcalc.derive(text)._derivative)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("d(y'@(A - A')@x)/dx where A: n x n", "(A' - A) @ y"),
        ("d(y'@(A - A')@x)/dy where A: n x n", "(A - A') @ x"),
        ("(A - A')'@x where A: n x n", "(A' - A) @ x"),
        ("(A + A')@x where A: n x n", "(A + A') @ x"),
        ("(A - B')@x where A, B: n x n", "(A - B') @ x"),
        ("d(x'@(A - A')@(A - A')@x)/dx where A: n x n", "2*(A - A')^2 @ x"),
    ],
)
def test_what_is_not_keeps_its_form(text: str, expected: str) -> None:
    assert matcalc.derive(text).matrix == expected


def matrices(builder: Builder, choice: random.Random) -> Node:
    """A sum of matrices, products and sums, some of them transposed; often a skew one."""
    pool: list[Node] = [builder.variable(name, (N, N)) for name in "AB"]
    pool.append(builder.variable("K", (N, N), ("skew",)))
    pool.append(builder.variable("S", (N, N), ("symmetric",)))
    for _ in range(choice.randint(1, 4)):
        one, two = choice.choice(pool), choice.choice(pool)
        if choice.random() < 0.4:
            two = builder.mirrored(two)
        if choice.random() < 0.4:
            two = builder.mirrored(one)
        if choice.random() < 0.3:
            made = builder.contract([(one, (0, 1)), (two, (1, 2))], (0, 2))
        else:
            made = builder.add(choice.choice(((1, -1), (-1, 1), (2, -2), (1, 2))), (one, two), (N, N))  # fmt: skip
        if made.order == 2:
            pool.append(made)
    return pool[-1]


@pytest.mark.parametrize("seed", range(400))
def test_sums_with_transposes_keep_their_value(seed: int) -> None:
    choice = random.Random(seed)
    builder = Builder()
    x, y = builder.variable("x", (N,)), builder.variable("y", (N,))
    factors: list[tuple[Node, tuple[int, ...]]] = [
        (matrices(builder, choice), choice.choice(((0, 1), (1, 0)))),
        (matrices(builder, choice), choice.choice(((1, 2), (2, 1), (0, 1)))),
        (choice.choice((x, y)), (0,)),
        (choice.choice((x, y)), (choice.choice((1, 2)),)),
    ]
    factors = factors[: choice.randint(1, 4)]
    present = sorted({index for _, indices in factors for index in indices})
    output = tuple(choice.sample(present, choice.randint(0, min(2, len(present)))))
    node = builder.contract(factors, output)
    flat: list[object] = []
    for factor, indices in factors:
        flat += [evaluate(factor), list(indices)]
    expected = cast(Any, np.einsum)(*flat, list(output))
    np.testing.assert_allclose(evaluate(node), expected, rtol=1e-8, atol=1e-8)
    assert not builder.labelling.gave_up
    again = builder.contract([(node, tuple(range(node.order)))], tuple(range(node.order)))
    assert again is node
    assert builder.contract(factors[::-1], output) is node
