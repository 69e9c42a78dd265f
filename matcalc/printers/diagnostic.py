"""An error as people read it: what is wrong, the line with carets under each place, what to do."""

from __future__ import annotations

from matcalc.errors import Mark, MatcalcError
from matcalc.printers.measure import cells, visible, width
from matcalc.printers.page import Line, Piece
from matcalc.printers.wrap import wrap_prose

_LEAST_CONTEXT = 12
"""Cells of the line that stay in sight before a far-off place."""


def diagnostic(error: MatcalcError, columns: int = 80) -> list[Line]:
    """The lines of an error.

    >>> from matcalc.errors import Source
    >>> from matcalc.printers.page import plain
    >>> error = MatcalcError("name", "no function sine", hint="did you mean sin?")
    >>> error.source, error.start, error.end = Source("sine(x)"), 0, 4
    >>> print(plain(diagnostic(error)), end="")
    name error: no function sine
      1 │ sine(x)
        │ ^^^^
      hint: did you mean sin?
    """
    head = f"{error.kind} error: "
    lines: list[Line] = []
    first, *more = _paragraphs(error.message, columns, first=width(head))
    lines.append([(head, "error"), (first, "")])
    lines.extend([(text, "")] for text in more)
    if error.source is not None:
        lines.extend(_excerpt(error, columns))
    if error.hint:
        label = "  hint: "
        first, *more = _paragraphs(error.hint, columns, first=len(label))
        lines.append([(label, "label"), (first, "")])
        lines.extend([(text, "")] for text in more)
    return lines


def _paragraphs(text: str, columns: int, first: int) -> list[str]:
    """The text in lines, those after the first indented, so that `first` cells fit before it."""
    lines = wrap_prose(visible(text.replace("\n", " ")).strip(), columns - first)
    return [lines[0], *("    " + line for line in lines[1:])]


def _excerpt(error: MatcalcError, columns: int) -> list[Line]:
    assert error.source is not None
    number = str(error.source.line)
    gutter = f"  {number} │ "
    room = columns - len(gutter)
    text = visible(error.source.text.rstrip())
    marks = _marks(error)
    shift, shown = _window(text, marks, room)
    lines: list[Line] = [[(gutter, "border"), (shown, "")]]
    empty = " " * (len(number) + 3) + "│ "
    unders = _underlines(shown, marks, shift, room)
    return [*lines, *([(empty, "border"), *under] for under in unders)]


def _marks(error: MatcalcError) -> list[Mark]:
    """All places, from left to right; the error's own where no mark lies inside it."""
    marks = list(error.marks)
    if error.start is not None:
        end = error.start if error.end is None else error.end
        if all(mark.end <= error.start or end <= mark.start for mark in marks):
            marks.append(Mark(error.start, end))
    # nothing at all is missing at the end of a line: that too gets a caret
    marks = [Mark(mark.start, max(mark.end, mark.start + 1), mark.label) for mark in marks]
    return sorted(marks, key=lambda mark: (mark.start, mark.end))


def _window(text: str, marks: list[Mark], room: int) -> tuple[int, str]:
    """The part of a long line that shows the first mark; how many characters are left out before."""
    if not marks or width(text[: marks[-1].end]) < room:
        return 0, _clipped(text, room)
    start = marks[0].start - _LEAST_CONTEXT
    if start <= 0:
        return 0, _clipped(text, room)
    # an ellipsis stands for the last character that is left out
    return start, "…" + _clipped(text[start + 1 :], room - 1)


def _clipped(text: str, room: int) -> str:
    if len(text) <= room and width(text) <= room:
        return text
    used, kept = 1, 0
    while kept < len(text) and used + cells(text[kept]) <= room:
        used += cells(text[kept])
        kept += 1
    return text[:kept] + "…"


def _underlines(shown: str, marks: list[Mark], shift: int, room: int) -> list[list[Piece]]:
    """Carets on one line, the last label after them; the other labels below, right to left."""
    carets = ""
    last = 0
    labels: list[tuple[int, str]] = []
    for mark in marks:
        start, end = max(mark.start - shift, 0), mark.end - shift
        if start > len(shown) or (shown.endswith("…") and start >= len(shown) - 1):
            continue  # it lies in what is left out
        column = width(shown[:start])
        until = min(column + max(1, width(shown[start:end])), room)
        last = column
        carets = carets.ljust(column) + "^" * (until - max(column, len(carets)))
        if mark.label:
            labels.append((column, visible(mark.label)))
    if not carets:
        return []
    lines: list[list[Piece]] = [[(carets, "error")]]
    if labels and labels[-1][0] == last and len(carets) + 1 + width(labels[-1][1]) <= room:
        lines[0].append((" " + labels.pop()[1], "error"))
    for column, label in reversed(labels):
        place = max(0, min(column, room - width(label)))
        lines.append([(" " * place + label, "error")])
    return lines
