"""The panel, the text line, the JSON object, and the colours."""

from __future__ import annotations

import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcalc.errors import MatcalcError
from matcalc.printers import page, plain, record, terminal
from matcalc.printers.measure import visible, width
from matcalc.printers.wrap import wrap_formula, wrap_prose
from tests.fakes import FakeAnswer

PANEL = """\
╭─ d(A@B)/dX ──────────────────────────────────────────────────────────────────╮
│ where        A(X): M×N, B(X): N×P, X: U×V                                    │
│ value        C[i,k] = Σⱼ A[i,j]·B[j,k]                                       │
│                                                                              │
│ index form   Σⱼ (∂A[i,j]/∂X[p,q])·B[j,k] + A[i,j]·(∂B[j,k]/∂X[p,q])          │
│ dimensions   U×V×P×M  [p,q,k,i]  denominator layout                          │
│                                                                              │
│ verified     exactly, modulo a 61-bit prime; error probability < 1e-17       │
╰──────────────────────────────────────────────────────────────────────────────╯
"""


def text(answer: FakeAnswer, columns: int = 80) -> str:
    return page.plain(terminal.panel(answer, columns))


def test_the_cost_has_a_row() -> None:
    answer = FakeAnswer()
    answer.cost = {"flops": "2*m*n^2 + 3*m*n", "largest": "max(m*n, n^12)"}
    row = "│ cost         2·m·n² + 3·m·n flops; largest array max(m·n, n¹²)               │\n"
    assert row in text(answer)
    answer.cost = {"flops": " + ".join(f"a{k}*b" for k in range(9)), "largest": "b"}
    assert "a0·b + a1·b + a2·b + a3·b + … flops; largest array b" in text(answer)
    names = ", ".join(f"n{k}" for k in range(100))
    answer.cost = {"flops": "0", "largest": f"max({names})"}
    assert ", …)" in text(answer)


def test_panel() -> None:
    assert text(FakeAnswer()) == PANEL


def test_panel_shows_everything() -> None:
    answer = FakeAnswer(
        inferred=("x: n",),
        matrix="(A + A') @ x",
        conditions=("X invertible", "each entry of x positive"),
        notes=("structure: projected",),
    )
    shown = text(answer)
    for part in ("x: n", "(A + A') @ x", "X invertible; each", "structure: pro"):
        assert part in shown


@pytest.mark.parametrize("columns", [40, 57, 80, 100])
def test_every_line_of_a_panel_is_as_wide(columns: int) -> None:
    answer = FakeAnswer(
        input="d(" + " + ".join(f"A{i}@行列" for i in range(40)) + ")/dX",
        index=" + ".join(f"Σⱼ A{i}[i,j]·B[j,k]" for i in range(30)),
        matrix="A" * 300,
        notes=("x\u0302 [bold]not bold[/bold] " * 9,),
    )
    assert {width(line) for line in text(answer, columns).splitlines()} == {columns}


def squeezed(parts: list[str]) -> str:
    return re.sub(" ", "", "".join(parts))


FORMULAS = st.text(alphabet="AB[](),·+-@ Σⱼ∂/行\u0302:", min_size=1, max_size=200)


@given(FORMULAS, st.integers(3, 60))
def test_wrapping_loses_nothing_and_fits(formula: str, room: int) -> None:
    for lines in (wrap_formula(formula, room), wrap_prose(formula, room)):
        assert squeezed(lines) == squeezed([formula])
        assert all(width(line) <= room for line in lines)


def test_terms_have_lines_of_their_own() -> None:
    formula = "(∂A[i,j]/∂X[p,q])·B[j,k] + A[i,j]·(∂B[j,k]/∂X[p,q]) - C[i,k]"
    assert wrap_formula(formula, 40) == [
        "(∂A[i,j]/∂X[p,q])·B[j,k]",
        "  + A[i,j]·(∂B[j,k]/∂X[p,q])",
        "  - C[i,k]",
    ]


def test_a_long_term_breaks_at_its_loosest_operator() -> None:
    assert wrap_formula("inv(A + B @ C) @ (X + Y) @ inv(A + B @ C)", 28) == [
        "inv(A + B @ C) @ (X + Y)",
        "  @ inv(A + B @ C)",
    ]


def test_no_line_holds_a_scrap_only() -> None:
    assert wrap_formula("X' @ diag(sigmoid(y) * (1 - sigmoid(y))) @ X", 32) == [
        "X' @ diag(sigmoid(y)",
        "  * (1 - sigmoid(y))) @ X",
    ]


def test_text_line() -> None:
    assert plain.line(FakeAnswer(matrix="(A + A') @ x")) == "(A + A') @ x"
    assert plain.line(FakeAnswer(index="A[i,j]", axes=("j", "i"))) == "(A[i,j])[j,i]"
    assert plain.line(FakeAnswer(index="Σᵢ x[i]", axes=())) == "Σᵢ x[i]"


@given(st.text(st.characters(codec=None), max_size=30))
def test_json_is_one_line_of_utf8(problem: str) -> None:
    line = record.to_json(record.error_object(problem, MatcalcError("syntax", "no")))
    assert len(line.encode("utf-8").decode("utf-8").splitlines()) == 1
    assert json.loads(line)["status"] == "error"


def test_steering_characters_are_shown() -> None:
    assert visible("d(\x1b[31mx\x1b[0m)\x07") == "d(␛[31mx␛[0m)␇"
    assert "\x1b" not in text(FakeAnswer(input="d(\x1b[31mx)/dx", notes=("\x1b[2J",)))


def colour(monkeypatch: pytest.MonkeyPatch, answer: FakeAnswer, **environment: str) -> str:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = io.StringIO()
    page.write(terminal.panel(answer), stream)
    return stream.getvalue()


def test_colour_is_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    assert colour(monkeypatch, FakeAnswer()) == PANEL
    assert colour(monkeypatch, FakeAnswer(), FORCE_COLOR="1", NO_COLOR="1") == PANEL
    coloured = colour(monkeypatch, FakeAnswer(), FORCE_COLOR="1")
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == PANEL


def test_markup_of_the_user_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = FakeAnswer(input="d([red]x[/red])/dx", notes=("[link=x]:smile:[/]",))
    coloured = colour(monkeypatch, answer, FORCE_COLOR="1")
    assert "d([red]x[/red])/dx" in coloured
    assert "[link=x]:smile:[/]" in coloured
