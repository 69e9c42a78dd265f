"""Lines of styled pieces, and the one place that turns styles into colours.

What is printed is laid out without colour first; Rich is loaded only where colour is wanted.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TextIO

Piece = tuple[str, str]
"""A text and the name of its style, a key of STYLES."""

Line = Sequence[Piece]

STYLES = {
    "": "",
    "border": "dim",
    "title": "bold",
    "label": "cyan",
    "answer": "bold",
    "good": "green",
    "note": "yellow",
    "error": "bold red",
    "faint": "dim",
}

WIDEST = 100
NARROWEST = 40


def coloured(stream: TextIO) -> bool:
    """Whether to colour what goes to the stream: NO_COLOR, then FORCE_COLOR, then a terminal's."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM", "") not in ("dumb", "unknown")


def page_width(stream: TextIO) -> int:
    """Columns to lay out for: the terminal's within reason, 80 where there is none."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        found = int(columns)
    else:
        try:
            found = os.get_terminal_size(stream.fileno()).columns or 80
        except (OSError, ValueError):
            found = 80
    return max(NARROWEST, min(found, WIDEST))


def page_height(stream: TextIO) -> int | None:
    """Lines that a terminal shows above its prompt; None of what is no terminal."""
    try:
        return os.get_terminal_size(stream.fileno()).lines - 1 if stream.isatty() else None
    except (OSError, ValueError):
        return None


def plain(lines: Iterable[Line]) -> str:
    """The lines without colour.

    >>> plain([[("verified ", "label"), ("exactly", "good")]])
    'verified exactly\\n'
    """
    return "".join("".join(text for text, _ in line) + "\n" for line in lines)


def write(lines: Iterable[Line], stream: TextIO) -> None:
    """Send the lines to the stream, in colour where it shows colour."""
    if not coloured(stream):
        stream.write(plain(lines))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(
        file=stream, force_terminal=True, markup=False, emoji=False, highlight=False
    )  # fmt: skip
    for line in lines:
        text = Text.assemble(*((piece, STYLES[style]) for piece, style in line))
        console.print(text, soft_wrap=True)
