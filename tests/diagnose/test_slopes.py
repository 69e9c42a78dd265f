"""What is tried by less than the whole claim comes out as by the whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NoReturn

import pytest

from matcalc import api
from matcalc.api import Session
from matcalc.derivation import Derivation
from matcalc.diagnose import insertions, values
from matcalc.diagnose.bench import Bench
from matcalc.diagnose.place import Edit, Outline, Place
from matcalc.diagnose.rewrite import render
from matcalc.language.dimensions import ONE
from matcalc.language.parse import parse_expression, parse_line
from matcalc.language.syntax import Problem, Syntax
from matcalc.language.typed import Typed
from tests.diagnose.test_variants import some_edits

CORPUS = Path(__file__).resolve().parent.parent / "corpus" / "claims.jsonl"
ROWS = [json.loads(line) for line in CORPUS.read_text("utf-8").splitlines()]
WRONG = [row for row in ROWS if row["mistake"] is not None]


def bench_of(line: str, layout: str = "jacobian") -> tuple[Bench, Syntax] | None:
    """A bench for the claim of a line, where that has a value."""
    problem = parse_line(line)
    assert isinstance(problem, Problem)
    assert problem.claim is not None
    found: Derivation = api._derivation(problem, (), layout, "projected")

    def lower(claim: Typed) -> NoReturn:
        raise AssertionError("nothing is confirmed here")

    bench = Bench(found, lower, 1, 10_000)
    typed = bench.typed(problem.claim)
    if typed is None or not bench.prepare(typed):
        return None
    dims = typed.dims
    if layout == "vec" and len(dims) == 1:
        # a row is 1×n there, a vector n×1
        dims = (ONE, *dims) if typed.row else (*dims, ONE)
    bench.go_by(typed, misfit=dims != bench.wanted)
    return bench, problem.claim


@pytest.mark.parametrize("row", WRONG[::3], ids=[row["id"] for row in WRONG[::3]])
def test_no_edit_that_fits_is_passed_over(row: dict[str, str]) -> None:
    """A part in its place tells what the whole would; and of most edits, that they do not fit."""
    both = bench_of(row["line"], row["layout"])
    assert both is not None, "the claim has no value"
    bench, claim = both
    for edit in some_edits(claim):
        if bench._fits(edit.claim):
            assert bench._possible(edit), render(edit.claim)


@pytest.mark.parametrize(
    ("claim", "part", "other"),
    [
        ("A@x - b", "A", "B"),
        ("A@x - b", "b", "x"),
        ("-(A@x + b)*2", "A@x", "B@x"),
        ("(B@A'@x)/t", "A'", "B"),
        ("t*x + b", "t", "sum(b)"),
        ("diag(diag(A))@x", "A", "B@A"),
        ("x*sum(A@B) + tr(A@B)*b", "x", "b"),
        ("x*sum(A@B)", "A", "B'"),
        ("x*tr(A@B)", "B", "A'"),
        ("x@b'@A", "x", "A@b"),
        ("x@b'@A", "b'", "x'"),
        ("(x'@A)'", "x'", "b'"),
        ("(x'@A@b)*x", "A", "A'"),
    ],
)
def test_the_slope_by_a_part(claim: str, part: str, other: str) -> None:
    """The claim moves by as much as ⟨slope, part⟩ does: a part is right where the claim with it is the answer."""
    declared = "A, B: n x n, x, b: n, t: scalar"
    parsed = parse_expression(claim)
    place = next(p for p in Outline(parsed).places if p.node.text == part)
    right = render(place.put(parse_expression(other)))
    both = bench_of(f"{right} == {claim} where {declared}")
    assert both is not None
    bench, root = both
    place = next(p for p in Outline(root).places if p.node.text == part)
    slope = bench.slope(place.node)
    assert slope is not None
    mended = Edit(place, parse_expression(other), "")
    assert bench._possible(mended)
    assert bench._fits(mended.claim)
    assert not bench._possible(Edit(place, parse_expression(f"3*({other})"), ""))
    assert not bench._possible(Edit(place, parse_expression(part), ""))


def test_no_slope_where_the_claim_is_not_linear() -> None:
    both = bench_of("x == x/t + A@sin(b) where A: n x n, x, b: n, t: scalar")
    assert both is not None
    bench, root = both
    parts = {place.node.text: bench.slope(place.node) is not None for place in Outline(root).places}
    assert parts == {
        "x/t + A@sin(b)": True, "x/t": True, "x": True, "t": False,
        "A@sin(b)": True, "A": True, "sin(b)": True, "b": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "claim"),
    [
        ("A@C@x", "A@x"),
        ("C'@A@x", "A@x"),
        ("A@x*t", "A@x"),
        ("A@x/t", "A@x"),
        ("A@x*b", "A@x"),
        ("sin(A@x)@b'@A", "sin(A@x)@b'"),
        ("2*A@D@sin(x)", "2*A@sin(x)"),
        ("A@C + B@D", "A + B@D"),
    ],
)
def test_a_factor_that_is_missing_is_not_ruled_out(answer: str, claim: str) -> None:
    declared = "A, B: m x n, C, D: n x n, x: n, b: m, t: scalar"
    declared = declared.replace("C, D: n x n", "C: m x m, D: n x n") if "C'" in answer else declared
    both = bench_of(f"{answer} == {claim} where {declared}")
    assert both is not None
    bench, root = both
    known = values.parts(bench, [parse_expression("A + B + C' + D")])
    outline = Outline(root, {})
    fitting = [
        edit for edit in insertions.inserted(bench, outline, known)
        if bench._possible(edit) and bench._fits(edit.claim)
    ]  # fmt: skip
    assert fitting
    tried = bench.candidates
    assert tried > 20 * len(fitting), "all but a few are ruled out"


def test_a_place_puts_a_part_under_its_parentheses() -> None:
    tree = parse_expression("f(A) + (B)@C")
    other = parse_expression("X + Y")
    shown = [render(p.put(other)) for p in Outline(tree).places if p.node.kind == "name"]
    assert shown == ["f(X + Y) + (B)@C", "f(A) + (X + Y)@C", "f(A) + (B)@(X + Y)"]
    assert render(Place(tree).put(parse_expression("X"))) == "X"


def test_a_size_is_no_part_of_the_claim() -> None:
    """What stands for a size is not typed with the claim, whatever else of its name is."""
    verdict = Session("vec").check("d2(tr(X'@X))/dX2 == 2*eye(m) where X: m x n")
    assert verdict is not None
    assert verdict.corrected == "2*eye(n*m)"


def test_what_is_constant_is_so_under_all_conditions() -> None:
    verdict = Session().check("D(x'@A@x) == 2*x'@A@dx")
    assert verdict is not None
    assert verdict.diagnosis is not None
    assert verdict.diagnosis.startswith("right only if A is constant and A is symmetric")
