"""The panel that answers one problem on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from matcalc.printers.answer import Answer, shape_text
from matcalc.printers.measure import visible, width
from matcalc.printers.page import Line, Piece
from matcalc.printers.wrap import wrap_formula, wrap_prose

_LABEL = 13
_LEAST = 2
"""Lines that a section keeps in a panel too high: its first, and one that says how many more."""
_GIVEN = 3
"""Lines of what repeats the problem, in a panel too high for the answer."""
_COST_TERMS = 4
"""Terms of a polynomial that are shown."""
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_HIDDEN = "lines are not shown: --full shows all, and so does a pipe, | less"


class Section:
    """Rows that belong together; `given` of what repeats the problem."""

    __slots__ = ("given", "rows")

    def __init__(self, rows: list[list[Piece]], given: bool = False) -> None:
        self.rows = rows
        self.given = given


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

    __slots__ = ("_sections", "_title", "inner")

    def __init__(self, title: str, columns: int) -> None:
        self.inner = columns - 4
        self._title = title
        self._sections: list[Section] = []

    @property
    def room(self) -> int:
        """Cells to the right of the labels."""
        return self.inner - _LABEL

    def formula(self, label: str, text: str, style: str = "") -> None:
        self._row(label, wrap_formula(visible(text), self.room), style)

    def prose(self, label: str, text: str, style: str = "") -> None:
        self._row(label, wrap_prose(visible(text), self.room), style)

    def items(self, label: str, texts: Iterable[str], style: str = "") -> None:
        """Short things side by side, a comma between; they are given."""
        lines: list[str] = []
        for text in map(visible, texts):
            if lines and width(lines[-1]) + 2 + width(text) <= self.room:
                lines[-1] += ", " + text
            else:
                if lines:
                    lines[-1] += ","
                lines.extend(wrap_formula(text, self.room - 1))
        self._row(label, lines, style, given=True)

    def definitions(self, label: str, texts: Iterable[str], given: bool = False) -> None:
        """A line each, or as many as each takes."""
        lines = [line for text in texts for line in wrap_formula(visible(text), self.room)]
        self._row(label, lines, "", given)

    def blank(self) -> None:
        self._sections.append(Section([[]]))

    def _row(self, label: str, lines: list[str], style: str, given: bool = False) -> None:
        rows: list[list[Piece]] = []
        for line in lines:
            rows.append([(label.ljust(_LABEL), "label"), (line, style)])
            label = ""
        self._sections.append(Section(rows, given))

    def lines(self, height: int | None = None) -> list[Line]:
        """The box; a title too long for its edge goes inside.

        Where it is higher than `height`, long rows are cut, and a last line says how many lines are
        not shown.
        """
        title, sections = visible(self._title), self._sections
        if width(title) > self.inner - 2:
            head: list[list[Piece]] = [
                [(line, "title")] for line in wrap_formula(title, self.inner)
            ]
            sections = [Section(head, given=True), Section([[]]), *sections]
            top: list[Piece] = [("╭" + "─" * (self.inner + 2) + "╮", "border")]
        else:
            rest = "─" * (self.inner - 1 - width(title))
            top = [("╭─ ", "border"), (title, "title"), (f" {rest}╮", "border")]
        hidden = 0
        rows = [row for section in sections for row in section.rows]
        if height is not None and len(rows) + 2 > height:
            rows, hidden = _cut(sections, height - 3)
        box: list[Line] = [top]
        for row in rows:
            used = sum(width(text) for text, _ in row)
            box.append([("│ ", "border"), *row, (" " * (self.inner - used) + " │", "border")])
        box.append([("╰" + "─" * (self.inner + 2) + "╯", "border")])
        if hidden:
            box.append([(f"{hidden} {_HIDDEN}", "note")])
        return box


def _cut(sections: list[Section], room: int) -> tuple[list[list[Piece]], int]:
    """The rows that fit into the room, the longest sections cut alike; and how many are left out."""
    kept = [
        min(len(section.rows), _GIVEN if section.given else len(section.rows))
        for section in sections
    ]
    while sum(kept) > room and max(kept) > _LEAST:
        # from the end, so that of equals the first one keeps more
        longest = max(range(len(kept)), key=lambda place: (kept[place], place))
        kept[longest] -= 1
    rows: list[list[Piece]] = []
    hidden = 0
    for section, most in zip(sections, kept, strict=True):
        rest = len(section.rows) - most
        if rest:
            rest += 1
            hidden += rest
            note = [(" " * _LABEL, ""), (f"… {rest} more lines", "note")]
            rows += [*section.rows[: most - 1], note]
        else:
            rows += section.rows
    return rows, hidden


def panel(answer: Answer, columns: int = 80, height: int | None = None) -> list[Line]:
    """The panel of an answer, `columns` cells wide, cut to the height if there is one."""
    box = Panel(_title(answer.input), columns)
    if answer.declared:
        box.items("where", answer.declared)
    box.definitions("" if answer.declared else "where", answer.definitions, given=True)
    if answer.inferred:
        box.items("inferred", answer.inferred, "note")
    index, matrix = answer.index_form, answer.matrix_form
    if answer.value_form is not None:
        box.formula("value", answer.value_form.body)
        # those of the index form stand below it
        below = set(index.names)
        box.definitions("  where", [n for n in answer.value_form.names if n not in below])
    box.blank()
    box.formula("index form", index.body, "" if matrix else "answer")
    box.definitions("  where", index.names)
    if matrix is not None:
        box.formula("matrix form", matrix.body, "answer")
        box.definitions("  where", matrix.names)
    elif answer.kronecker_form is not None:
        by = "".join(f"∂vec({name})" for name in answer.wrt)
        box.formula("vec form", f"∂vec(Y)/{by} = {answer.kronecker_form.body}", "answer")
        box.definitions("  where", answer.kronecker_form.names)
    box.prose("dimensions", _dimensions(answer))
    box.blank()
    if answer.conditions:
        box.prose("holds where", "; ".join(answer.conditions))
    cost = answer.cost  # before the notes, as there may be one on it
    for note in answer.notes:
        box.prose("note", note, "note")
    box.prose("verified", verification(answer.verified), "good")
    if cost is not None:
        box.prose("cost", cost_text(cost))
    if answer.claim is not None:
        from matcalc.printers.verdict import outcome_text

        good = answer.claim.status == "ok"
        box.prose("claim", outcome_text(answer.claim), "good" if good else "error")
    return box.lines(height)


def cost_text(cost: Mapping[str, object]) -> str:
    """What the code of an answer costs, a long polynomial by its leading terms.

    >>> cost_text({"flops": "2*m*n^2 + 3*m", "largest": "m*n"})
    '2·m·n² + 3·m flops; largest array m·n'
    >>> cost_text({"flops": "n^3", "largest": "n^2", "at": {"n": 2000}, "flops_at": 8000000000,
    ...     "largest_at": 4000000})
    'n³ flops; largest array n²; at n = 2000: 8e+09 flops, 4e+06 entries'
    """
    terms = str(cost["flops"]).split(" + ")
    shown = " + ".join(terms[:_COST_TERMS]) + (" + …" if len(terms) > _COST_TERMS else "")
    largest = str(cost["largest"])
    if len(largest) > _COST_TERMS * 20:
        largest = largest[: _COST_TERMS * 20].rpartition(",")[0] + ", …)"
    text = _spelled(f"{shown} flops; largest array {largest}")
    at = cost.get("at")
    if isinstance(at, Mapping):
        sizes = ", ".join(f"{name} = {size}" for name, size in at.items())
        head = f"; at {sizes}: " if sizes else ": "
        text += f"{head}{_rounded(cost['flops_at'])} flops, {_rounded(cost['largest_at'])} entries"
    return text


def _spelled(polynomial: str) -> str:
    """With the signs that people write: 2·m·n² for 2*m*n^2."""
    base, *powers = polynomial.replace("*", "·").split("^")
    for power in powers:
        digits = len(power) - len(power.lstrip("0123456789"))
        base += power[:digits].translate(_SUPERSCRIPTS) + power[digits:]
    return base


def _rounded(number: object) -> str:
    return f"{number:.3g}" if isinstance(number, int) and number >= 10**6 else str(number)


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
