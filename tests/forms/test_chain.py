"""Plain products are read along their indices, and give what the search over rules gives."""

from __future__ import annotations

import pytest

from matcalc.forms.chain import read_chain
from matcalc.forms.forms import Forms
from matcalc.forms.matrix import MatrixForms, matrix_form
from matcalc.printers.text import to_text
from matcalc.tensor.nodes import Einsum
from tests.forms.pipeline import Derived, node_of
from tests.forms.random_text import DECLARATIONS, RandomText

ABC = "A: m x n, B: n x p, C: n x m, D: p x n, X: n x n, x: n, y: m, s: scalar, T: n x n x m, S: n x n"

CHAINS = [
    ("A @ B", "A @ B"),
    ("s*(A @ x)", "s*A @ x"),
    ("B' @ A' @ y", "B' @ A' @ y"),
    ("y @ x'", "y @ x'"),
    ("(A @ x) @ (y' @ A)", "A @ x @ y' @ A"),
    ("(x' @ C @ A)'", "A' @ C' @ x"),
    ("(A @ inv(X) @ B)'", "(A @ inv(X) @ B)'"),
]
OTHERS = [
    "x' @ x",
    "x * (X @ x)",
    "diag(x) @ B",
    "A @ ones(n)",
    "A * C'",
    "tr(X @ B @ D)",
    "diag(X)",
    "(T[i,j,k]*S[i,j])[k]",
]


def _read(text: str) -> str | None:
    node = node_of(text, ABC)
    assert isinstance(node, Einsum), text
    forms = MatrixForms()
    known = {operand: forms.form(operand) for operand in node.operands}
    form = read_chain(forms.forms, node, known)
    return None if form is None else to_text(form.expr)


@pytest.mark.parametrize(("text", "expected"), CHAINS)
def test_chains(text: str, expected: str) -> None:
    assert _read(text) == expected


@pytest.mark.parametrize("text", OTHERS)
def test_all_else_is_left_to_the_search(text: str) -> None:
    assert _read(text) is None


def _forms(named: bool, texts: list[str]) -> list[object]:
    """The forms of expressions and their transposes, their lengths, and the work that they take."""
    found: list[object] = []
    for text in texts:
        node = Derived(f"{text} where {DECLARATIONS}").answer
        forms = MatrixForms()
        forms.forms = Forms(named)
        form = forms.form(node)
        assert form is not None, text
        found.append((to_text(form.expr), to_text(form.T.expr), form.cost, form.T.cost))
        found.append(forms.forms.work)
    return found


@pytest.mark.parametrize("seed", range(40))
def test_the_short_way_and_the_long_one_end_at_the_same_form(seed: int) -> None:
    # where forms have names, chains are searched for, and transposes made with their forms
    random = RandomText(seed)
    texts = [
        random.matrix("m", "n", 3),
        random.vector("n", 3),
        random.scalar(3),
        f"d({random.scalar(3)})/dAmn",
        f"d({random.vector('n', 2)})/dxm",
    ]
    assert _forms(False, texts) == _forms(True, texts)


def test_a_deep_form_has_a_transpose() -> None:
    text = "x"
    for _ in range(300):
        text = f"(A @ {text} + b)"
    row = matrix_form(node_of(text, "A: n x n, x, b: n"), row=True)
    assert row is not None
    assert to_text(row) == f"({to_text(row.children[0])})'"
