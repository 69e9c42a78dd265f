"""The table of functions, for a terminal, a pipe, a program, or the README."""

from __future__ import annotations

from matcalc.functions import FUNCTIONS, Function
from matcalc.printers.page import Line
from matcalc.printers.wrap import wrap_prose


def rows() -> list[Function]:
    """The functions that users may write, in the table's order."""
    return [row for row in FUNCTIONS.values() if not row.internal]


def call_text(row: Function) -> str:
    """How a function is called; `/` between it and its other names.

    >>> call_text(FUNCTIONS["norm"]), call_text(FUNCTIONS["frob"]), call_text(FUNCTIONS["sum"])
    ('norm(X) / norm2(X)', 'frob(A, B)', 'sum(X, axis=...)')
    """
    parameters = list(row.parameters)
    if row.name == "einsum":
        parameters = ['"ij,jk->ik"', "A", "B", "..."]
    if row.axis:
        parameters.append("axis=...")
    inside = ", ".join(parameters)
    return " / ".join(f"{name}({inside})" for name in (row.name, *row.aliases))


def functions_lines(columns: int = 80) -> list[Line]:
    """Two columns: the call, and what it is with where its derivative holds."""
    calls = [call_text(row) for row in rows()]
    wide = max(map(len, calls)) + 2
    lines: list[Line] = []
    for call, row in zip(calls, rows(), strict=True):
        left = call.ljust(wide)
        for text in wrap_prose(description(row), max(columns - wide, 20)):
            lines.append([(left, "label"), (text, "")])
            left = " " * wide
    return lines


def description(row: Function) -> str:
    """What it is, and where its derivative holds.

    >>> description(FUNCTIONS["inv"])
    'inverse (X invertible)'
    """
    if row.condition is None:
        return row.doc
    return f"{row.doc} ({row.condition.format(row.parameters[0])})"


def function_object(row: Function) -> dict[str, object]:
    """The row for a program."""
    return {
        "name": row.name,
        "aliases": list(row.aliases),
        "call": call_text(row),
        "doc": row.doc,
        "kind": row.kind,
        "signature": row.signature,
        "condition": None if row.condition is None else row.condition.format(row.parameters[0]),
        "derivative": row.derivative or row.differential,
        "example": row.example,
    }


def markdown() -> str:
    """The README's table."""
    lines = ["| function | is | where its derivative holds |", "| --- | --- | --- |"]
    for row in rows():
        where = "" if row.condition is None else row.condition.format(f"`{row.parameters[0]}`")
        lines.append(f"| `{call_text(row)}` | {row.doc} | {where} |")
    return "\n".join(lines)
