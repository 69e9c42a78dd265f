"""Plain text: precedence, spacing, and that what is printed parses back to the same tree of values."""

from __future__ import annotations

import pytest

from matcalc.forms.expression import Expr, call, name, number
from matcalc.printers.latex import to_latex
from matcalc.printers.text import DEPTH, sum_text, to_text
from matcalc.rational import quotient

A, B, x, y, s = (name(word) for word in "ABxys")


def transpose(expr: Expr) -> Expr:
    return Expr("transpose", (expr,))


def matmul(*factors: Expr) -> Expr:
    return Expr("matmul", factors)


def plus(*terms: Expr) -> Expr:
    return Expr("add", terms, (1,) * len(terms))


def minus(left: Expr, right: Expr) -> Expr:
    return Expr("add", (left, right), (1, -1))


def scale(*factors: Expr) -> Expr:
    return Expr("hadamard", factors, "scale")


def hadamard(*factors: Expr) -> Expr:
    return Expr("hadamard", factors)


def negate(expr: Expr) -> Expr:
    return Expr("negate", (expr,))


CASES = [
    (matmul(plus(A, transpose(A)), x), "(A + A') @ x"),
    (scale(number(2), matmul(transpose(A), minus(matmul(A, x), y))), "2*A' @ (A @ x - y)"),
    (negate(transpose(call("inv", A))), "-inv(A)'"),
    (transpose(matmul(A, B)), "(A @ B)'"),
    (hadamard(x, matmul(A, y)), "x * (A @ y)"),
    (matmul(A, hadamard(x, y)), "A @ (x * y)"),
    (matmul(A, scale(number(2), x)), "A @ (2*x)"),
    (matmul(scale(number(2), A), x), "2*A @ x"),
    (scale(number(2), hadamard(x, y)), "2*x * y"),
    (Expr("divide", (x, y)), "x / y"),
    (Expr("divide", (x, hadamard(x, y))), "x / (x * y)"),
    (Expr("divide", (matmul(A, x), s), "scale"), "(A @ x)/s"),
    (Expr("divide", (plus(x, y), number(2)), "scale"), "(x + y)/2"),
    (Expr("divide", (x, scale(number(2), s)), "scale"), "x/(2*s)"),
    (Expr("divide", (x, Expr("divide", (s, s))), "scale"), "x/(s / s)"),
    (Expr("kron", (transpose(B), A)), "B' ⊗ A"),
    (Expr("kron", (matmul(A, B), A)), "(A @ B) ⊗ A"),
    (Expr("frobenius", (matmul(A, B), A)), "A @ B : A"),
    (Expr("frobenius", (plus(A, B), A)), "(A + B) : A"),
    (scale(s, Expr("frobenius", (A, B))), "s*(A : B)"),
    (Expr("power", (x, number(2)), "**"), "x**2"),
    (Expr("power", (x, number(quotient(1, 3))), "**"), "x**(1/3)"),
    (Expr("power", (x, number(-1)), "**"), "x**-1"),
    (Expr("power", (negate(s), number(2)), "^"), "(-s)^2"),
    (Expr("power", (Expr("power", (s, number(2)), "^"), number(3)), "^"), "(s^2)^3"),
    (Expr("power", (s, plus(s, number(1))), "^"), "s^(s + 1)"),
    (Expr("power", (transpose(A), number(2)), "^"), "A'^2"),
    (transpose(Expr("power", (A, number(2)), "^")), "(A^2)'"),
    (negate(Expr("power", (s, number(2)), "^")), "-s^2"),
    (negate(plus(x, y)), "-(x + y)"),
    (minus(x, plus(x, y)), "x - (x + y)"),
    (minus(x, negate(y)), "x - (-y)"),
    (Expr("add", (x, y), (-1, 1)), "-x + y"),
    (Expr("add", (matmul(A, x), y), (-1, -1)), "-A @ x - y"),
    (Expr("derivative", (A, x)), "d(A)/dx"),
    (Expr("derivative", (A, x, x)), "d2(A)/dx2"),
    (Expr("derivative", (A, x, y)), "d2(A)/dx dy"),
    (Expr("derivative", (A, x, y, s)), "d(d(d(A)/dx)/dy)/ds"),
    (transpose(Expr("derivative", (A, x))), "(d(A)/dx)'"),
    (Expr("divide", (x, Expr("derivative", (A, s))), "scale"), "x/(d(A)/ds)"),
    (call("sum", A, Expr("keyword", (number(1),), "axis")), "sum(A, axis=1)"),
    (call("f′′", x), "f″(x)"),
    (call("f′′′", x), "f‴(x)"),
    (Expr("star", (A, B)), "A ⋆ B"),
]


@pytest.mark.parametrize(("expr", "expected"), CASES, ids=[text for _, text in CASES])
def test_text(expr: Expr, expected: str) -> None:
    assert to_text(expr) == expected


def _index(word: str, *letters: object) -> Expr:
    return Expr("index", (name(word),), letters)


def _sum(letters: str, body: Expr) -> Expr:
    return Expr("sum", (body,), tuple(letters))


INDEXED = [
    (_sum("j", Expr("product", (_index("A", "i", "j"), _index("x", "j")))), "Σⱼ A[i,j]·x[j]"),
    (_sum("q", _index("A", "i", "q")), "Σ[q] A[i,q]"),
    (plus(_sum("j", _index("A", "i", "j")), _index("b", "i")), "(Σⱼ A[i,j]) + b[i]"),
    (plus(_index("b", "i"), _sum("j", _index("A", "i", "j"))), "b[i] + Σⱼ A[i,j]"),
    (
        Expr("product", (_sum("j", _index("x", "j")), _index("y", "i"))),
        "(Σⱼ x[j])·y[i]",
    ),
    (
        plus(Expr("product", (number(2), _sum("j", _index("x", "j")))), _index("y", "i")),
        "(2·Σⱼ x[j]) + y[i]",
    ),
    (Expr("power", (_sum("j", _index("x", "j")), number(2)), "^"), "(Σⱼ x[j])^2"),
    (_index("v", ("j", "i")), "v[(j,i)]"),
    (Expr("delta", (), ("i", "p")), "δ[i,p]"),
    (Expr("fuse", (), ("k", ("j", "i"))), "[k = (j,i)]"),
    (Expr("partial", (A, x), (("i", "j"), ("p",))), "∂A[i,j]/∂x[p]"),
    (Expr("partial", (A, x, x), (("i", "j"), ("p",), ("q",))), "∂²A[i,j]/∂x[p]∂x[q]"),
    (
        Expr("product", (Expr("partial", (A, s), (("i",), ())), _index("x", "i"))),
        "(∂A[i]/∂s)·x[i]",
    ),
    (Expr("index", (plus(A, B),), ("i", "j")), "(A + B)[i,j]"),
    (call("exp", _sum("j", _index("x", "j"))), "exp(Σⱼ x[j])"),
]


@pytest.mark.parametrize(("expr", "expected"), INDEXED, ids=[text for _, text in INDEXED])
def test_index_notation(expr: Expr, expected: str) -> None:
    assert to_text(expr) == expected


def test_every_letter_with_a_subscript_has_it() -> None:
    assert sum_text(tuple("ijklmnprstuvxoaeh")) == "Σᵢⱼₖₗₘₙₚᵣₛₜᵤᵥₓₒₐₑₕ"


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(KeyError, match="mystery"):
        to_text(Expr("mystery"))


def test_depth_is_no_obstacle() -> None:
    expr = x
    for _ in range(10_000):
        expr = negate(call("sin", expr))
    assert to_text(expr).count("-sin(") == 10_000


@pytest.mark.parametrize("depth", [DEPTH - 1, DEPTH, DEPTH + 1, 3 * DEPTH])
def test_what_waits_for_its_turn_stands_in_its_place(depth: int) -> None:
    expr = matmul(A, x)
    for _ in range(depth):
        expr = minus(y, expr)
    assert to_text(expr) == "y - (" * (depth - 1) + "y - A @ x" + ")" * (depth - 1)
    inner = r"y - \left(" * (depth - 1) + "y - A x" + r"\right)" * (depth - 1)
    assert to_latex(expr) == inner
