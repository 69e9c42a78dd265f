"""Derivatives and differentials within an expression: what moves there, what is evaluated, how far it counts."""

from __future__ import annotations

import pytest

from matcalc.api import Session, derive
from matcalc.errors import MatcalcError

A_OF_X = "where A(X): m x n, X: n x p"
Q = "where Q: n x n orthogonal"
UNREACHED = {
    "x + d(sum(exp(y)))/dx where x, y: n": "x",
    "x + 2*d(sum(sin(y)))/dx where x, y: n": "x",
    "d(log(a))/dx * x": "zeros(n)",
    "x - t*d(log(det(A)))/dx where t: scalar": "x",
    "x - d(sum(d(exp(y))/dx))/dx where x, y: n": "x",
}


@pytest.mark.parametrize("problem", UNREACHED)
def test_what_does_not_reach_the_variable_is_not_evaluated(problem: str) -> None:
    found = derive(problem)
    assert (found.matrix, found.verified["method"]) == (UNREACHED[problem], "exact")


DIFFERENTIALS = {
    f"D(A@X) {A_OF_X}": "A @ dX + dA @ X",
    f"D(A) {A_OF_X}": "dA",
    f"D(d(tr(A@A'))/dX) {A_OF_X}": None,
    f"D(d(A@X)/dX) {A_OF_X}": None,
    f"d(D(A@X))/dX {A_OF_X}": None,
    f"d(D(A@X))/dA {A_OF_X}": None,
    "D(tr(A)*d(sum(A))/dX) where A(X): n x n, X: n x p": None,
    "D(f*t) where f(t): scalar, t: scalar": "f*dt + t*df",
    "D(d(A)/dt) where A(X): n, X(t): m, t: scalar": None,
    "d(D(d(A)/dt))/dt where A(X): n, X(t): m, t: scalar": None,
    f"D(inv(Q)) {Q}": "-Q' @ dQ @ Q'",
    f"D(Q'@Q) {Q}": "dQ' @ Q + Q' @ dQ",
    f"d(tr(D(inv(Q))))/dQ {Q}": None,
    "D(inv(Q)) where Q(t): n x n orthogonal, t: scalar": "-Q' @ dQ @ Q'",
    "D(S - S') where S: n x n symmetric": "zeros(n, n)",
    "D(tr(S@S)) where S: n x n posdef, dS: n x n": "2*(S : dS)",
    "D(S@S) where S(t): n x n symmetric, t: scalar": "dS @ S + S @ dS",
    "D(d(tr(S@S))/dS) where S: n x n symmetric": "2*dS",
}


@pytest.mark.parametrize("problem", DIFFERENTIALS)
def test_a_dependence_moves_along_its_own_differential(problem: str) -> None:
    found = derive(problem)
    assert found.verified["ok"]
    expected = DIFFERENTIALS[problem]
    assert expected is None or found.matrix == expected


CLAIMS = {
    f"D(A@X) == dA@X + A@dX {A_OF_X}": "ok",
    f"D(A@X) == dA@X {A_OF_X}": "wrong",
    f"D(A@X) == A@dX {A_OF_X}": "wrong",
    f"D(inv(Q)) == -inv(Q)@dQ@inv(Q) {Q}": "ok",
    # along the orthogonal matrices
    f"D(inv(Q)) == dQ' {Q}": "ok",
    f"D(Q'@Q) == zeros(n, n) {Q}": "ok",
    f"D(inv(Q)) == dQ {Q}": "wrong",
    f"D(Q'@A@Q) == dQ'@A@Q + Q'@A@dQ {Q}": "wrong",
    # here dQ is any matrix, and has nothing to do with Q
    f"d(tr(A@dQ))/dA == -Q'@dQ@Q' {Q}, dQ: n x n, A: n x n": "wrong",
    "D(S - S') == dS - dS' where S: n x n symmetric, dS: n x n": "ok",
}


@pytest.mark.parametrize("line", CLAIMS)
def test_claims(line: str) -> None:
    verdict = Session().check(line)
    assert verdict is not None
    assert verdict.status == CLAIMS[line]


def test_a_differential_of_a_differential_is_refused() -> None:
    with pytest.raises(MatcalcError, match="a differential of a differential") as caught:
        derive("D(D(x'@x)) where x: n")
    assert caught.value.kind == "unsupported"
