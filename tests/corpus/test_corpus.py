"""The corpus: derivatives, odd lines and claims whose truth NumPy tells."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from matcalc.api import Session
from matcalc.errors import MatcalcError
from matcalc.language.layouts import LAYOUTS
from tests.corpus import truth
from tests.corpus.check import Limit, printed_form_failure, row_failures
from tests.corpus.truth import Row

DERIVATIVES = truth.rows("derive.jsonl")
ODD_LINES = truth.rows("bad.jsonl")
CLAIMS = truth.rows("claims.jsonl")
declined: list[str] = []


def _ids(rows: list[Row]) -> list[str]:
    return [row["id"] for row in rows]


@pytest.fixture(autouse=True)
def _quiet() -> None:
    np.seterr(all="ignore")


@pytest.mark.parametrize("row", DERIVATIVES, ids=_ids(DERIVATIVES))
def test_derivative(row: Row) -> None:
    failures = row_failures(row)
    if row.get("may") == "unsupported" and failures and failures[0].startswith("unsupported"):
        declined.append(f"{row['id']}: {row['problem']}: {failures[0]}")
        pytest.xfail(failures[0])
    assert not failures, "\n".join([row["problem"], *failures])


PRINTED = [
    row
    for row in DERIVATIVES
    if " where " in row["problem"]
    and not {"before", "depends", "functions", "only"} & set(row)
    and "infer" not in row["id"]
    and row["wrt"]
]


@pytest.mark.parametrize("row", PRINTED, ids=_ids(PRINTED))
def test_printed_matrix_form(row: Row) -> None:
    failure = printed_form_failure(row)
    assert failure is None, f"{row['problem']}\n{failure}"


LAID_OUT = [row for row in PRINTED if row["area"] in ("layouts", "literal sizes", "row vectors")]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_printed_is_a_right_claim(layout: str) -> None:
    for problem, structure in dict.fromkeys((r["problem"], r.get("structure")) for r in LAID_OUT):
        session = Session(layout, structure or "projected")
        result = session.read(problem)
        if result is not None and result.matrix is not None and " where " not in result.matrix:
            verdict = session.check(problem.replace(" where ", f" == {result.matrix} where ", 1))
            assert verdict is not None and verdict.status == "ok", (problem, result.matrix)


def test_declined_rows_are_few() -> None:
    """What the engine may decline, and does, is listed: it is never silent."""
    for line in declined:
        print(line)
    may = sum(row.get("may") == "unsupported" for row in DERIVATIVES)
    print(f"{len(declined)} of the {may} rows that may be unsupported are, of {len(DERIVATIVES)}")
    assert len(declined) <= may


@pytest.mark.parametrize("row", DERIVATIVES, ids=_ids(DERIVATIVES))
def test_truth_is_the_same_by_differences(row: Row) -> None:
    """The complex step is right only where a value is analytic: differences tell."""
    if len(row["wrt"]) != 1 or row.get("differences"):
        return
    exact = truth.expected(row)
    other = truth.expected({**row, "differences": True})
    assert np.allclose(exact, other, rtol=1e-7, atol=1e-7 * max(1.0, float(np.abs(exact).max())))


def line_of(row: Row) -> str:
    """The text of a row, which may be given as pieces and how often each is repeated."""
    return row["line"] if "line" in row else "".join(text * n for text, n in row["line_gen"])


def _faults(row: Row, error: dict[str, object] | None) -> list[str]:
    """What is wrong with the error that a line gives, None for none."""
    admitted = [row["kind"], *row.get("also", [])]
    if error is None:
        return [] if None in admitted else [f"derived, but it is {row['kind']}"]
    text = f"{error['kind']} at column {error['column']}: {error['message']} ({error['hint']})"
    if error["kind"] not in admitted:
        return [f"{text}: not {row['kind']}"]
    column, faults = error["column"], []
    if "column" in row and column != row["column"]:
        faults.append(f"{text}: not column {row['column']}")
    if "within" in row:
        first, last = row["within"]
        if not (isinstance(column, int) and first <= column <= last):
            faults.append(f"{text}: not within columns {first} to {last}")
    if row.get("mentions", "") not in text:
        faults.append(f"{text}: does not mention {row['mentions']}")
    return faults


@pytest.mark.parametrize("row", ODD_LINES, ids=_ids(ODD_LINES))
def test_odd_line(row: Row) -> None:
    error: dict[str, object] | None = None
    try:
        with Limit():
            Session().read(line_of(row))
    except MatcalcError as caught:
        error = caught.to_dict()
    assert not _faults(row, error), line_of(row)[:200]


def test_odd_lines_through_the_command() -> None:
    """One batch of them: an object a line, exit status 1, nothing on the way down."""
    rows = [row for row in ODD_LINES if "line" in row and not row.get("slow")][::9]
    rows = [row for row in rows if not row["line"].startswith(("let", "layout"))]
    done = subprocess.run(
        [sys.executable, "-m", "matcalc", "derive", "--format", "json"],
        input="\n".join(row["line"] for row in rows) + "\n",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(rows)
    assert done.returncode == 1
    for row, answer in zip(rows, answers, strict=True):
        assert not _faults(row, answer.get("error")), row["line"]


@pytest.mark.parametrize("row", CLAIMS, ids=_ids(CLAIMS))
def test_claim_is_what_its_author_says(row: Row) -> None:
    """The numbers agree with the mistake that was made on purpose, or with none."""
    assert truth.is_true(row) == (row["mistake"] is None), row["line"]


@pytest.mark.parametrize("structure", ["projected", "entries", "ignore"])
def test_claims_through_the_command(structure: str) -> None:
    """What `check` says of every claim is what the numbers say."""
    rows = [row for row in CLAIMS if row.get("structure", "projected") == structure]
    lines = [text for row in rows for text in (f"layout {row['layout']}", row["line"])]
    done = subprocess.run(
        [sys.executable, "-m", "matcalc", "check", "--format", "json", "--structure", structure],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        timeout=60,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(rows), done.stderr
    for row, answer in zip(rows, answers, strict=True):
        assert answer["status"] == ("wrong" if row["mistake"] else "ok"), row["line"]
