"""Verdicts as JUnit XML, a suite for each file, which continuous integration knows how to show."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, TextIO

from matcalc.printers.claims import details, error_of, file_of, label, reason, status_of, text_of

if TYPE_CHECKING:
    from junitparser import TestCase

_IN_MEMORY = 1 << 20
"""Characters of a suite that are kept in memory; more go to a temporary file."""


class JunitWriter:
    """Writes the records of `check` as they come, in memory that does not grow with them.

    junitparser makes each element; a suite says its counts before its cases, so those wait in a
    temporary file until their own file is at its end.

    >>> import io
    >>> stream = io.StringIO()
    >>> writer = JunitWriter(stream)
    >>> writer.add({"status": "ok", "line": 1, "input": "d(x)/dx == eye(n)"})
    >>> writer.finish()
    >>> '<testcase name="1: d(x)/dx == eye(n)" classname="matcalc.check" />' in stream.getvalue()
    True
    """

    __slots__ = ("_cases", "_counts", "_file", "_stream")

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._cases: IO[str] | None = None
        self._file = ""
        self._counts = {"ok": 0, "wrong": 0, "error": 0}
        stream.write('<?xml version="1.0" encoding="utf-8"?>\n<testsuites>\n')

    def add(self, record: Mapping[str, object]) -> None:
        """One more verdict; a wrong claim is a failure, a line that cannot be derived an error."""
        if self._cases is None or file_of(record) != self._file:
            self._finish_suite()
            self._file = file_of(record)
            self._cases = tempfile.SpooledTemporaryFile(  # noqa: SIM115  finish() closes it
                _IN_MEMORY, "w+", encoding="utf-8", newline=""
            )
        self._counts[status_of(record)] += 1
        self._cases.write(f"{_case(record).tostring().decode('utf-8')}\n")

    def finish(self) -> None:
        """The last suite, and the end of the document."""
        self._finish_suite()
        self._stream.write("</testsuites>\n")
        self._stream.flush()

    def _finish_suite(self) -> None:
        if self._cases is None:
            return
        from junitparser import TestSuite

        suite = TestSuite(self._file or "matcalc check")
        suite.tests = sum(self._counts.values())
        suite.failures, suite.errors, suite.skipped = (
            self._counts["wrong"],
            self._counts["error"],
            0,
        )
        head = suite.tostring().decode("utf-8")
        assert head.endswith("/>"), head
        self._stream.write(f"{head.removesuffix('/>').rstrip()}>\n")
        self._cases.seek(0)
        shutil.copyfileobj(self._cases, self._stream)
        self._cases.close()
        self._stream.write("</testsuite>\n")
        self._cases = None
        self._counts = {"ok": 0, "wrong": 0, "error": 0}


def _case(record: Mapping[str, object]) -> TestCase:
    from junitparser import Error, Failure, TestCase

    case = TestCase(label(record), file_of(record) or "matcalc.check")
    status = status_of(record)
    if status == "ok":
        return case
    if status == "wrong":
        result = Failure(reason(record), status)
    else:
        result = Error(reason(record), text_of(error_of(record), "kind"))
    result.text = "".join(f"{name}: {text}\n" for name, text in details(record))
    case.result = [result]
    return case
