"""Progress: on a terminal alone, and out of the way of what is printed."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from matcalc.batch.progress import Progress

ROOT = Path(__file__).resolve().parent.parent


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_line_that_is_written_over(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    stream = Terminal()
    shown = Progress(stream, 100, before=10)
    shown.show(12, {"wrong": 0, "error": 0})
    shown.clear()
    assert stream.getvalue() == ""
    now = 2.0
    shown.show(30, {"wrong": 1, "error": 2})
    shown.show(31, {"wrong": 1, "error": 2})
    text = "30 of 100 lines (30 %), 10 a second, 7 s left, 1 wrong, 2 errors"
    assert stream.getvalue() == f"\r\x1b[K{text}"
    shown.clear()
    assert stream.getvalue() == f"\r\x1b[K{text}\r\x1b[K"


def test_what_is_done_needs_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    stream = Terminal()
    shown = Progress(stream, 1)
    now = 2.0
    shown.show(1, {"wrong": 0, "error": 0})
    shown.clear()
    assert stream.getvalue() == ""


def test_nothing_where_there_is_no_terminal() -> None:
    stream = io.StringIO()
    shown = Progress(stream, None)
    shown.show(1, {"wrong": 0, "error": 0})
    shown.clear()
    assert stream.getvalue() == ""


def test_on_standard_error(tmp_path: Path) -> None:
    file = tmp_path / "problems.txt"
    file.write_text("slow\n" * 40, "utf-8")
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.fake_engine", "derive", "--format", "text", str(file)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs, cwd=ROOT,
    ) as process:  # fmt: skip
        os.close(theirs)
        output, _ = process.communicate(timeout=60)
        shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert output.count(b"answer") == 40
    assert " of 40 lines (" in shown
    assert shown.endswith("\r\x1b[K")
