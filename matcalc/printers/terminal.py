"""The panel that answers one problem on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from matcalc.printers.answer import Answer, shape_text
from matcalc.printers.measure import visible, width
from matcalc.printers.page import Line, Piece
from matcalc.printers.wrap import wrap_formula, wrap_prose

_LABEL = 13


class Panel:
    """A titled box, filled row by row: a label on the left, what it labels on the right.

    >>> from matcalc.printers.page import plain
    >>> panel = Panel("d(x)/dx", 40)
    >>> panel.formula("matrix form", "eye(n)", "answer")
    >>> print(plain(panel.lines()), end="")
    ╭─ d(x)/dx ────────────────────────────╮
    │ matrix form  eye(n)                  │
    ╰──────────────────────────────────────╯
    """

    __slots__ = ("_rows", "_title", "inner")

    def __init__(self, title: str, columns: int) -> None:
        self.inner = columns - 4
        self._title = title
        self._rows: list[list[Piece]] = []

    @property
    def room(self) -> int:
        """Cells to the right of the labels."""
        return self.inner - _LABEL

    def formula(self, label: str, text: str, style: str = "") -> None:
        self._row(label, wrap_formula(visible(text), self.room), style)

    def prose(self, label: str, text: str, style: str = "") -> None:
        self._row(label, wrap_prose(visible(text), self.room), style)

    def items(self, label: str, texts: Iterable[str], style: str = "") -> None:
        """Short things side by side, a comma between."""
        lines: list[str] = []
        for text in map(visible, texts):
            if lines and width(lines[-1]) + 2 + width(text) <= self.room:
                lines[-1] += ", " + text
            else:
                if lines:
                    lines[-1] += ","
                lines.extend(wrap_formula(text, self.room - 1))
        self._row(label, lines, style)

    def blank(self) -> None:
        self._rows.append([])

    def _row(self, label: str, lines: list[str], style: str) -> None:
        for line in lines:
            self._rows.append([(label.ljust(_LABEL), "label"), (line, style)])
            label = ""

    def lines(self) -> list[Line]:
        """The box; a title too long for its edge goes inside."""
        title, rows = visible(self._title), self._rows
        if width(title) > self.inner - 2:
            heads: list[list[Piece]] = [
                [(line, "title")] for line in wrap_formula(title, self.inner)
            ]
            rows = [*heads, [], *rows]
            top: list[Piece] = [("╭" + "─" * (self.inner + 2) + "╮", "border")]
        else:
            rest = "─" * (self.inner - 1 - width(title))
            top = [("╭─ ", "border"), (title, "title"), (f" {rest}╮", "border")]
        box: list[Line] = [top]
        for row in rows:
            used = sum(width(text) for text, _ in row)
            box.append([("│ ", "border"), *row, (" " * (self.inner - used) + " │", "border")])
        box.append([("╰" + "─" * (self.inner + 2) + "╯", "border")])
        return box


def panel(answer: Answer, columns: int = 80) -> list[Line]:
    """The panel of an answer, `columns` cells wide."""
    box = Panel(_title(answer.input), columns)
    if answer.declared:
        box.items("where", answer.declared)
    for number, definition in enumerate(answer.definitions):
        box.formula("" if number or answer.declared else "where", definition)
    if answer.inferred:
        box.items("inferred", answer.inferred, "note")
    if answer.value_index is not None:
        box.formula("value", answer.value_index)
    box.blank()
    box.formula("index form", answer.index, "" if answer.matrix else "answer")
    if answer.matrix is not None:
        box.formula("matrix form", answer.matrix, "answer")
    elif answer.kronecker is not None:
        by = "".join(f"∂vec({name})" for name in answer.wrt)
        box.formula("vec form", f"∂vec(Y)/{by} = {answer.kronecker}", "answer")
    box.prose("dimensions", _dimensions(answer))
    box.blank()
    if answer.conditions:
        box.prose("holds where", "; ".join(answer.conditions))
    for note in answer.notes:
        box.prose("note", note, "note")
    box.prose("verified", verification(answer.verified), "good")
    if answer.claim is not None:
        from matcalc.printers.verdict import outcome_text

        good = answer.claim.status == "ok"
        box.prose("claim", outcome_text(answer.claim), "good" if good else "error")
    return box.lines()


def _title(text: str) -> str:
    """The problem without its declarations and comment, which have rows of their own."""
    problem = text.split("#", 1)[0].strip()
    return problem.split(" where ", 1)[0].strip() or problem


def _dimensions(answer: Answer) -> str:
    parts = [shape_text(answer.shape)]
    if answer.axes:
        parts.append(f"[{','.join(answer.axes)}]")
    if answer.order:
        parts.append(f"{answer.layout} layout")
    return "  ".join(parts)


def verification(verified: Mapping[str, object]) -> str:
    """How an answer was verified, in words.

    >>> verification({"method": "exact", "ok": True, "error_probability": 1e-17})
    'exactly, modulo a 61-bit prime; error probability < 1e-17'
    >>> verification({"method": "numeric", "ok": True, "tolerance": 1e-7, "max_error": 2e-12})
    'in floating point; largest relative error 2e-12 (limit 1e-07)'
    """
    method = str(verified.get("method"))
    text = _METHODS.get(method, method)
    match verified:
        case {"error_probability": float() as probability} if probability > 0:
            text += f"; error probability < {probability:.0e}"
        case {"max_error": float() as error, "tolerance": float() as tolerance}:
            text += f"; largest relative error {error:.0e} (limit {tolerance:.0e})"
    return text


_METHODS = {
    "exact": "exactly, modulo a 61-bit prime",
    "numeric": "in floating point",
}
