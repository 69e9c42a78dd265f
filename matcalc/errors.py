"""The one exception of matcalc, and the place in the text that it points at."""

from __future__ import annotations

from typing import Protocol

KINDS = ("syntax", "shape", "name", "unsupported", "limit")


class Source:
    """One line of input: what a span's offsets count in.

    >>> Source("d(x)/dx", line=3).line
    3
    """

    __slots__ = ("line", "text")

    def __init__(self, text: str, line: int = 1) -> None:
        self.text = text
        self.line = line


class Span(Protocol):
    """Anything with a place in a source: offsets from 0, the end exclusive."""

    @property
    def source(self) -> Source | None: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


class Mark:
    """A place and what to say under it; several of them underline both operands of a mismatch."""

    __slots__ = ("end", "label", "start")

    def __init__(self, start: int, end: int, label: str = "") -> None:
        self.start = start
        self.end = end
        self.label = label


class MatcalcError(Exception):
    """An error of the user's: what is wrong, where, and what to do.

    `kind` is one of KINDS; columns count characters from 1, `end_column` is exclusive.

    >>> MatcalcError("name", "no such name", hint="did you mean x?").to_dict()["kind"]
    'name'
    """

    def __init__(
        self,
        kind: str,
        message: str,
        at: Span | None = None,
        hint: str | None = None,
        marks: tuple[Mark, ...] = (),
    ) -> None:
        assert kind in KINDS, kind
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.hint = hint
        self.source: Source | None = None
        self.start: int | None = None
        self.end: int | None = None
        self.marks = marks
        if at is not None:
            self.source, self.start, self.end = at.source, at.start, at.end

    @property
    def line(self) -> int | None:
        return None if self.source is None else self.source.line

    @property
    def column(self) -> int | None:
        return None if self.start is None else self.start + 1

    @property
    def end_column(self) -> int | None:
        return None if self.end is None else self.end + 1

    def to_dict(self) -> dict[str, object]:
        """The `error` object of the JSON output."""
        return _fields(self)


class InternalError(Exception):
    """A fault of ours, found before anything wrong was printed: please report it with the input.

    It has the fields of a MatcalcError, as the command prints them, and no place in the text.

    >>> InternalError("no such node").to_dict()["message"]
    'a fault in matcalc, not in the problem: no such node'
    """

    kind = "unsupported"
    hint = "please report it, with the problem; nothing wrong was printed"
    line = column = end_column = None

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.message = f"a fault in matcalc, not in the problem: {reason}"

    def to_dict(self) -> dict[str, object]:
        """The `error` object of the JSON output."""
        return _fields(self)


def _fields(error: MatcalcError | InternalError) -> dict[str, object]:
    return {
        "kind": error.kind,
        "message": error.message,
        "line": error.line,
        "column": error.column,
        "end_column": error.end_column,
        "hint": error.hint,
    }
