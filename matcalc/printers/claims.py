"""What the printers of many verdicts read of a record, the JSON object of `check`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from matcalc.printers.measure import visible

Record = Mapping[str, object]


class ClaimWriter(Protocol):
    """Writes one record after the other, and at the end what must stand there."""

    def add(self, record: Record) -> None: ...
    def finish(self) -> None: ...


def status_of(record: Record) -> str:
    """ok, wrong or error.

    >>> status_of({"status": "wrong"})
    'wrong'
    """
    status = str(record["status"])
    assert status in ("ok", "wrong", "error"), status
    return status


def file_of(record: Record) -> str:
    """The name of the file, empty where there is but one source."""
    return visible(str(record.get("file") or ""))


def text_of(record: Record, key: str) -> str:
    """The text under a key, without characters that steer a terminal or that XML cannot hold."""
    value = record.get(key)
    return "" if value is None else visible(str(value))


def label(record: Record) -> str:
    """The line's own id or else its number, and the line.

    >>> label({"line": 4, "input": "d(x)/dx == 1"}), label({"id": "q7", "line": 4, "input": "x"})
    ('4: d(x)/dx == 1', 'q7: x')
    """
    own = text_of(record, "id") or text_of(record, "line")
    return f"{own}: {text_of(record, 'input')}" if own else text_of(record, "input")


def reason(record: Record) -> str:
    """Why it is not ok: the diagnosis, or the error; empty for what is.

    >>> reason({"status": "error", "error": {"kind": "shape", "message": "A is m×n", "hint": "A'"}})
    "shape error: A is m×n; hint: A'"
    >>> reason({"status": "wrong", "diagnosis": None})
    'the claim does not hold'
    """
    match status_of(record):
        case "ok":
            return ""
        case "wrong":
            return text_of(record, "diagnosis") or "the claim does not hold"
        case _:
            error = error_of(record)
            text = f"{text_of(error, 'kind')} error: {text_of(error, 'message')}"
            hint = text_of(error, "hint")
            return f"{text}; hint: {hint}" if hint else text


def error_of(record: Record) -> Record:
    """The error object of a record that has one."""
    error = record.get("error")
    return error if isinstance(error, Mapping) else {}


def shape_of(record: Record) -> tuple[str | int, ...]:
    """The dimensions of the right answer."""
    shape = record.get("shape")
    parts = shape if isinstance(shape, (list, tuple)) else ()
    return tuple(part if isinstance(part, int) else str(part) for part in parts)


def details(record: Record) -> list[tuple[str, str]]:
    """What there is to know of a record that is not ok: names and texts.

    >>> details({"status": "error", "error": {"kind": "name", "message": "no sine", "column": 3}})
    [('error', 'name error: no sine'), ('column', '3')]
    """
    from matcalc.printers.answer import shape_text

    if status_of(record) == "error":
        parts = [("error", reason(record)), ("column", text_of(error_of(record), "column"))]
    else:
        dimensions = shape_text(shape_of(record)) if "shape" in record else ""
        parts = [
            ("claim", text_of(record, "claim")),
            ("answer", text_of(record, "answer")),
            ("dimensions", visible(dimensions)),
            ("diagnosis", text_of(record, "diagnosis")),
            ("method", text_of(record, "method")),
        ]
    return [(name, text) for name, text in parts if text]
