"""Where the verdicts of `check` go: formats, the report, a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.terminal import on_terminal

ROOT = Path(__file__).resolve().parent.parent
LINES = "d(x'@x)/dx == 2*x\nd(x'@x)/dx == x\nd(x == 1\n"


def check(*arguments: str, stdin: str = LINES) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "matcalc", "check", *arguments], input=stdin, capture_output=True,
        cwd=ROOT, check=False, timeout=60, encoding="utf-8",
    )  # fmt: skip


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_junit_and_tap(jobs: str) -> None:
    done = check("--format", "junit", "--jobs", jobs)
    assert (done.returncode, done.stderr) == (1, "3 claims: 1 ok, 1 wrong, 1 error\n")
    (suite,) = ElementTree.fromstring(done.stdout.encode("utf-8"))
    assert [len(case) for case in suite] == [0, 1, 1]
    done = check("--format", "tap", "--jobs", jobs)
    assert done.returncode == 1
    assert done.stdout.startswith("TAP version 14\nok 1 - 1: d(x'@x)/dx == 2*x\nnot ok 2 - ")
    assert done.stdout.endswith("1..3\n")


def test_a_report_goes_with_any_format(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    done = check("--report", str(path), "--format", "json")
    assert (done.returncode, done.stderr) == (1, "")
    assert [json.loads(line)["status"] for line in done.stdout.splitlines()] == ["ok", "wrong", "error"]  # fmt: skip
    assert path.read_text("utf-8").count("<article") == 3


def test_a_report_of_a_run_that_goes_on(tmp_path: Path) -> None:
    path, output, page = tmp_path / "in.txt", tmp_path / "out.jsonl", tmp_path / "report.html"
    path.write_text(LINES, "utf-8")
    assert check("--output", str(output), str(path)).returncode == 1
    first = output.read_text("utf-8").splitlines(keepends=True)[0]
    output.write_text(first, "utf-8")
    done = check("--output", str(output), "--resume", "--report", str(page), "--format", "tap", str(path))  # fmt: skip
    assert done.returncode == 1
    assert done.stdout.endswith("1..3\n")
    assert page.read_text("utf-8").count("<article") == 3


def test_a_report_that_cannot_be_written(tmp_path: Path) -> None:
    done = check("--report", str(tmp_path / "none" / "report.html"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "No such file" in done.stderr


@pytest.mark.parametrize("colour", [True, False])
def test_a_terminal_has_a_table(tmp_path: Path, colour: bool) -> None:
    path = tmp_path / "in.txt"
    path.write_text(LINES, "utf-8")
    environment = {**os.environ, "COLUMNS": "80", "TERM": "xterm"}
    environment.pop("FORCE_COLOR", None)
    environment |= {} if colour else {"NO_COLOR": "1"}
    command = [sys.executable, "-m", "matcalc", "check", str(path)]
    status, text = on_terminal(command, environment, errors=False)
    assert status == 1
    assert ("\x1b[" in text) == colour
    assert "a claim stands after the whole expression" in text
    if not colour:
        assert {len(line) for line in text.splitlines()} == {80}
