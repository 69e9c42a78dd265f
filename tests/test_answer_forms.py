"""The forms of answers: definitions folded back, and the vec form of answers of higher order."""

from __future__ import annotations

import pytest

import matcalc
from matcalc.api import Session
from matcalc.printers import page, terminal

FOLDED = [
    ("d(r'@r)/dx where A: m x n, b: m, r = A@x - b", "2*A' @ r", "2·Σᵢ A[i,p]·r[i]"),
    ("d(sum(r**2))/dA where A: m x n, b: m, r = A@x - b", "2*r @ x'", "2·r[p]·x[q]"),
    ("d(normsq(-2*r))/dx where A: m x n, r = A@x - b", "8*A' @ r", "8·Σᵢ A[i,p]·r[i]"),
    ("d(log(q))/dx where q = x'@M@x", "((M + M') @ x)/q", None),
    ("d(log(s))/dx where r = A@x - b, s = r'@r", "(2*A' @ r)/s", None),
    ("d(tr(P@C))/dC where P = A@B, A: m x k, B: k x n, C: n x m", "P'", "P[q,p]"),
    ("d(tr(P'@P))/dA where P = A@B, A: m x k, B: k x n", "2*P @ B'", None),
    ("d(tr(R'@R))/dA where R = A - C, A: m x n", "2*R", "2·R[p,q]"),
    ("d(tr(R@R))/dA where R = A - C, A: n x n", "2*R'", "2·R[q,p]"),
    ("d(sum(softplus(z)))/dw where z = -y*(X@w)", "-X' @ (y * sigmoid(z))", None),
    ("d(g'@g)/dx where g = d(x'@A@x)/dx", "2*(A + A') @ g", None),
    ("x + r where r = 2*(B@x - c), B: n x n", "x + r", "x[i] + r[i]"),
    # what is shown whole is not its own name; another name for a name is not used
    ("r where r = A@x - b, A: m x n", "A @ x - b", "(Σⱼ A[i,j]·x[j]) - b[i]"),
    ("d(f)/dx where f = x'@A@x", "(A + A') @ x", None),
    ("d(tr(B@X))/dX where B = A', A, X: n x n", "A", "A[p,q]"),
]


@pytest.mark.parametrize(("text", "matrix", "index"), FOLDED)
def test_definitions_are_folded_back(text: str, matrix: str, index: str | None) -> None:
    result = matcalc.derive(text)
    assert result.matrix == matrix
    assert index is None or result.index == index
    assert result.definitions


def test_a_row_that_is_defined_lies() -> None:
    result = matcalc.derive("d(r@B@y)/dy where r = (A@x)', A: m x n, B: m x k, y: k")
    assert result.matrix == "B' @ r'"


def test_definitions_of_let_are_shown() -> None:
    session = Session()
    assert session.read("let A: m x n, b: m, r = A@x - b, unused = A@x") is None
    result = session.read("d(r'@r)/dx")
    assert result is not None
    assert result.matrix == "2*A' @ r"
    assert result.definitions == ("r = A@x - b",)
    assert result.to_dict()["definitions"] == ["r = A@x - b"]
    assert "│              r = A@x - b  " in page.plain(terminal.panel(result))


VEC = [
    ("d(A@X@B)/dX where A: p x m, X: m x n, B: n x q", "B' ⊗ A"),
    ("d(X')/dX where X: m x n", "K(m, n)"),
    ("d(X@X')/dX where X: m x n", "X ⊗ eye(m) + K(m, m) @ (X ⊗ eye(m))"),
    ("d(inv(X))/dX where X: n x n", "-inv(X)' ⊗ inv(X)"),
    ("d(X^2)/dX where X: n x n", "X' ⊗ eye(n) + eye(n) ⊗ X"),
    ("d(X*A)/dX where X: m x n", "diag(vec(A))"),
    ("d(diag(x))/dx", "khatrirao(eye(n), eye(n))"),
    ("d(diag(x)@A)/dx where x: m, A: m x n", "khatrirao(A', eye(m))"),
    ("d(vec(X@X'))/dX where X: m x n", "K(m, m) @ (X ⊗ eye(m)) + X ⊗ eye(m)"),
    (
        "d(kron(A, X))/dX where A: a x b, X: m x n",
        "(eye(b) ⊗ K(n, a) ⊗ eye(m)) @ (vec(A) ⊗ eye(m*n))",
    ),
    (
        "d(kron(X, A))/dX where A: a x b, X: m x n",
        "(eye(n) ⊗ K(b, m) ⊗ eye(a)) @ (eye(m*n) ⊗ vec(A))",
    ),
    (
        "d(kron(X, X))/dX where X: m x n",
        "(eye(n) ⊗ K(n, m) ⊗ eye(m)) @ (eye(m*n) ⊗ vec(X) + vec(X) ⊗ eye(m*n))",
    ),
    ("d(khatrirao(A, X))/dX where A: a x n, X: m x n", "khatrirao(eye(n), A) ⊗ eye(m)"),
    ("d(outer(A, X))/dX where A: a x b, X: m x n", "eye(m*n) ⊗ vec(A)"),
    (
        "d(W@sin(V@X))/dX where W: a x b, V: b x m, X: m x n",
        "(eye(n) ⊗ W) @ diag(vec(cos(V @ X))) @ (eye(n) ⊗ V)",
    ),
    (
        "d2(sum(softplus(A@X)))/dX2 where A: a x m, X: m x n",
        "(eye(n) ⊗ A') @ diag(vec(sigmoid(A @ X) * (1 - sigmoid(A @ X)))) @ (eye(n) ⊗ A)",
    ),
    ("d3(sum(exp(A@x)))/dx3", "khatrirao(A', A') @ diag(exp(A @ x)) @ A"),
    ("d4(sum(exp(A@x)))/dx4", "khatrirao(A', khatrirao(A', A')) @ diag(exp(A @ x)) @ A"),
    ("d(kron(A, kron(X, B)))/dX where A: a x b, X: m x n, B: c x f", ...),
    ("d2(inv(X))/dX2 where X: n x n", ...),
    ("d(A@B)/dX where A(X): m x n, B(X): n x p, X: u x v", None),
]
"""The problem and its vec form: ... is some form, None is none."""


@pytest.mark.parametrize(("text", "wanted"), VEC)
def test_vec_form(text: str, wanted: object) -> None:
    result = matcalc.derive(text)
    expected = result.kronecker
    assert result.matrix is None
    assert expected == wanted or (wanted is ... and expected is not None)
    assert (result.latex_kronecker is None) == (expected is None)
    shown = page.plain(terminal.panel(result, 200))
    if expected is None:
        assert "no form with two indices was found" in shown
    else:
        assert f"vec form     ∂vec(Y)/∂vec({result.wrt[0]})" in shown
        assert matcalc.derive(text, layout="vec").matrix == expected


ONE_SIDED = [
    ("d(tr(A@X))/dX where A: n x m", "vec(A')'"),
    ("d(x'@x)/dx", "2*x'"),
    ("d(X*s)/ds where s: scalar, X: m x n", "vec(X)"),
    ("d(x*s)/ds where s: scalar, x: n", "x"),
    ("d(s^2)/ds where s: scalar", "2*s"),
    ("d2(s*sum(X**2))/dX ds where s: scalar, X: m x n", "2*vec(X)"),
]


@pytest.mark.parametrize(("text", "expected"), ONE_SIDED)
def test_a_scalar_counts_as_one_row_or_column(text: str, expected: str) -> None:
    assert matcalc.derive(text, layout="vec").matrix == expected


def test_the_matrix_of_a_long_vector() -> None:
    result = matcalc.derive("d(vec(X)'@v)/dX where X: m x n, v: m*n")
    assert result.matrix == "(vec(eye(n))' ⊗ eye(m)) @ (eye(n) ⊗ v)"
    assert matcalc.derive("d(vec(X)'@C@vec(X))/dX where X: m x n, C: m*n x m*n").matrix
    assert matcalc.derive("d(normsq(A@(x ⊗ y)))/dx where A: p x m*n, x: m, y: n").matrix


def test_real_powers_are_no_sums() -> None:
    result = matcalc.derive("d(tr(A@X^(1/2)))/dX where A: n x n, X: n x n posdef")
    assert "Σₛ" not in result.index
    result = matcalc.derive("d(tr(A@X^k))/dX where A: n x n, X: n x n posdef, k: scalar")
    assert "matpower_derivative(X, k)" in result.index
    assert any("X^k" in note for note in result.notes)


SHORT = [
    (
        "d2(det(A + t*B))/dt2 where A, B: n x n, t: scalar",
        "det(A + t*B)*(tr(B @ inv(A + t*B))^2 - tr(B @ inv(A + t*B) @ B @ inv(A + t*B)))",
    ),
    ("d(sum(gelu(x)))/dx where x: n", "(1 + erf(x/sqrt(2)))/2 + x * exp(-x**2/2)/sqrt(2*pi)"),
    ("d(normsq(A@x - b))/dx where A: m x n, b: m", "2*A' @ (A @ x - b)"),
]


@pytest.mark.parametrize(("text", "expected"), SHORT)
def test_factoring_stops_where_it_is_longer(text: str, expected: str) -> None:
    assert matcalc.derive(text).matrix == expected


@pytest.mark.parametrize(
    ("text", "matrix"),
    [
        ("A⋆B where A: m x N, B: P x Q", "A ⋆ B"),
        ("d(A⋆B)/dt where A(t): m x N, B(t): n x Q, t: scalar", "d(A)/dt ⋆ B + A ⋆ d(B)/dt"),
    ],
)
def test_a_form_whose_dimensions_nothing_tells_reads_back(text: str, matrix: str) -> None:
    assert matcalc.derive(text).matrix == matrix
