"""Notes on what a line may have meant otherwise; the answer is to what was written."""

from __future__ import annotations

import pytest

import matcalc

E = "e is a variable here; the exponential is exp(x)"


def taken(name: str, kind: str, instead: str) -> str:
    return (
        f"{name} is taken as {kind}, as * is the product entry by entry; "
        f"the matrix product is {instead}"
    )


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("d(e^x)/dx", E),
        ("d(sum(e**x))/dx where x: n", E),
        ("d(1/(1 + e^(-x)))/dx", E),
        ("d(x'*A*x)/dx", taken("x", "a scalar", "x' @ A")),
        ("d(x^T*A*x)/dx", taken("x", "a scalar", "x^T @ A")),
        ("d(x'*b)/dx where b: n", taken("x", "a scalar", "x' @ b")),
        ("d(A*x)/dx", taken("A", "a vector", "A @ x")),
        ("d(A*x)/dx where A: n x n", taken("x", "a scalar", "A @ x")),
    ],
)
def test_a_note_says_how_a_name_was_taken(text: str, note: str) -> None:
    result = matcalc.derive(text)
    assert note in result.notes
    assert result.verified["ok"]


@pytest.mark.parametrize(
    "text",
    [
        "d(e^x)/dx where e: scalar, x: scalar",
        "d(e'@x)/dx where e: n, x: n",
        "d(e'@e)/de",
        "d(exp(x))/dx",
        "d(x'@A@x)/dx",
        "d(t*A)/dt where A: n x n",
        "d(2*x)/dx",
        "d(A∘X)/dX",
        "d(A*X)/dX where A, X: n x n",
        "d(A*x)/dx where A: n x n, x: scalar",
        "d(x*y)/dx",
    ],
)
def test_none_where_the_line_says_what_it_means(text: str) -> None:
    notes = matcalc.derive(text).notes
    assert not any("is a variable here" in note or "is taken as" in note for note in notes)
