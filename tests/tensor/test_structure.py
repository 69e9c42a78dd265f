"""Derivatives where structure meets declared dependences, or another structure; truth is in the corpus."""

from __future__ import annotations

import pytest

from matcalc.api import Session, derive
from matcalc.errors import MatcalcError
from matcalc.tensor.structure import STRUCTURED, STRUCTURES

BY = ["d(f)/dS", "d(tr(S@A))/dS", "d(S'@A@x)/dS", "d2(f*tr(S))/dS2"]
OF = [
    "d(tr(S@A))/dt",
    "d(S@S)/dt",
    "d(inv(S))/dt",
    "d(S'@S)/dx",
    "d2(tr(S@S@A))/dx dt",
    "d2(tr(inv(S)))/dS dt",
]


@pytest.mark.parametrize("attribute", STRUCTURED)
@pytest.mark.parametrize("problem", BY)
def test_a_function_of_a_structured_variable(problem: str, attribute: str) -> None:
    where = f"where f(S): scalar, A(S): n x n, x(A): n, S: n x n {attribute}"
    for structure in STRUCTURES:
        if (attribute, structure) == ("orthogonal", "entries"):
            continue
        assert derive(f"{problem} {where}", structure=structure).verified["ok"]


@pytest.mark.parametrize("attribute", [*STRUCTURED, "positive", "diagonal posdef"])
@pytest.mark.parametrize("problem", OF)
def test_a_structured_function(problem: str, attribute: str) -> None:
    where = f"where S(x, t): n x n {attribute}, x: n, t: scalar, A: n x n"
    assert derive(f"{problem} {where}").verified["ok"]


STRUCTURED_FUNCTIONS = {
    "d(Q'@Q)/dt where Q(t): n x n orthogonal, t: scalar": "zeros(n, n)",
    "d(inv(Q))/dt where Q(t): n x n orthogonal, t: scalar": "(d(Q)/dt)'",
    "d(logdet(S))/dt where S(t): n x n posdef, t: scalar": "inv(S) : d(S)/dt",
    "d(sum(log(S)))/dt where S(t): n x n positive, t: scalar": "1 / S : d(S)/dt",
    "d(f)/dt where f(S): scalar, S(t): n x n symmetric, t: scalar": "d(f)/dS : d(S)/dt",
    "d2(tr(A@S))/dS dA where A(S): n x n symmetric, S: n x n lower": None,
    "d(f)/dX where f(S): scalar, S(X): n x n skew, X: n x n symmetric": None,
}


@pytest.mark.parametrize("problem", STRUCTURED_FUNCTIONS)
def test_answers_with_structured_functions(problem: str) -> None:
    expected = STRUCTURED_FUNCTIONS[problem]
    assert expected in (None, derive(problem).matrix)


DIAGONAL = ["lower upper", "lower symmetric", "symmetric upper", "posdef lower", "diagonal upper"]


@pytest.mark.parametrize("structure", ["projected", "entries"])
@pytest.mark.parametrize("attributes", DIAGONAL)
def test_attributes_that_leave_the_diagonal(attributes: str, structure: str) -> None:
    where = f"where A: n x n {attributes}, B: n x n"
    found = derive(f"d(tr(A@B))/dA {where}", structure=structure)
    assert found.matrix == "diag(diag(B))"
    assert any(note.startswith("A is diagonal") for note in found.notes)
    session = Session(structure=structure)
    right, wrong = (session.check(f"d(tr(A@B))/dA == {c} {where}") for c in ("B∘I", "B'"))
    assert right is not None
    assert wrong is not None
    assert (right.status, wrong.status) == ("ok", "wrong")
    assert str(wrong.diagnosis).startswith("right in the ignore convention")


@pytest.mark.parametrize("other", ["symmetric", "skew", "diagonal", "lower", "posdef"])
def test_an_orthogonal_matrix_with_another_structure(other: str) -> None:
    where = f"where A: n x n {other} orthogonal, B: n x n"
    for problem in ("d(tr(A@B))/dA", "B + d(tr(A@B))/dA"):
        with pytest.raises(MatcalcError, match="A is orthogonal and") as caught:
            derive(f"{problem} {where}")
        assert (caught.value.kind, caught.value.line) == ("unsupported", 1)
    if other != "skew":  # of which there is one at even sizes alone, and none is drawn
        assert derive(f"d(tr(A@B))/dA {where}", structure="ignore").matrix == "B'"
