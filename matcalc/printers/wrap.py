"""Formulas and prose broken to a width: at the loosest operators first, and no character lost."""

from __future__ import annotations

import re

from matcalc.printers.measure import cells, width

_RANKS = {"+": 0, "-": 0, "−": 0, ":": 1, "@": 2, "*": 2, "/": 2, "∘": 2, "⊗": 2, "⋆": 2}
_ADDITIVE = 0
_FACTOR = 3
_AFTER_COMMA = 4
_OTHER_SPACE = 5
_LETTERS = 1000
"""Between the letters of a long Σ[i,j,k,...], where there is nothing better."""
_DEPTH = 10
"""What one more bracket around it costs a break: more than any operator."""
_NO_BREAK = 10**9
_WHERE = " where "
_NAME = re.compile(r"(?<=,) (?=[^\W\d]\w*(?:\[[^\]]*\])? = )")
"""Between two definitions: h1 = A @ x, h2[i] = ..."""
_SCRAP = 4
"""A line shorter than this part of the room is a scrap."""


def wrap_formula(text: str, room: int, indent: int = 2) -> list[str]:
    """The lines of a formula: one if it fits, else a line a term, operators at the start of lines.

    >>> wrap_formula("(A + A') @ x", 20)
    ["(A + A') @ x"]
    >>> wrap_formula("A[i,j]·B[j,k] + B[j,k]·C[k,l]", 20)
    ['A[i,j]·B[j,k]', '  + B[j,k]·C[k,l]']

    Definitions have a line each.

    >>> wrap_formula("h1 + h2 where h1 = A @ x, h2 = f(h1, x)", 22)
    ['h1 + h2', '  where h1 = A @ x,', '        h2 = f(h1, x)']
    """
    if width(text) <= room:
        return [text]
    body, _, where = text.partition(_WHERE)
    if where and room > 4 * indent:
        lines, word = wrap_formula(body, room, indent), _WHERE[1:]
        for name in _NAME.split(where):
            for line in wrap_formula(name, room - indent - len(word), indent):
                lines.append(" " * indent + word + line)
                word = " " * len(word)
        return lines
    breaks = _formula_breaks(text)
    terms = _ADDITIVE if _ADDITIVE in breaks.values() else None
    return _broken(text, breaks, room, indent, forced=terms)


def wrap_prose(text: str, room: int, indent: int = 0) -> list[str]:
    """The lines of a sentence, broken at spaces, inside a word only where it is too long.

    >>> wrap_prose("each entry of x positive", 12)
    ['each entry', 'of x', 'positive']
    """
    if width(text) <= room:
        return [text]
    breaks = {at: _OTHER_SPACE for at, character in enumerate(text) if character == " "}
    return _broken(text, breaks, room, indent)


def _formula_breaks(text: str) -> dict[int, int]:
    """Where a line may end, with what it costs; a space at a break is dropped."""
    breaks: dict[int, int] = {}
    depth = 0
    for at, character in enumerate(text):
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == "·" and at > 0:
            breaks[at] = depth * _DEPTH + _FACTOR
        elif character == "," and text[at + 1 : at + 2] not in (" ", ""):
            breaks[at + 1] = depth * _DEPTH + _LETTERS
        elif character == " " and 0 < at < len(text) - 1:
            before, after = text[at - 1], text[at + 1]
            if after in _RANKS and text[at + 2 : at + 3] == " ":
                breaks[at] = depth * _DEPTH + _RANKS[after]
            elif before in _RANKS:
                continue  # an operator stays with its right operand
            elif before == ",":
                breaks[at] = depth * _DEPTH + _AFTER_COMMA
            else:
                breaks[at] = depth * _DEPTH + _OTHER_SPACE
    return breaks


def _broken(
    text: str, breaks: dict[int, int], room: int, indent: int, forced: int | None = None
) -> list[str]:
    """Each line ends at the cheapest break that fits; at the first `forced` one in any case.

    What goes on within a forced line, a term, stands twice as far in as the next term.
    """
    lines: list[str] = []
    start = margin = 0
    while start < len(text):
        stop = _line_end(text, breaks, start, max(room - margin, 2), forced)
        lines.append(" " * margin + text[start:stop].rstrip(" "))
        margin = indent if forced is None or breaks.get(stop) == forced else 2 * indent
        margin = margin if room - margin >= 2 else 0
        start = stop
        while start < len(text) and text[start] == " ":
            start += 1
    return lines


def _line_end(text: str, breaks: dict[int, int], start: int, room: int, forced: int | None) -> int:
    cheapest, price = start, _NO_BREAK
    used, at = 0, start
    while at < len(text):
        here = breaks.get(at, _NO_BREAK) if at > start else _NO_BREAK
        if here == forced:
            return at
        # a scrap at the start of a formula is worth no line of its own
        if here < _NO_BREAK and (here <= price or cheapest - start < room // _SCRAP):
            cheapest, price = at, here
        used += cells(text[at])
        if used > room:
            return cheapest if cheapest > start else max(at, start + 1)
        at += 1
    return at
