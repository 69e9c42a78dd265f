"""The table of verdicts: every line of one width, long formulas wrapped, one head for each file."""

from __future__ import annotations

import io

import pytest

from matcalc.printers.measure import width
from matcalc.printers.verdict_table import TableWriter
from tests.printers.claim_records import records


def table() -> list[str]:
    stream = io.StringIO()
    writer = TableWriter(stream)
    for record in records():
        writer.add(record)
    writer.finish()
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("columns", [40, 62, 80, 100])
def test_lines_have_one_width(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    assert {width(line) for line in table()} == {columns}


def test_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = table()
    assert lines[:9] == [
        "╭─────────┬───────┬────────────────────────────────────────────────────────────╮",
        "│ verdict │  line │ one.txt                                                    │",
        "├─────────┼───────┼────────────────────────────────────────────────────────────┤",
        "│ ok      │     1 │ d(x'@A@x)/dx == (A + A')@x                                 │",
        "│ wrong   │     2 │ d(x'@A@x)/dx == 2*A@x                                      │",
        "│         │       │ answer      (A + A') @ x                                   │",
        "│         │       │ dimensions  n                                              │",
        "│         │       │ diagnosis   right only if A is symmetric; in general: (A + │",
        "│         │       │             A') @ x                                        │",
    ]
    assert (
        "│ verdict │  line │ <two>.txt                                                  │" in lines
    )
    assert (
        "│ error   │     4 │ shape error: A is m×n, B is n×p: * needs equal shapes      │" in lines
    )
    assert not any("\x1b" in line for line in lines)


def test_no_claims() -> None:
    stream = io.StringIO()
    TableWriter(stream).finish()
    assert stream.getvalue() == ""
