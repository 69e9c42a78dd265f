"""JUnit XML: read back by an XML parser and by the library."""

from __future__ import annotations

import io
import tracemalloc
from xml.etree import ElementTree

import junitparser

from matcalc.printers import junit
from tests.printers.claim_records import LINES, records


def document() -> str:
    stream = io.StringIO()
    writer = junit.JunitWriter(stream)
    for record in records():
        writer.add(record)
    writer.finish()
    return stream.getvalue()


def test_a_suite_for_each_file() -> None:
    suites = ElementTree.fromstring(document().encode("utf-8"))
    assert suites.tag == "testsuites"
    assert [suite.attrib for suite in suites] == [
        {"name": "one.txt", "tests": "3", "failures": "2", "errors": "0", "skipped": "0"},
        {"name": "<two>.txt", "tests": "3", "failures": "0", "errors": "2", "skipped": "0"},
    ]
    right, wrong, _ = suites[0]
    assert right.attrib == {"name": f"1: {LINES[0]}", "classname": "one.txt"}
    assert list(right) == []
    (failure,) = wrong
    assert failure.tag == "failure"
    assert failure.attrib["type"] == "wrong"
    assert failure.attrib["message"].startswith("right only if A is symmetric")
    assert "answer: (A + A') @ x\n" in (failure.text or "")
    (error,) = suites[1][0]
    assert (error.tag, error.attrib["type"]) == ("error", "shape")
    assert "hint: A @ B is the matrix product" in error.attrib["message"]


def test_the_library_reads_it() -> None:
    suites = list(junitparser.JUnitXml.fromstring(document().encode("utf-8")))
    assert [[case.is_passed for case in suite] for suite in suites] == [
        [True, False, False],
        [False, False, True],
    ]


def test_what_xml_cannot_hold_is_shown() -> None:
    name = ElementTree.fromstring(document().encode("utf-8"))[1][1].attrib["name"]
    assert name == "5: d(<script>alert('&amp;')</script>)/dx == ␛[31m1 # ]]> ␀�� \\"


def test_no_claims() -> None:
    stream = io.StringIO()
    junit.JunitWriter(stream).finish()
    assert len(ElementTree.fromstring(stream.getvalue().encode("utf-8"))) == 0


def test_memory_does_not_grow() -> None:
    class Nowhere(io.StringIO):
        def write(self, text: str) -> int:
            return len(text)

    writer = junit.JunitWriter(Nowhere())
    for record in records():
        writer.add(record)
    tracemalloc.start()
    for _ in range(3000):
        writer.add(records()[1])
    assert tracemalloc.get_traced_memory()[1] < 4 * junit._IN_MEMORY
    tracemalloc.stop()
    writer.finish()
