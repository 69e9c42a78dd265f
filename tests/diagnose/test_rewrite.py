"""Trees made from others print as what they are."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import pytest

from matcalc.diagnose import edits, relatives
from matcalc.diagnose.place import Outline
from matcalc.diagnose.rewrite import inside, number, numeric, render, scaled, turned
from matcalc.errors import MatcalcError
from matcalc.language.parse import parse_expression, parse_line
from matcalc.language.syntax import Problem, Syntax

CORPUS = Path(__file__).resolve().parent.parent / "corpus" / "claims.jsonl"
LINES = [json.loads(line)["line"] for line in CORPUS.read_text("utf-8").splitlines()]


def shown(root: Syntax) -> str:
    """The tree without places and parentheses; a minus before a number is part of it."""
    node = inside(root)
    value = numeric(node)
    if value is not None:
        return str(value)
    return f"{node.kind}:{node.value}({', '.join(map(shown, node.children))})"


@pytest.mark.parametrize("line", LINES[::3])
def test_every_edit_reads_as_it_was_meant(line: str) -> None:
    problem = parse_line(line)
    assert isinstance(problem, Problem)
    assert problem.claim is not None
    claim = Outline(problem.claim)
    some = [
        *edits.signs(claim), *edits.transposes(claim), *edits.swaps(claim),
        *edits.numbers(claim, None), *edits.exponents(claim), *edits.too_much(claim),
        *edits.layout_letters(claim), *edits.kroneckers(claim), *relatives.functions(claim),
        *relatives.operators(claim), *relatives.around(claim, ("exp",)),
    ]  # fmt: skip
    assert some
    for edit in islice(some, 80):
        assert edit.message
        edited = edit.claim
        text = render(edited)
        try:
            assert shown(parse_expression(text)) == shown(edited), text
        except MatcalcError as error:
            pytest.fail(f"{text}: {error}")


@pytest.mark.parametrize(
    ("factor", "text", "expected"),
    [
        ("2", "A@x", "2*A@x"),
        ("2", "A + B", "2*(A + B)"),
        ("1/2", "A@x", "A@x/2"),
        ("3/2", "A@x", "3*A@x/2"),
        ("2", "2*A", "4*A"),
        ("1/2", "2*A", "A"),
        ("-1", "A@x", "-A@x"),
        ("-1", "-A@x", "A@x"),
        ("-1", "A - B", "-(A - B)"),
        ("2", "-A@x", "-2*A@x"),
        ("n", "x^2", "n*x^2"),
    ],
)
def test_scaled(factor: str, text: str, expected: str) -> None:
    given = parse_expression(factor)
    value = numeric(given)
    assert render(scaled(given if value is None else number(value), parse_expression(text))) == expected  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("b@a'", "a@b'"),
        ("A@B@C", "(A@B@C)'"),
        ("A'@B'", "B@A"),
        ("-A'@B'", "-B@A"),
        ("A'@diag(x)", "diag(x)@A"),
        ("A + B", "(A + B)'"),
        ("A' ⊗ B", "A ⊗ B'"),
    ],
)
def test_turned(text: str, expected: str) -> None:
    assert render(turned(parse_expression(text), {})) == expected
