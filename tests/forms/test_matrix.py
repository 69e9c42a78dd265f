"""Matrix forms: the expected ones, and that every form parses back to the same values."""

from __future__ import annotations

import numpy as np
import pytest

from matcalc.forms.matrix import matrix_form
from matcalc.language.dimensions import Dim
from matcalc.printers.text import to_text
from matcalc.tensor.layout import arrange
from matcalc.tensor.nodes import Graph, Node
from tests.forms.pipeline import Derived, node_of
from tests.forms.random_text import DECLARATIONS, SIZES, RandomText
from tests.oracle import Values

ABC = "A: m x n, B: n x p, C: p x q, D: n x p, X: n x n, S: n x n symmetric, x, y, z: n, b: m, w: p"

VALUES = [
    ("A @ x", "A @ x"),
    ("2*A", "2*A"),
    ("x * y", "x * y"),
    ("x ./ y", "x / y"),
    ("1 / x", "1 / x"),
    ("x' @ y", "x' @ y"),
    ("x' @ x", "x' @ x"),
    ("normsq(A @ x - b)", "normsq(A @ x - b)"),
    ("norm(x)", "norm(x)"),
    ("norm(A)", "norm(A)"),
    ("tr(X @ S)", "X : S"),
    ("tr(X @ B @ D')", "D : X @ B"),
    ("tr(X @ X)", "tr(X^2)"),
    ("tr(A' @ A)", "normsq(A)"),
    ("tr(A @ B @ w @ b')", "b' @ A @ B @ w"),
    ("A @ B @ C", "A @ B @ C"),
    ("(A @ B @ C)'", "(A @ B @ C)'"),
    ("(A @ B)'", "B' @ A'"),
    ("inv(X)'", "inv(X)'"),
    ("X^-T", "inv(X)'"),
    ("inv(S)'", "inv(S)"),
    ("(X^2)'", "(X^2)'"),
    ("X^2 @ x", "X^2 @ x"),
    ("diag(x)", "diag(x)"),
    ("diag(X)", "diag(X)"),
    ("diag(A @ A')", "sum(A**2, axis=1)"),
    ("diag(x) @ B", "diag(x) @ B"),
    ("B' @ diag(x * y) @ D", "B' @ diag(x * y) @ D"),
    ("b @ x'", "b @ x'"),
    ("(b @ x') * A", "(b @ x') * A"),
    ("A * A * 3", "3*A**2"),
    ("sum(A)", "sum(A)"),
    ("sum(A, axis=0)", "sum(A, axis=0)"),
    ("sum(A, axis=1)", "sum(A, axis=1)"),
    ("A @ ones(n)", "sum(A, axis=1)"),
    ("eye(n)", "eye(n)"),
    ("eye(n) + x@x'", "eye(n) + x @ x'"),
    ("ones(m, n)", "ones(m, n)"),
    ("ones(m, n) - A", "1 - A"),
    ("x + 1", "x + 1"),
    ("zeros(m, n)", "zeros(m, n)"),
    ("A : (b @ x')", "b' @ A @ x"),
    ("x ⊗ b", "x ⊗ b"),
    ("A ⊗ B", "A ⊗ B"),
    ("A ⊗ x'", "A ⊗ x'"),
    ("A ⊗ eye(n)", "A ⊗ eye(n)"),
    ("eye(n) ⊗ eye(m)", "eye(m*n)"),
    ("vec(A)", "vec(A)"),
    ("vec(b @ x')", "x ⊗ b"),
    ("vec(A)' @ vec(A)", "normsq(A)"),
    ("K(m, n)", "K(m, n)"),
    ("K(m, n) @ vec(A)", "vec(A')"),
    ("khatrirao(B, D)", "khatrirao(B, D)"),
    ("hstack(B, D)", "hstack(B, D)"),
    ("vstack(A, X)", "vstack(A, X)"),
    ("vstack(x, b)", "vstack(x, b)"),
    ("e(1, n)", "e(1, n)"),
    ("pi*x/2", "pi*x/2"),
    ("sum(x)/n", "sum(x)/n"),
    ("softmax(A, axis=1) @ x", "softmax(A, axis=1) @ x"),
    ("exp(x)'@B", "B' @ exp(x)"),
    ("inv(diag(x))", "diag(1 / x)"),
    ("det(X')", "det(X)"),
    ("sqrt(x)/sqrt(y)", "sqrt(x) / sqrt(y)"),
    ("x**3", "x**3"),
    # common factors
    ("2*X'@X@x - 2*X'@y", "2*X' @ (X @ x - y)"),
    ("X@x + X'@x", "(X + X') @ x"),
    ("X'@x + X@x", "(X + X') @ x"),
    ("B@C + D@C", "(B + D) @ C"),
    ("x*y + x*z", "x * (y + z)"),
    ("x/z + y/z", "(x + y) / z"),
    ("diag(x) - diag(y)", "diag(x - y)"),
    ("S@x + S'@x", "2*S @ x"),
    ("-x - y", "-(x + y)"),
    ("y - 2*x", "y - 2*x"),
    ("-2*x + y", "y - 2*x"),
]


@pytest.mark.parametrize(("text", "expected"), VALUES)
def test_form_of_an_expression(text: str, expected: str | None) -> None:
    node = node_of(text, ABC)
    form = matrix_form(node)
    if expected is not None:
        assert form is not None
        assert to_text(form) == expected
    if form is not None:
        _parses_back(node, to_text(form), ABC)


DERIVATIVES = [
    ("d(x'@A@x)/dx where A: n x n, x: n", "(A + A') @ x"),
    ("d(normsq(A@x - b))/dx where A: m x n, x: n, b: m", "2*A' @ (A @ x - b)"),
    ("d(normsq(A@x - b))/dA where A: m x n, x: n, b: m", "2*(A @ x - b) @ x'"),
    ("d(logdet(X))/dX where X: n x n", "inv(X)'"),
    ("d(tr(A@X@B))/dX where A: p x m, X: m x n, B: n x p", "A' @ B'"),
    ("d(tr(A@B@C@X))/dX where A: m x n, B: n x p, C: p x q, X: q x m", "(A @ B @ C)'"),
    ("d(softmax(x))/dx where x: n", "diag(softmax(x)) - softmax(x) @ softmax(x)'"),
    (
        "d2(sum(softplus(X@w)))/dw2 where X: m x n, w: n",
        "X' @ diag(sigmoid(X @ w) * (1 - sigmoid(X @ w))) @ X",
    ),
    (
        "d(x'@A@x/(x'@x))/dx where A: n x n symmetric, x: n",
        "2*(A @ x - (x' @ A @ x)*x/(x' @ x))/(x' @ x)",
    ),
    ("d(sin(x))/dx where x: n", "diag(cos(x))"),
    ("d(t)/dX where t(X): scalar, X: m x n", "d(t)/dX"),
    ("d2(t)/dx2 where t(x): scalar, x: n", "d2(t)/dx2"),
    ("d(A@x)/ds where A(s): m x n, s: scalar, x: n", "d(A)/ds @ x"),
    ("d2(sum(f(x)))/dx2 where f: elementwise, x: n", "diag(f″(x))"),
    ("d(a'@sin(X)@b)/dX where a: m, X: m x n, b: n", "(a @ b') * cos(X)"),
    ("d2(sum(x))/dx2 where x: n", "zeros(n, n)"),
]


@pytest.mark.parametrize(("text", "expected"), DERIVATIVES)
def test_form_of_a_derivative(text: str, expected: str) -> None:
    form = matrix_form(Derived(text).answer)
    assert form is not None
    assert to_text(form) == expected


VECTORISED = [
    ("d(A@X@B)/dX where A: p x m, X: m x n, B: n x q", "B' ⊗ A"),
    ("d(X')/dX where X: m x n", "K(m, n)"),
    ("d(X)/dX where X: m x n", "eye(m*n)"),
    ("d(inv(X))/dX where X: n x n", "-inv(X)' ⊗ inv(X)"),
    ("d(X*X)/dX where X: m x n", "2*diag(vec(X))"),
    ("d(sin(A@X))/dX where A: p x m, X: m x n", "diag(vec(cos(A @ X))) @ (eye(n) ⊗ A)"),
    ("d(X@X')/dX where X: m x n", "X ⊗ eye(m) + K(m, m) @ (X ⊗ eye(m))"),
    ("d(A@x)/dA where A: m x n, x: n", "x' ⊗ eye(m)"),
    ("d(x@x')/dx where x: n", "x ⊗ eye(n) + eye(n) ⊗ x"),
    ("d(X@diag(x)@X')/dx where X: m x n, x: n", "khatrirao(X, X)"),
    ("d(diag(x))/dx where x: n", "khatrirao(eye(n), eye(n))"),
    ("d(diag(X))/dX where X: n x n", "khatrirao(eye(n), eye(n))'"),
    ("d(tr(A@X))/dX where A: n x m, X: m x n", "ones(1) @ vec(A')'"),
]


@pytest.mark.parametrize(("text", "expected"), VECTORISED)
def test_vectorised_form(text: str, expected: str) -> None:
    derived = Derived(text)
    node = arrange(derived.builder, derived.answer, derived.y_order, derived.x_orders, "vec")
    form = matrix_form(node)
    assert form is not None
    assert to_text(form) == expected
    _parses_back(node, expected, text.split(" where ")[1])


def test_lying_vector() -> None:
    node = node_of("A @ x", ABC)
    form = matrix_form(node, row=True)
    assert form is not None
    assert to_text(form) == "x' @ A'"
    plain = matrix_form(node_of("x", ABC), row=True)
    assert plain is not None
    assert to_text(plain) == "x'"


def test_unnamed_product() -> None:
    form = matrix_form(node_of("A ⋆ B + C", "A: m x n, B: n x p, C: m x p"))
    assert form is not None
    assert to_text(form) == "A ⋆ B + C"


def test_no_form() -> None:
    three = node_of('einsum("ij,jk,jl->ikl", A, B, D)', ABC)
    assert matrix_form(three) is None
    star = node_of('einsum("ia,ib,ic,abc->i", P, P, P, T)', "P: m x n, T: n x n x n")
    assert matrix_form(star) is None


@pytest.mark.parametrize("seed", range(120))
def test_random_expression_parses_back(seed: int) -> None:
    text = RandomText(seed)
    kind = seed % 3
    if kind == 0:
        expression = text.matrix(text.dim(), text.dim(), 3)
    elif kind == 1:
        expression = text.vector(text.dim(), 3)
    else:
        expression = text.scalar(4)
    if seed % 4 == 0:
        expression = f"d({expression})/d{text.random.choice(('xm', 'Amn', 'Sn', 's'))}"
    derived = Derived(f"{expression} where {DECLARATIONS}")
    nodes = [derived.answer]
    if derived.x_orders:
        nodes.append(
            arrange(derived.builder, derived.answer, derived.y_order, derived.x_orders, "vec")
        )
    for node in nodes:
        form = matrix_form(node)
        if form is not None:
            _parses_back(node, to_text(form), DECLARATIONS)
        else:
            assert node.order > 2 or node is not nodes[0], expression


def _parses_back(node: Node, text: str, declarations: str) -> None:
    values = Values(SIZES | {"q": 5})
    expected, found = values(node), values(node_of(text, declarations))
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9, err_msg=text)


def test_depth_and_length_are_no_obstacle() -> None:
    graph, n = Graph(), Dim.named("n")
    deep: Node = graph.variable("x", (n,))
    for _ in range(10_000):
        deep = graph.map("sin", (deep,))
    assert matrix_form(deep) is None
    doubled: Node = graph.variable("x", (n,))
    for _ in range(200):
        doubled = graph.einsum((graph.map("sin", (doubled,)), doubled), ((0,), (0,)), (0,))
    assert matrix_form(doubled) is None
    many = tuple(graph.variable(f"x{k}", (n,)) for k in range(900))
    form = matrix_form(graph.add((1,) * 900, many, (n,)))
    assert form is not None
    assert len(form.children) == 900
