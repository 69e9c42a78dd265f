r"""LaTeX: the expected commands; braces and \left, \right balanced, no double scripts."""

from __future__ import annotations

import re

import pytest

from matcalc.forms.expression import Expr, call, name, number
from matcalc.forms.index import index_form
from matcalc.forms.matrix import matrix_form
from matcalc.functions import FUNCTIONS
from matcalc.printers.latex import to_latex
from matcalc.printers.latex_names import name_latex
from tests.forms.pipeline import Derived
from tests.forms.random_text import DECLARATIONS, RandomText
from tests.printers import test_text

A, B, x, y, s = (name(word) for word in "ABxys")
matmul, plus, transpose = test_text.matmul, test_text.plus, test_text.transpose

CASES = [
    (matmul(plus(A, transpose(A)), x), r"\left(A + A^{\top}\right) x"),
    (call("inv", A), "A^{-1}"),
    (transpose(call("inv", A)), r"A^{-\top}"),
    (call("inv", plus(A, B)), r"\left(A + B\right)^{-1}"),
    (Expr("power", (call("inv", A), number(2)), "^"), r"\left(A^{-1}\right)^{2}"),
    (transpose(transpose(A)), r"\left(A^{\top}\right)^{\top}"),
    (call("tr", A), r"\operatorname{tr}\left(A\right)"),
    (call("det", A), r"\det\left(A\right)"),
    (call("diag", x), r"\operatorname{diag}\left(x\right)"),
    (Expr("hadamard", (x, y)), r"x \odot y"),
    (Expr("kron", (A, B)), r"A \otimes B"),
    (Expr("divide", (x, name("s")), "scale"), r"\frac{x}{s}"),
    (Expr("hadamard", (number(2), A), "scale"), "2 A"),
    (Expr("hadamard", (number(2), number(3), A), "scale"), r"2 \cdot 3 A"),
    (call("norm", x), r"\left\lVert x \right\rVert"),
    (call("sqrt", x), r"\sqrt{x}"),
    (call("eye", name("n")), "I_{n}"),
    (call("f′′", x), r"f^{\prime \prime}\left(x\right)"),
    (Expr("derivative", (A, x, x)), r"\frac{\partial^{2} A}{\partial x \partial x}"),
    (Expr("index", (name("x1"),), ("i", "j")), "{x_{1}}_{ij}"),
    (Expr("delta", (), ("i1", "p")), r"\delta_{i_{1}p}"),
]


@pytest.mark.parametrize(("expr", "expected"), CASES, ids=[text for _, text in CASES])
def test_latex(expr: Expr, expected: str) -> None:
    assert to_latex(expr) == expected
    _valid(expected)


@pytest.mark.parametrize("expr", [expr for expr, _ in test_text.CASES + test_text.INDEXED])
def test_every_kind_is_valid(expr: Expr) -> None:
    _valid(to_latex(expr))


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_every_function_is_valid(function: str) -> None:
    inner = call(function, A)
    for expr in (
        inner,
        transpose(inner),
        Expr("power", (inner, number(2)), "^"),
        Expr("index", (inner,), ("i", "j")),
        Expr("transpose", (Expr("power", (inner, number(2)), "^"),)),
    ):
        _valid(to_latex(expr))


def test_names() -> None:
    assert name_latex("lambda") == r"\lambda"
    assert name_latex("θ") == r"\theta"
    assert name_latex("Σ") == r"\Sigma"
    assert name_latex("W12") == "W_{12}"
    assert name_latex("ẋ") == r"\dot{x}"
    assert name_latex("θ̂") == r"\hat{\theta}"
    assert name_latex("x_hat") == r"x_{\mathrm{hat}}"
    assert name_latex("__") == r"\mathrm{\_\_}"
    for word in ("_", "été", "矩", "a_b_c", "Ωmega", "x_", "x_1_2"):
        _valid(name_latex(word))


@pytest.mark.parametrize("seed", range(60))
def test_random_expression_is_valid(seed: int) -> None:
    text = RandomText(seed)
    expression = text.scalar(4)
    derived = Derived(f"d({expression})/dxn where {DECLARATIONS}")
    form = index_form(derived.value, derived.answer, derived.y_order)
    for expr in (form.value, form.expr, *(body for _, body in form.where)):
        _valid(to_latex(expr))
    matrix = matrix_form(derived.answer)
    assert matrix is not None
    _valid(to_latex(matrix))


def _valid(text: str) -> None:
    tokens = re.findall(r"\\[a-zA-Z]+|\\.|[{}^_]|[^\\{}^_]", text)
    depth = 0
    lefts = []
    for token in tokens:
        if token == "{":
            depth += 1
        elif token == "}":
            depth -= 1
            assert depth >= 0, text
        elif token == r"\left":
            lefts.append(depth)
        elif token == r"\right":
            assert lefts.pop() == depth, text
    assert depth == 0, text
    assert not lefts, text
    _single_scripts(tokens, text)


def _single_scripts(tokens: list[str], text: str) -> None:
    """No base has two superscripts or two subscripts: TeX refuses them."""
    stack: list[set[str]] = [set()]
    pending = False
    for token in tokens:
        if token in "^_":
            assert token not in stack[-1], text
            stack[-1].add(token)
            pending = True
        elif token == "{":
            if not pending:
                stack[-1].clear()
            pending = False
            stack.append(set())
        elif token == "}":
            stack.pop()
        else:
            if not pending:
                stack[-1].clear()
            pending = False
    assert len(stack) == 1
