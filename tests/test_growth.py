"""Large problems without a clock: graphs, code and printed answers grow as the problem does."""

from __future__ import annotations

import ast
import sys

import pytest

import matcalc
from benchmarks.growth import problem
from matcalc.notation_session import NotationSession
from matcalc.result import Result
from matcalc.tensor.nodes import postorder

NETWORKS = ("tanh", "residual", "softmax")


def _measures(kind: str, k: int) -> tuple[int, int, int, int]:
    result = matcalc.derive(problem(kind, k))
    assert result.verified["ok"]
    functions = {
        part.name: part
        for part in ast.parse(result.code("numpy")).body
        if isinstance(part, ast.FunctionDef)
    }
    body = functions.get("derivative", functions["value"]).body
    nodes = sum(1 for _ in postorder(result._derivative))
    return nodes, len(body), len(result.index), len(result.matrix or "")


@pytest.mark.parametrize("kind", [f"{n} {form}" for n in NETWORKS for form in ("by W1", "by all")])
def test_a_gradient_grows_as_its_network(kind: str) -> None:
    # where nothing is flattened any more that has fewer layers
    small, middle, large = (_measures(kind, k) for k in (24, 48, 96))
    for less, more, most in zip(small, middle, large, strict=True):
        assert most - more <= 2.3 * (more - less) + 20
        assert most <= 5 * less
    nodes = [measures[0] for measures in (small, middle, large)]
    assert abs((nodes[2] - nodes[1]) - 2 * (nodes[1] - nodes[0])) <= 4


@pytest.mark.parametrize("network", NETWORKS)
def test_a_hessian_grows_as_its_network(network: str) -> None:
    results = [matcalc.derive(problem(f"{network} Hessian", k)) for k in (10, 20, 40)]
    small, middle, large = (sum(1 for _ in postorder(result._derivative)) for result in results)
    assert large - middle <= 2 * (middle - small) + 4
    small, middle, large = (len(result.index) for result in results)
    assert large - middle <= 4 * (middle - small)


def test_a_gradient_without_definitions_is_as_long_as_one_with() -> None:
    """What the line writes over and over is named once."""
    layers = 40
    inner = "x"
    for number in range(1, layers):
        inner = f"tanh(W{number}@{inner})"
    sizes = ", ".join(f"W{number}" for number in range(1, layers + 1))
    text = f"d(normsq(W{layers}@{inner} - y))/dW1 where x, y: n, {sizes}: n x n"
    written = matcalc.derive(text)
    defined = matcalc.derive(problem("tanh by W1", layers))
    assert written.index_form.body == defined.index_form.body
    assert written.matrix_form is not None
    assert defined.matrix_form is not None
    assert written.matrix_form.body == defined.matrix_form.body
    assert defined.matrix_form.names == ()
    assert [name.replace(" ", "") for name in written.matrix_form.names] == [
        definition.replace(" ", "") for definition in defined.definitions
    ]


@pytest.mark.parametrize("k", [2, 17, 512])
def test_the_derivative_of_the_trace_of_a_power(k: int) -> None:
    result = matcalc.derive(problem("tr(X^k)", k))
    below = "X" if k == 2 else f"(X^{k - 1})"
    assert result.matrix == f"{k}*{below}'"
    assert sum(1 for _ in postorder(result._derivative)) <= 6


@pytest.mark.parametrize(
    ("kind", "k", "matrix"),
    [
        ("parentheses", 10_000, "2*x"),
        ("sum over one x", 10_000, "50005000*eye(n)"),
        ("chain of matrices", 1_000, ...),
        ("nested sines", 10_000, None),
        ("sum of products", 2_000, ...),
    ],
)
def test_depth_and_length_are_no_obstacle(kind: str, k: int, matrix: object) -> None:
    limit = sys.getrecursionlimit()
    assert limit <= 1_000
    result = matcalc.derive(problem(kind, k))
    assert result.verified["ok"]
    assert sys.getrecursionlimit() == limit
    if matrix is ...:
        assert result.matrix is not None
    else:
        assert result.matrix == matrix


def test_a_form_that_is_left_out_says_so() -> None:
    result = matcalc.derive(problem("residual Hessian", 8))
    assert result.kronecker is None
    assert result.notes == (
        "the form with two indices is left out: it is a sum of more than 16 products",
    )


def test_conditions_that_are_left_out_say_so() -> None:
    logs = " + ".join(f"log(a{number}'@x)" for number in range(60))
    result = matcalc.derive(f"d({logs})/dx")
    assert len(result.conditions) == 51
    assert result.conditions[-1] == "more conditions of this kind, not listed"


def _named(result: Result) -> set[str]:
    return {text.partition(" = ")[0].partition("[")[0] for text in result.index_form.names}


def test_our_names_are_none_of_the_problem() -> None:
    text = (
        "d(normsq(W3@tanh(W2@tanh(h1@x)) - {}))/dh1 where h1: m x n, x: n, W2: k x m, W3: p x k{}"
    )
    plain = matcalc.derive(text.format("y", ""))
    assert _named(plain) == {"t1", "t2"}
    more = matcalc.derive(text.format("T7", ", T7: p"))
    assert _named(more) == {"c1", "c2"}
    session = matcalc.api.Session()
    session.read("let t1 = A@b")
    assert _named(session.read(text.format("y", "")) or plain) == {"c1", "c2"}


def test_what_would_be_written_out_without_end_is_refused() -> None:
    line = problem("residual by W1", 60)
    head, _, where = line.partition(" where ")
    assert head == "d(normsq(W60@h59 - y))/dW1"
    with pytest.raises(matcalc.MatcalcError, match="more than 20000 parts") as caught:
        NotationSession(fold=False).read(f"h59 where {where}")
    assert caught.value.kind == "limit"
