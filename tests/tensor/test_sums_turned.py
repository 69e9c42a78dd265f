"""A sum and its transpose are one node, up to a sign that does not go back and forth."""

from __future__ import annotations

import pytest

import matcalc


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(A' - A)@x where A: n x n", "(A' - A) @ x"),
        ("(A - A')@x where A: n x n", "(A - A') @ x"),
        ("t*(A' - A) where A: n x n, t: scalar", "t*(A' - A)"),
        ("(B - A')@x where A, B: n x n", "(B - A') @ x"),
        ("(A' - B)@x where A, B: n x n", "(A' - B) @ x"),
        ("d(tr((A' - B)@X@(A - B')))/dX where A, B: n x n", "(A - B') @ (A' - B)"),
        ("d(tr((A' - A)@X))/dX where A: n x n", "A - A'"),
    ],
)
def test_a_difference_of_transposes_has_a_form(text: str, expected: str) -> None:
    assert matcalc.derive(text).matrix == expected
