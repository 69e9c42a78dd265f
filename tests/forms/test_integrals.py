"""Derivatives that are integrals or sums to k - 1: as text, as LaTeX, and their values."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg

import matcalc
from matcalc.errors import MatcalcError
from matcalc.notation_session import NotationSession

CASES = [
    (
        "d(expm(X))/dX where X: n x n",
        "∫₀¹ expm(s·X)[i,p]·expm((1 - s)·X)[q,j] ds",
        r"\int_{0}^{1} \operatorname{expm}\left(s X\right)_{ip}"
        r" \operatorname{expm}\left(\left(1 - s\right) X\right)_{qj} \, ds",
    ),
    (
        "d(X^k)/dX where X: n x n, k: scalar",
        "Σₛ₌₀^(k - 1) (X^s)[i,p]·(X^(k - 1 - s))[q,j]",
        r"\sum_{s=0}^{k - 1} \left(X^{s}\right)_{ip} \left(X^{k - 1 - s}\right)_{qj}",
    ),
    (
        "d(X^(k-1))/dX where X: n x n, k: scalar",
        "Σₛ₌₀^(k - 2) (X^s)[i,p]·(X^(k - 2 - s))[q,j]",
        None,
    ),
    # the bound letter clashes with no name of the problem
    (
        "d(tr(expm(s*X)@A))/dX where s: scalar",
        "Σᵢⱼ s·(∫₀¹ expm(t·(s*X))[i,p]·expm((1 - t)·(s*X))[q,j] dt)·A[j,i]",
        None,
    ),
    (
        "d(tr(A@X^k)/2)/dX where k: scalar",
        "(1/2)·Σᵢⱼ (Σₛ₌₀^(k - 1) (X^s)[i,p]·(X^(k - 1 - s))[q,j])·A[j,i]",
        None,
    ),
]


@pytest.mark.parametrize(("text", "index", "latex"), CASES)
def test_written_out(text: str, index: str, latex: str | None) -> None:
    result = matcalc.derive(text)
    assert result.index == index
    assert latex is None or result.latex_index == latex
    assert result.matrix is None
    assert result.notes == (
        (
            "no matrix form was found"
            if len(result.shape) == 2
            else "no form with two indices was found"
        ),
    )


def test_the_integral_is_the_derivative() -> None:
    x = np.array([[0.3, -0.7, 0.2], [0.9, 0.1, -0.4], [-0.5, 0.6, 0.8]])
    found = matcalc.derive("d(expm(X))/dX where X: n x n").evaluate(X=x)
    nodes, weights = np.polynomial.legendre.leggauss(20)
    total = np.zeros((3, 3, 3, 3))
    for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        left, right = linalg.expm(node * x), linalg.expm((1 - node) * x)
        total += weight * np.einsum("ip,qj->ijpq", left, right)
    np.testing.assert_allclose(found, total, rtol=1e-10, atol=1e-12)


def test_a_named_derivative_is_explained() -> None:
    result = matcalc.derive("d(tr(A@sqrtm(X)))/dX where A: n x n, X: n x n posdef")
    assert "sqrtm_derivative(X)[i,j,p,q]" in result.index
    assert any("sqrtm(X)·S + S·sqrtm(X) = dX" in note for note in result.notes)


def test_the_language_has_no_integral() -> None:
    with pytest.raises(MatcalcError, match="a derivative is not rewritten"):
        NotationSession(fold=False).read("d(expm(X))/dX")
