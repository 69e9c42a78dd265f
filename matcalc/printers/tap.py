"""Verdicts as TAP, the Test Anything Protocol, version 14: a line each, as they come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

from matcalc.printers.claims import details, file_of, label, status_of


class TapWriter:
    """Writes the records of `check`; the plan stands at the end, since nobody knows it before.

    >>> import sys
    >>> writer = TapWriter(sys.stdout)
    TAP version 14
    >>> writer.add({"status": "wrong", "line": 2, "input": "d(x) == 1", "diagnosis": "no"})
    not ok 1 - 2: d(x) == 1
      ---
      status: "wrong"
      diagnosis: "no"
      ...
    >>> writer.finish()
    1..1
    """

    __slots__ = ("_count", "_stream")

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._count = 0
        stream.write("TAP version 14\n")

    def add(self, record: Mapping[str, object]) -> None:
        """One more verdict; below one that is not ok a block of YAML says why."""
        self._count += 1
        status = status_of(record)
        result = "ok" if status == "ok" else "not ok"
        file = file_of(record)
        description = _escaped(f"{file}:{label(record)}" if file else label(record))
        self._stream.write(f"{result} {self._count} - {description}\n")
        if status != "ok":
            fields = [("status", status), *details(record)]
            block = "".join(f"  {name}: {_scalar(text)}\n" for name, text in fields)
            self._stream.write(f"  ---\n{block}  ...\n")
        self._stream.flush()

    def finish(self) -> None:
        """The plan."""
        plan = f"1..{self._count}" if self._count else "1..0 # SKIP no claims"
        self._stream.write(f"{plan}\n")
        self._stream.flush()


def _escaped(text: str) -> str:
    """A description in which # starts no directive."""
    return text.replace("\\", "\\\\").replace("#", "\\#")


def _scalar(text: str) -> str:
    """A string of YAML: every string of JSON is one."""
    import json

    return json.dumps(text, ensure_ascii=False)
