"""Distributing keeps the value and is idempotent; forms of one polynomial become one node."""

from __future__ import annotations

import numpy as np
import pytest

from matcalc.language.infer import infer
from matcalc.language.parse import parse_line
from matcalc.language.syntax import Problem
from matcalc.tensor.distribute import MOST_TERMS, distributed
from matcalc.tensor.lower import lower
from matcalc.tensor.nodes import Add, Einsum, Node, postorder
from matcalc.tensor.simplify import Builder
from tests.forms.random_text import DECLARATIONS, SIZES, RandomText
from tests.oracle import Values


def node_of(builder: Builder, text: str, declarations: str) -> Node:
    problem = parse_line(f"{text} where {declarations}")
    assert isinstance(problem, Problem)
    return lower(builder, infer(problem).expression)


@pytest.mark.parametrize("seed", range(30))
def test_the_value_is_kept_and_nothing_is_left_to_do(seed: int) -> None:
    builder, evaluate = Builder(), Values(SIZES)
    node = node_of(builder, RandomText(seed).matrix("m", "n", 4), DECLARATIONS)
    opened = distributed(builder, node)
    if opened is not None:
        np.testing.assert_allclose(evaluate(opened), evaluate(node), rtol=1e-8, atol=1e-8)
        assert distributed(builder, opened) in (opened, None)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("(A + A')@x", "A@x + A'@x"),
        ("X@(b@a' + a@b')@(2*a - b)", "2*X@b*(a'@a) + 2*X@a*(b'@a) - X@b*(a'@b) - X@a*(b'@b)"),
        ("A@(x - A@(a - b))", "A@x - A^2@a + A^2@b"),
        ("(a - b)@(a + b)'", "a@a' - b@b' - b@a' + a@b'"),
        ("(x - a)@(a - x)' + x@x'", "x@a' + a@x' - a@a'"),
    ],
)
def test_factored_and_not(one: str, other: str) -> None:
    builder, declarations = Builder(), "A, X: n x n, a, b, x: n"
    first, second = (node_of(builder, text, declarations) for text in (one, other))
    assert distributed(builder, first) is distributed(builder, second)
    assert distributed(builder, first) is not distributed(builder, node_of(builder, "2*A", declarations))  # fmt: skip


def test_no_sum_is_a_factor() -> None:
    builder = Builder()
    opened = distributed(builder, node_of(builder, "(A + A')@(A - S)@x", "A, S: n x n, x: n"))
    assert opened is not None
    for node in postorder(opened):
        assert not isinstance(node, Einsum) or not any(isinstance(o, Add) for o in node.operands)


def test_it_stops() -> None:
    builder = Builder()
    terms = " + ".join(f"A{k}" for k in range(MOST_TERMS + 1))
    declared = ", ".join(f"A{k}: n x n" for k in range(MOST_TERMS + 1))
    long = node_of(builder, f"({terms})@x", f"{declared}, x: n")
    assert distributed(builder, long) is None
