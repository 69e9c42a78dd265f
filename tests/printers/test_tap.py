"""TAP 14: the whole text, and that nothing of a line is taken for a directive."""

from __future__ import annotations

import io
import json
import re

from matcalc.printers.tap import TapWriter
from tests.printers.claim_records import LINES, records


def document() -> str:
    stream = io.StringIO()
    writer = TapWriter(stream)
    for record in records():
        writer.add(record)
    writer.finish()
    return stream.getvalue()


def test_points_and_plan() -> None:
    lines = document().splitlines()
    assert (lines[0], lines[-1]) == ("TAP version 14", "1..6")
    points = [re.match(r"(ok|not ok) (\d+) - ", line) for line in lines]
    assert [(m[1], m[2]) for m in points if m] == [
        ("ok", "1"), ("not ok", "2"), ("not ok", "3"), ("not ok", "4"), ("not ok", "5"), ("ok", "6"),
    ]  # fmt: skip
    assert lines[1] == f"ok 1 - one.txt:1: {LINES[0]}"


def test_diagnostics() -> None:
    assert (
        "not ok 2 - one.txt:2: d(x'@A@x)/dx == 2*A@x where A: n x n, x: n\n"
        "  ---\n"
        '  status: "wrong"\n'
        '  claim: "2*A@x"\n'
        '  answer: "(A + A\') @ x"\n'
        '  dimensions: "n"\n'
        '  diagnosis: "right only if A is symmetric; in general: (A + A\') @ x"\n'
        '  method: "exact"\n'
        "  ...\n"
    ) in document()
    for block in re.findall(r"^  ---\n(.*?)^  \.\.\.$", document(), re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            _, text = line.strip().split(": ", 1)
            assert isinstance(json.loads(text), str)


def test_nothing_is_a_directive() -> None:
    (hard,) = [line for line in document().splitlines() if line.startswith("not ok 5")]
    assert hard.endswith(r"== ␛[31m1 \# ]]> ␀�� \\")
    assert document().isprintable() or "\x1b" not in document()


def test_each_point_is_written_as_it_comes() -> None:
    stream = io.StringIO()
    writer = TapWriter(stream)
    writer.add(records()[0])
    assert stream.getvalue().count("\n") == 2


def test_no_claims() -> None:
    stream = io.StringIO()
    TapWriter(stream).finish()
    assert stream.getvalue() == "TAP version 14\n1..0 # SKIP no claims\n"
