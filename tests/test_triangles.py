"""Triangles: tril and triu, vech and duplication of any size, lower and upper variables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.language.layouts import LAYOUTS


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("size", ["n", "3"])
def test_vech_in_each_layout(layout: str, size: str) -> None:
    result = matcalc.derive(f"d(vech(X))/dX where X: {size} x {size}", layout=layout)
    assert result.verified["ok"]
    half: Any = "n*(n + 1)//2" if size == "n" else 6
    sides: Any = ["n", "n"] if size == "n" else [3, 3]
    shapes = {
        "jacobian": [half, *sides],
        "numerator": [half, *sides],
        "denominator": [*sides, half],
        "vec": [half, "n*n" if size == "n" else 9],
    }
    assert result.to_dict()["shape"] == shapes[layout]
    assert np.shape(result.evaluate(X=np.eye(3))) == {
        "denominator": (3, 3, 6), "vec": (6, 9)}.get(layout, (6, 3, 3))  # fmt: skip


@pytest.mark.parametrize(
    ("text", "shape", "matrix"),
    [
        ("duplication(n) @ vech(S) where S: n x n symmetric", "n*n", "vec(S)"),
        ("duplication(n) @ vech(S) == vec(S) where S: n x n symmetric", "n*n", "vec(S)"),
        ("duplication(3) @ vech(S) where S: 3 x 3 symmetric", "9", "vec(S)"),
        ("duplication(n) @ vech(X) where X: n x n", "n*n", "duplication(n) @ vech(X)"),
        ("vech(X) where X: m*n x m*n", "m*n*(m*n + 1)//2", "vech(X)"),
        ("vech(X) where X: n + 1 x n + 1", "(n + 1)*(n + 2)//2", "vech(X)"),
        ("z where z: n*(n+1)//2", "n*(n + 1)//2", "z"),
        ("z where z: (n + 1)*n/2", "n*(n + 1)//2", "z"),
        ("z where z: 3*4//2", "6", "z"),
        ("d(duplication(n) @ z)/dz", "n*n n*(n + 1)//2", "duplication(n)"),
        ("d(vech(X)' @ z)/dz where X: n x n", "n*(n + 1)//2", "vech(X)"),
        ("d(vech(X)' @ z)/dX where X: n x n", "n n",
         "tril((vec(eye(n))' ⊗ eye(n)) @ (eye(n) ⊗ (duplication(n) @ z)))"),
        ("d(sum(z))/dz where z: n*(n + 1)//2", "n*(n + 1)//2", "ones(n*(n + 1)/2)"),
        ("d(sum(vech(X)))/dX where X: n x n", "n n", "tril(ones(n, n))"),
        ("d(normsq(vech(X)))/dX where X: n x n", "n n", "2*tril(X)"),
        ("d(tr(A' @ tril(X)))/dX where X: n x n", "n n", "tril(A)"),
        ("d(x' @ L @ y)/dL where L: n x n lower", "n n", "tril(x @ y')"),
        ("d(x' @ U @ y)/dU where U: n x n upper", "n n", "triu(x @ y')"),
        ("d(logdet(L))/dL where L: n x n lower", "n n", "tril(inv(L)')"),
        ("tril(L) where L: n x n lower", "n n", "L"),
        ("tril(triu(X)) where X: n x n", "n n", "diag(diag(X))"),
        ("tril(X)' where X: n x n", "n n", "triu(X')"),
        ("d(det(tril(X)))/dX where X: n x n", "n n", "det(tril(X))*tril(inv(tril(X))')"),
    ],
)  # fmt: skip
def test_triangles(text: str, shape: str, matrix: str) -> None:
    result = matcalc.derive(text)
    sizes = [str(dim) for dim in result.shape]
    assert " ".join(sizes) == shape
    assert result.matrix == matrix
    assert result.claim is None or result.claim.to_dict()["status"] == "ok"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("vech(X)", "duplication(n)' @ diag(vec(tril(ones(n, n))))"),
        ("tril(X)", "diag(vec(tril(ones(n, n))))"),
        ("vech(A@X@B)", "duplication(m)' @ diag(vec(tril(ones(m, m)))) @ (B' ⊗ A)"),
    ],
)
def test_triangles_in_vec_form(text: str, form: str) -> None:
    where = "X: n x n, A: m x n, B: n x m" if "B" in text else "X: n x n"
    assert matcalc.derive(f"d({text})/dX where {where}").kronecker == form


def test_triangles_in_code_are_functions_not_arrays() -> None:
    gradient = matcalc.derive("d(x' @ L @ y)/dL where L: n x n lower").code("numpy")
    assert "return np.tril(np.outer(x, y))" in gradient
    listed = matcalc.derive("d(vech(A @ X @ A')' @ c)/dc").code("numpy")
    assert "return _half(A @ X @ A.T)" in listed
    back = matcalc.derive("d(vech(X)' @ c)/dX where X: n x n")
    assert "return _unhalf(c, n)" in back.code("numpy")
    found = back.evaluate(X=np.zeros((2, 2)), c=[1.0, 2.0, 3.0])
    assert found.tolist() == [[1, 0], [2, 3]]
