"""The room that text takes on a terminal, and text that is safe to send there."""

from __future__ import annotations

_INVISIBLE = ("Mn", "Me", "Cf")


def width(text: str) -> int:
    """Cells that the text takes: combining marks none, wide characters two.

    >>> width("A @ x"), width("x\\u0302"), width("行列")
    (5, 1, 4)
    """
    if text.isascii():
        return len(text)
    return sum(map(cells, text))


def cells(character: str) -> int:
    """Cells that one character takes: 0, 1 or 2."""
    if character < "\u0300":
        return 1
    from unicodedata import category, east_asian_width

    if category(character) in _INVISIBLE:
        return 0
    return 2 if east_asian_width(character) in ("W", "F") else 1


def visible(text: str) -> str:
    """The text with each character that would steer a terminal replaced by one that shows it.

    The length stays, so that columns do: a tab is a space, ESC is ␛, what turns the direction of
    writing is �.

    >>> visible("d(\\x1b[31mx)\\tdx\\u202e")
    'd(␛[31mx) dx�'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character == "\t":
        return " "
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if character.isprintable() or (cells(character) == 0 and character not in _DIRECTIONS):
        return character
    return " " if character.isspace() else "�"


_DIRECTIONS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
