"""Verdicts as a table for a terminal, a row for each claim, written as they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TextIO

from matcalc.errors import MatcalcError, Source
from matcalc.printers.answer import shape_text
from matcalc.printers.claims import error_of, file_of, shape_of, status_of, text_of
from matcalc.printers.measure import width
from matcalc.printers.page import Line, Piece, page_width, write
from matcalc.printers.verdict import problem_of
from matcalc.printers.wrap import wrap_formula, wrap_prose

_VERDICT, _LINE, _LABEL = 7, 5, 12
"""Cells of the first two columns, and of the names before what is right."""

_STYLES = {"ok": "good", "wrong": "error", "error": "note"}


class TableWriter:
    """Writes the records of `check`; the columns have one width, so that no row waits for another.

    >>> import os, sys
    >>> columns = os.environ.get("COLUMNS")
    >>> os.environ["COLUMNS"] = "40"
    >>> writer = TableWriter(sys.stdout)
    >>> writer.add({"status": "ok", "line": 2, "input": "d(x)/dx == eye(n)"})
    ╭─────────┬───────┬────────────────────╮
    │ verdict │  line │ claim              │
    ├─────────┼───────┼────────────────────┤
    │ ok      │     2 │ d(x)/dx == eye(n)  │
    >>> writer.finish()
    ╰─────────┴───────┴────────────────────╯
    >>> _ = os.environ.pop("COLUMNS") if columns is None else os.environ.update(COLUMNS=columns)
    """

    __slots__ = ("_file", "_room", "_stream")

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._room = page_width(stream) - _VERDICT - _LINE - 10
        self._file: str | None = None

    def add(self, record: Mapping[str, object]) -> None:
        """One more row; a file has its name above its first one."""
        lines: list[Line] = []
        file = file_of(record)
        if file != self._file:
            lines.append(self._edge("╭┬╮" if self._file is None else "├┼┤"))
            titles = [[(part, "title")] for part in wrap_prose(file or "claim", self._room)]
            lines += self._row(("verdict", "title"), "line", titles)
            lines.append(self._edge("├┼┤"))
            self._file = file
        status = status_of(record)
        lines += self._row(
            (status, _STYLES[status]), text_of(record, "line"), _cell(record, self._room)
        )
        write(lines, self._stream)

    def finish(self) -> None:
        """The lower edge."""
        if self._file is not None:
            write([self._edge("╰┴╯")], self._stream)

    def _edge(self, corners: str) -> Line:
        strokes = ["─" * (cells + 2) for cells in (_VERDICT, _LINE, self._room)]
        return [(corners[0] + corners[1].join(strokes) + corners[2], "border")]

    def _row(self, verdict: Piece, number: str, cell: Sequence[Line]) -> list[Line]:
        rows: list[Line] = []
        for inside in cell:
            gap = self._room - sum(width(text) for text, _ in inside)
            rows.append(
                [
                    ("│ ", "border"), (verdict[0].ljust(_VERDICT), verdict[1]), (" │ ", "border"),
                    (number.rjust(_LINE), "label"), (" │ ", "border"),
                    *inside, (" " * gap, ""), (" │", "border"),
                ]
            )  # fmt: skip
            verdict, number = ("", ""), ""
        return rows


def _cell(record: Mapping[str, object], room: int) -> list[Line]:
    if status_of(record) == "error":
        return _error(record, room)
    lines: list[Line] = [[(text, "")] for text in wrap_formula(problem_of(text_of(record, "input")), room)]  # fmt: skip
    if status_of(record) == "wrong":
        inner = room - _LABEL
        lines += _labelled("answer", wrap_formula(text_of(record, "answer"), inner), "answer")
        lines += _labelled("dimensions", wrap_formula(shape_text(shape_of(record)), inner), "")
        if diagnosis := text_of(record, "diagnosis"):
            lines += _labelled("diagnosis", wrap_prose(diagnosis, inner), "note")
    return lines


def _labelled(label: str, texts: list[str], style: str) -> list[Line]:
    names = [label, *[""] * (len(texts) - 1)]
    return [
        [(name.ljust(_LABEL), "label"), (text, style)]
        for name, text in zip(names, texts, strict=True)
    ]


def _error(record: Mapping[str, object], room: int) -> list[Line]:
    """As standard error would show it."""
    from matcalc.printers.diagnostic import diagnostic

    told = error_of(record)
    error = MatcalcError(
        str(told["kind"]), str(told["message"]), hint=text_of(told, "hint") or None
    )
    line, column, end = told.get("line"), told.get("column"), told.get("end_column")
    error.source = Source(str(record["input"]), line if isinstance(line, int) else 1)
    if isinstance(column, int) and isinstance(end, int):
        error.start, error.end = column - 1, end - 1
    return list(diagnostic(error, room))
