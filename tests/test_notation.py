"""fold and expand: matrix notation and the language's index notation, there and back."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from matcalc.errors import MatcalcError
from matcalc.forms.expression import Expr, name
from matcalc.language.dimensions import Dim
from matcalc.notation_session import NotationSession
from matcalc.printers.notation import to_notation
from tests.forms.pipeline import node_of
from tests.forms.random_text import DECLARATIONS, SIZES, RandomText
from tests.oracle import Values

EXPANDED = [
    ("A @ B'", "(sum[j](A[i,j]*B[k,j]))[i,k]"),
    ("diag(x) @ A", "(x[i]*A[i,j])[i,j]"),
    ("tr(A@B)", "sum[i,j](A[i,j]*B[j,i])"),
    ("tr(A)", "sum[i](A[i,i])"),
    ("diag(A)", "(A[i,i])[i]"),
    ("x*y - 1", "(x[i]*y[i] - 1)[i]"),
    ("x'@A@x/(x'@x)", "sum[i,j](x[i]*A[i,j]*x[j])/sum[i](x[i]**2)"),
    ("inv(A + t*B)@x where t: scalar", "(sum[j](inv(A + t*B)[i,j]*x[j]))[i]"),
    ("X^3@y", "(sum[j]((X^3)[i,j]*y[j]))[i]"),
    ("diag(x)", "(x[i]*eye(n)[i,j])[i,j]"),
    ("softmax(x)@y'", "(softmax(x)[i]*y[j])[i,j]"),
    ("ones(n)", "(ones(n)[i])[i]"),
    ("f(A@x) where f: elementwise", "(f(sum[j](A[i,j]*x[j])))[i]"),
    ("A where A: m x n", "A[i,j]"),
    ("A'", "(A[i,j])[j,i]"),
    ('einsum("ij,ij,jk->ik", A, B, C)', "(sum[j]((A[i,j]*B[i,j]*C[j,k])[i,j,k]))[i,k]"),
    ("tr(A)*ones(m, n)", "(sum[k](A[k,k])*ones(m)[i]*ones(n)[j])[i,j]"),
    ("sum(A, axis=0)", "(sum[i](A[i,j]))[j]"),
    ("r'@r where r = A@x - b", "sum[i]((sum[j](A[i,j]*x[j]) - b[i])**2)"),
]


@pytest.mark.parametrize(("text", "expected"), EXPANDED)
def test_expand(text: str, expected: str) -> None:
    result = NotationSession(fold=False).read(text)
    assert result is not None
    assert result.output == expected


FOLDED = [
    ("(sum[j](A[i,j]*B[k,j]))[i,k]", "A @ B'"),
    ("sum[i,j](x[i]*A[i,j]*y[j])", "x' @ A @ y"),
    ("(x[i]*A[i,j])[i,j]", "diag(x) @ A"),
    ("A[i,i]", "tr(A)"),
    ("(A[i,j]*B[j,k])[k,i]", "B' @ A'"),
    ("(x[i]*y[i])[i]", "x * y"),
    ("sum[i](x[i]*y[i])", "x' @ y"),
    ("x'", "x'"),
]


@pytest.mark.parametrize(("text", "expected"), FOLDED)
def test_fold(text: str, expected: str) -> None:
    result = NotationSession(fold=True).read(text)
    assert result is not None
    assert result.output == expected


@pytest.mark.parametrize("seed", range(90))
def test_random_expression_there_and_back(seed: int) -> None:
    text = RandomText(seed + 900)
    match seed % 3:
        case 0:
            expression = text.matrix(text.dim(), text.dim(), 3)
        case 1:
            expression = text.vector(text.dim(), 3)
        case _:
            expression = text.scalar(4)
    values = Values(SIZES)
    expected = values(node_of(expression, DECLARATIONS))
    expand, fold = NotationSession(fold=False), NotationSession(fold=True)
    for session in (expand, fold):
        assert session.read(f"let {DECLARATIONS}") is None
    expanded = expand.read(expression)
    assert expanded is not None
    folded = fold.read(expanded.output)
    assert folded is not None
    for form in (expanded.output, folded.output):
        found = values(node_of(form, DECLARATIONS))
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9, err_msg=form)


REFUSED = [
    (True, "T[i,j,k] where T: a x b x c", "no matrix form with two indices: it has 3 axes"),
    (True, "T[i,j,k]*x[k] where T: a x b x c", "no matrix form with two indices: none was found"),
    (False, "kron(A, B)", "no letter for an axis"),
    (False, "d(x'@x)/dx", "a derivative is not rewritten"),
]


@pytest.mark.parametrize(("fold", "text", "message"), REFUSED)
def test_what_has_no_form_is_an_error_with_its_place(fold: bool, text: str, message: str) -> None:
    with pytest.raises(MatcalcError, match=message) as caught:
        NotationSession(fold).read(text)
    assert caught.value.kind == "unsupported"
    assert caught.value.to_dict()["column"] == 1


def test_depth_is_no_obstacle() -> None:
    expr = Expr("index", (name("x"),), ("i",))
    for _ in range(10_000):
        expr = Expr("call", (Expr("negate", (expr,)),), "sin")
    assert to_notation(expr, ("i",), {"i": Dim.named("n")}).count("sin(-") == 10_000


def _run(*arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "matcalc", *arguments],
        input=text,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_commands() -> None:
    assert _run("expand", "A @ B'").stdout == "(sum[j](A[i,j]*B[k,j]))[i,k]\n"
    lines = "let A, B: n x n  # shared\n\n(sum[j](A[i,j]*B[k,j]))[i,k]\nA[i,j]*B[j,k]*T[k,l,m]\n"
    done = _run("fold", "--format", "json", text=lines)
    assert done.returncode == 1
    good, bad = map(json.loads, done.stdout.splitlines())
    assert good == {
        "input": "(sum[j](A[i,j]*B[k,j]))[i,k]",
        "status": "ok",
        "output": "A @ B'",
        "shape": ["n", "n"],
    }
    assert bad["error"]["kind"] == "unsupported"
    assert bad["error"]["line"] == 4
