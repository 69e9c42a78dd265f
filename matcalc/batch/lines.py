"""Many problems, a line each: read as they come, answered as they are read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, Generic, TypeVar

from matcalc.errors import InternalError, MatcalcError, Source

T = TypeVar("T")

LONGEST_LINE = 1_000_000
"""Bytes of one line; past it lies a mistake (a binary file) rather than a problem."""


class Outcome(Generic[T]):
    """What became of one problem: `answer`, or `error`."""

    __slots__ = ("answer", "error", "input", "line")

    def __init__(
        self, text: str, line: int, answer: T | None = None, error: MatcalcError | None = None
    ) -> None:
        self.input = text.strip()
        self.line = line
        self.answer = answer
        self.error = error


def numbered_lines(stream: BinaryIO) -> Iterator[tuple[int, str]]:
    """The lines of a stream of UTF-8, counted from 1, as soon as each is there.

    What is not UTF-8 becomes �, which no problem may hold; of a line that is too long only the
    start is kept, one byte more than LONGEST_LINE.

    >>> import io
    >>> list(numbered_lines(io.BytesIO(b"\\xef\\xbb\\xbfd(x)/dx\\r\\n\\xff\\n")))
    [(1, 'd(x)/dx'), (2, '�')]
    """
    number = 0
    while raw := stream.readline(LONGEST_LINE + 1):
        number += 1
        rest = raw
        while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST_LINE + 1)
        yield number, decoded(raw, first=number == 1)


def decoded(raw: bytes, first: bool = True) -> str:
    """A line as text, without its end and, if it is the first, without a byte-order mark."""
    text = raw.decode("utf-8", "replace").rstrip("\r\n")
    return text.removeprefix("\ufeff") if first else text


def argument_lines(arguments: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The lines of arguments of a command, counted through all of them.

    >>> list(argument_lines(["let x: n", "d(x)/dx"]))
    [(1, 'let x: n'), (2, 'd(x)/dx')]
    """
    number = 0
    for argument in arguments:
        # Python keeps undecodable bytes of the command line as lone surrogates
        for raw in argument.encode("utf-8", "surrogateescape").split(b"\n"):
            number += 1
            yield number, decoded(raw)


def outcomes(
    lines: Iterable[tuple[int, str]], read: Callable[[str, int], T | None]
) -> Iterator[Outcome[T]]:
    """What became of each line that is a problem, in order; nothing that a line holds stops the rest.

    `read` answers a line, gives None for one that asks nothing, and raises MatcalcError.  With
    MATCALC_DEBUG set, a fault of matcalc's own is raised as it is.

    >>> def read(text: str, line: int) -> str | None:
    ...     return text.upper() or None
    >>> [outcome.answer for outcome in outcomes([(1, "a"), (2, ""), (3, "b")], read)]
    ['A', 'B']
    """
    for line, text in lines:
        try:
            if len(text) > LONGEST_LINE:
                raise MatcalcError("limit", f"a line of more than {LONGEST_LINE} bytes")
            answer = read(text, line)
        except MatcalcError as error:
            yield Outcome(text, line, error=_placed(error, text, line))
        except MemoryError:
            limit = MatcalcError("limit", "not enough memory to derive this")
            yield Outcome(text, line, error=_placed(limit, text, line))
        except Exception as fault:
            if os.environ.get("MATCALC_DEBUG"):
                raise
            yield Outcome(text, line, error=_placed(_reported(fault), text, line))
        else:
            if answer is not None:
                yield Outcome(text, line, answer=answer)


def _placed(error: MatcalcError, text: str, line: int) -> MatcalcError:
    if error.source is None:
        error.source = Source(text, line)
    return error


def _reported(fault: Exception) -> MatcalcError:
    """A fault of ours, as an error that asks for a report: the other problems go on."""
    if not isinstance(fault, InternalError):
        what = type(fault).__name__
        fault = InternalError(f"{what}: {fault}" if str(fault) else what)
    return MatcalcError("unsupported", fault.message, hint=fault.hint)
