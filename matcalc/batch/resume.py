"""The output of a run as JSON Lines, and where a stopped run goes on."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import BinaryIO

from matcalc.batch.inputs import Place
from matcalc.batch.work import Record, status


class NotResumable(Exception):
    """The output file is not that of a run with these inputs; the message says why."""


class Stopped:
    """What a stopped run has left: the size of its whole lines, where it ended, what it counted.

    `last` is the source and the line of the last record, (0, 0) where there is none, and `input`
    that record's text.
    """

    __slots__ = ("counts", "input", "last", "size")

    def __init__(self) -> None:
        self.size = 0
        self.last: Place = (0, 0)
        self.input: str | None = None
        self.counts = {"ok": 0, "wrong": 0, "error": 0}


def stopped(stream: BinaryIO, files: Sequence[str]) -> Stopped:
    """What stands in the output of a stopped run over these files; a torn last line is left out.

    NotResumable for what is no such output.

    >>> import io
    >>> found = stopped(io.BytesIO(b'{"status": "ok", "line": 3, "input": "x"}\\n{"stat'), [""])
    >>> found.last, found.size
    ((0, 3), 42)
    """
    found = Stopped()
    source = 0
    while raw := stream.readline():
        record = _record(raw) if raw.endswith(b"\n") else None
        if record is None:
            # a machine that lost its power may leave zeros
            if stream.readline() or (raw.strip(b"\0") and not raw.startswith(b"{")):
                raise NotResumable(f"what follows byte {found.size} is not the output of a run")
            break
        line = record["line"]
        assert isinstance(line, int)
        file = record.get("file", "") if len(files) > 1 else ""
        if file != files[source] or (source, line) <= found.last:
            source = next((n for n in range(source + 1, len(files)) if files[n] == file), -1)
            if source < 0:
                raise NotResumable(f"the record of line {line} is not of these inputs")
        found.last = (source, line)
        found.input = str(record.get("input"))
        found.counts[status(record)] += 1
        found.size += len(raw)
    return found


def _record(raw: bytes) -> Record | None:
    try:
        record = json.loads(raw)
    except ValueError:
        return None
    if not isinstance(record, dict) or not isinstance(record.get("line"), int):
        return None
    try:
        known = status(record) in ("ok", "wrong", "error")
    except KeyError:
        return None
    return record if known else None


class Output:
    """The file that records go to, one run at a time.  OSError where it cannot be written."""

    __slots__ = ("_stream", "stopped")

    def __init__(self, path: str, resume: bool, files: Sequence[str]) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        self._stream: BinaryIO = os.fdopen(descriptor, "r+b")
        try:
            _lock(self._stream)
            self.stopped = stopped(self._stream, files) if resume else Stopped()
            if os.path.isfile(path):
                self._stream.truncate(self.stopped.size)
                self._stream.seek(self.stopped.size)
        except BaseException:
            self._stream.close()
            raise

    def write(self, lines: Iterable[str]) -> None:
        """Whole lines, there for a reader and for the next run when this returns."""
        self._stream.write("".join(line + "\n" for line in lines).encode("utf-8"))
        self._stream.flush()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


def _lock(stream: BinaryIO) -> None:
    """Two runs that write the same file would tear each other's lines."""
    if sys.platform == "win32":
        return
    import fcntl

    try:
        # a lock of this process, which its workers do not inherit
        fcntl.lockf(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise NotResumable("another run is writing it") from None
    except OSError:
        return  # a file system without locks
