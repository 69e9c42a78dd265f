"""Index forms: letters, the order of factors, fused axes, names for what is shared."""

from __future__ import annotations

import numpy as np
import pytest

from matcalc.forms import sharing
from matcalc.forms.index import IndexForm, index_form
from matcalc.forms.sharing import shared
from matcalc.language.dimensions import Dim
from matcalc.printers.latex import to_latex
from matcalc.printers.text import to_text
from matcalc.tensor.nodes import Graph, Node
from tests.forms.index_values import IndexValues
from tests.forms.pipeline import Derived
from tests.forms.random_text import DECLARATIONS, SIZES, RandomText
from tests.oracle import Values


def _form(text: str) -> IndexForm:
    derived = Derived(text)
    return index_form(derived.value, derived.answer, derived.y_order)


def test_the_example_of_the_contract() -> None:
    form = _form("d(A@B)/dX where A(X): MxN, B(X): NxP, X: UxV")
    assert to_text(form.value) == "Σⱼ A[i,j]·B[j,k]"
    assert form.value_axes == ("i", "k")
    assert form.axes == ("i", "k", "p", "q")
    assert to_text(form.expr) == "Σⱼ (∂A[i,j]/∂X[p,q])·B[j,k] + A[i,j]·(∂B[j,k]/∂X[p,q])"
    assert to_latex(form.expr) == (
        r"\sum_{j} \left(\frac{\partial A_{ij}}{\partial X_{pq}} B_{jk}"
        r" + A_{ij} \frac{\partial B_{jk}}{\partial X_{pq}}\right)"
    )


CASES = [
    ("d(x'@A@y)/dA where A: m x n, x: m, y: n", "x[p]·y[q]"),
    ("d(A@x)/dA where A: m x n, x: n", "δ[i,p]·x[q]"),
    ("d(A@X@B)/dX where A: p x m, X: m x n, B: n x q", "A[i,p]·B[q,l]"),
    ("d(x/y)/dx where x, y: n", "δ[i,p]/y[i]"),
    ("d(x**3)/dx where x: n", "3·x[i]^2·δ[i,p]"),
    ("d(sum(exp(x)))/dx where x: n", "exp(x[p])"),
    ("d(norm(x))/dx where x: n", "x[p]/sqrt(Σᵢ x[i]^2)"),
    ("d(logdet(A + t*B))/dA where A, B: n x n, t: scalar", "inv(A + t*B)[q,p]"),
    ("d(vec(X)'@v)/dX where X: m x n, v: m*n", "v[(q,p)]"),
    ("d(t)/dX where t(X): scalar, X: m x n", "∂t/∂X[p,q]"),
    ("d2(t)/dx2 where t(x): scalar, x: n", "∂²t/∂x[p]∂x[q]"),
    ("d2(x'@A@x)/dx2 where A: n x n, x: n", None),
    ("d(sum(x))/dx where x: n", "1"),
    ("d2(sum(x))/dx2 where x: n", "0"),
    ("d(n*x)/dx where x: n", "n·δ[i,p]"),
    ("d(i*x)/dx where x: n, i: scalar", "i·δ[j,p]"),
    ("d(A@x)/dx where A: m x n, x: n", "A[i,p]"),
    ("d(f(x))/dx where f: elementwise, x: n", "f′(x[i])·δ[i,p]"),
    ("d(normsq(A@x - b))/dx where A: m x n, x: n, b: m", None),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_index_form(text: str, expected: str | None) -> None:
    form = _form(text)
    assert expected is None or to_text(form.expr) == expected


def test_fused_axes() -> None:
    form = _form("A ⊗ B where A: m x n, B: p x q")
    assert form.axes == (("i", "k"), ("j", "l"))
    assert to_text(form.expr) == "A[i,j]·B[k,l]"
    form = _form("vec(X) where X: m x n")
    assert form.axes == (("j", "i"),)
    assert to_text(form.expr) == "X[i,j]"
    form = _form("K(m, n) @ v where v: m*n")
    assert len(form.axes) == 1
    form = _form("K(m, n) where x: m, y: n")
    assert to_text(form.expr) == "δ[i,l]·δ[j,k]"
    assert form.axes == (("j", "i"), ("l", "k"))


def test_an_axis_fused_in_two_ways_is_compared_in_a_bracket() -> None:
    form = _form("vec(A) + vec(B) where A: (m*n, p), B: (m, n*p)")
    assert " = (" in to_text(form.expr)


def test_a_sum_before_another_term_has_parentheses() -> None:
    form = _form("A@x - b where A: m x n, x: n, b: m")
    assert to_text(form.expr) == "(Σⱼ A[i,j]·x[j]) - b[i]"


def test_letters_of_scalars_and_sizes_are_not_used() -> None:
    form = _form("sum(x)*j*i/k where x: k, i, j: scalar")
    assert "Σₗ" in to_text(form.expr)


def test_letters_run_out() -> None:
    letters = "abcdefghijklmnopqrstuvwyz"
    form = _form(f"d({'*'.join(letters)}*x)/dx where x: N, {', '.join(letters)}: scalar")
    assert form.axes == ("i1", "p1")


def _shared(depth: int) -> Node:
    graph, n = Graph(), Dim.named("n")
    node: Node = graph.map("exp", (graph.variable("x", (n,)),))
    for _ in range(depth):
        node = graph.einsum(
            (graph.map("sin", (node,)), graph.map("cos", (node,))), ((0,), (0,)), (0,)
        )
    return node


def test_shared_parts_of_large_graphs_have_names() -> None:
    node = _shared(200)
    form = index_form(node, definitions=shared((node,), (), ("x",)))
    words = [to_text(name) for name, _ in form.where]
    assert words[:2] == ["h1[i]", "h2[i]"]
    assert len(to_text(form.expr)) < 100
    assert all(len(to_text(body)) < 300 for _, body in form.where)
    assert shared((_shared(2),), (), ("x",)) == ()


def test_depth_is_no_obstacle() -> None:
    graph, n = Graph(), Dim.named("n")
    node: Node = graph.variable("x", (n,))
    matrix = graph.variable("A", (n, n))
    for _ in range(3000):
        node = graph.map("sin", (graph.einsum((matrix, node), ((0, 1), (1,)), (0,)),))
    form = index_form(node, definitions=shared((node,), (), ("A", "x")))
    assert to_text(form.expr).count("sin") == 3000
    assert to_latex(form.expr).count(r"\sum") == 3000


@pytest.mark.parametrize("seed", range(90))
def test_random_index_form_has_the_values_of_its_node(seed: int) -> None:
    text = RandomText(seed + 500)
    kind = seed % 3
    if kind == 0:
        expression = text.matrix(text.dim(), text.dim(), 3)
    elif kind == 1:
        expression = text.vector(text.dim(), 3)
    else:
        expression = text.scalar(4)
    if seed % 2:
        expression = f"d({expression})/d{text.random.choice(('xm', 'Amn', 'ym', 's'))}"
    derived = Derived(f"{expression} where {DECLARATIONS}")
    form = index_form(derived.value, derived.answer, derived.y_order)
    _has_the_values(form, derived)


@pytest.mark.parametrize(
    "expression",
    [
        "d(normsq(Amn@tanh(Bnm@tanh(Amm@xm)) - ym))/dxm",
        "d(normsq(Amn@tanh(Bnm@tanh(Amm@xm)) - ym))/dAmm",
        "d(sum(exp(Amn@exp(Bnm@xm))))/dBnm",
        "d2(sum(sigmoid(Amn@tanh(Bnm@xm))))/dxm dxm",
        "d(sum(tanh(Amm@tanh(Bmm@Amm))))/dBmm",
        "d(xm'@inv(Sm + inv(Sm + xm@xm'))@xm)/dxm",
        "d(log(xm'@exp(Amm@xm))*sin(xm'@exp(Amm@xm)))/dxm",
    ],
)
def test_an_index_form_with_names_has_the_values_of_its_node(
    expression: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "LARGE", 0)
    derived = Derived(f"{expression} where {DECLARATIONS}")
    names = shared((derived.value, derived.answer), (), ())
    form = index_form(derived.value, derived.answer, derived.y_order, names)
    assert form.where
    _has_the_values(form, derived)


def _has_the_values(form: IndexForm, derived: Derived) -> None:
    values = Values(SIZES)
    for axes, expr, node in (
        (form.value_axes, form.value, derived.value),
        (form.axes, form.expr, derived.answer),
    ):
        letters = tuple(str(letter) for letter in axes)
        assert len(set(letters)) == len(letters)
        sizes = dict(zip(letters, values.shape(node.dims), strict=True))
        reader = IndexValues(values, DECLARATIONS, sizes)
        for head, body in form.where:
            reader.define(head, body)
        np.testing.assert_allclose(
            reader(expr, letters), values(node), rtol=1e-6, atol=1e-9, err_msg=to_text(expr)
        )
