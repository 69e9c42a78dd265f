"""How far a run is, on standard error where that is a terminal."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TextIO

_EVERY = 0.2


class Progress:
    """A line that is written over and over: lines done, their rate, the time left, wrong so far.

    `total` is the number of lines, None where nobody knows; `before` those of an earlier run.
    """

    __slots__ = ("_before", "_shown", "_started", "_stream", "_total", "_written")

    def __init__(self, stream: TextIO, total: int | None, before: int = 0) -> None:
        self._stream: TextIO | None = stream if stream.isatty() else None
        self._total = total
        self._before = before
        self._started = self._written = time.monotonic()
        self._shown = False

    def show(self, done: int, counts: Mapping[str, int]) -> None:
        """Say that so many lines are done; not at every call, and not when all are."""
        now = time.monotonic()
        if self._stream is None or done == self._total or now - self._written < _EVERY:
            return
        self._written = now
        rate = (done - self._before) / (now - self._started)
        text = progress_text(done, self._total, rate, counts)
        self._stream.write(f"\r\x1b[K{text}")
        self._stream.flush()
        self._shown = True

    def clear(self) -> None:
        """Take the line away: something else is about to be printed."""
        if self._stream is not None and self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._shown = False


def progress_text(done: int, total: int | None, rate: float, counts: Mapping[str, int]) -> str:
    """The line.

    >>> progress_text(1200, 5000, 95.2, {"wrong": 3, "error": 0})
    '1200 of 5000 lines (24 %), 95 a second, 40 s left, 3 wrong'
    >>> progress_text(12, None, 4.04, {"wrong": 0, "error": 1})
    '12 lines, 4.0 a second, 0 wrong, 1 error'
    """
    parts = [f"{done} lines" if total is None else f"{done} of {total} lines ({100 * done // max(total, 1)} %)"]  # fmt: skip
    parts.append(f"{rate:.0f} a second" if rate >= 10 else f"{rate:.1f} a second")
    if total is not None and rate > 0:
        parts.append(f"{duration(max(total - done, 0) / rate)} left")
    parts.append(f"{counts['wrong']} wrong")
    if counts["error"]:
        parts.append(f"{counts['error']} error{'s' if counts['error'] > 1 else ''}")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """A time as people say it.

    >>> duration(9.6), duration(75), duration(7300)
    ('10 s', '1 min 15 s', '2 h 1 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
