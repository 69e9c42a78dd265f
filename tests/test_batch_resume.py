"""`--output FILE --resume`: each line exactly once, whatever stopped the run before."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FAKE = (sys.executable, "-m", "tests.fake_engine", "derive")
LINES = 100


def derive(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*FAKE, *arguments], capture_output=True, cwd=ROOT, check=False, timeout=60,
        encoding="utf-8",
    )  # fmt: skip


@pytest.fixture
def problems(tmp_path: Path) -> Path:
    path = tmp_path / "problems.txt"
    lines = ["bad" if n % 9 == 0 else f"slow {n}" for n in range(LINES)]
    lines[20] = lines[70] = "let x: n"
    path.write_text("\n".join(lines), "utf-8")
    return path


def counted(errors: str) -> str:
    return errors.splitlines()[-1]


def test_a_file_of_objects(problems: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    done = derive(str(problems), "--output", str(out), "--jobs", "2")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "98 problems: 86 ok, 12 errors\n"
    records = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [record["line"] for record in records] == [
        n for n in range(1, LINES + 1) if n not in (21, 71)
    ]
    # what is done is not done again, nor anything counted twice
    again = derive(str(problems), "--output", str(out), "--resume")
    assert again.stderr == done.stderr
    assert [json.loads(line) for line in out.read_text("utf-8").splitlines()] == records


def test_a_run_that_is_killed_goes_on(problems: Path, tmp_path: Path) -> None:
    whole, out = tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    expected = derive(str(problems), "--output", str(whole), "--jobs", "2")
    chance = random.Random(7)
    for jobs in ("1", "2"):
        out.unlink(missing_ok=True)
        arguments = (str(problems), "--output", str(out), "--resume", "--jobs", jobs)
        for _ in range(2):
            with subprocess.Popen([*FAKE, *arguments], cwd=ROOT, stderr=subprocess.DEVNULL) as run:
                time.sleep(0.3 + chance.random() * 0.8)
                run.kill()
        done = derive(*arguments)
        assert out.read_bytes() == whole.read_bytes()
        assert done.stderr == expected.stderr


def test_a_torn_last_line_is_mended(problems: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    derive(str(problems), "--output", str(out), "--jobs", "2")
    whole = out.read_bytes()
    for torn in (b'{"inp', b"\0\0\0", b'{"status": "ok", "line"\n', b"{"):
        out.write_bytes(b"".join(whole.splitlines(keepends=True)[:90]) + torn)
        derive(str(problems), "--output", str(out), "--resume")
        assert out.read_bytes() == whole


def test_an_interrupt_leaves_whole_lines(problems: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    arguments = (str(problems), "--output", str(out), "--jobs", "2")
    with subprocess.Popen(
        [*FAKE, *arguments], cwd=ROOT, stderr=subprocess.PIPE, encoding="utf-8"
    ) as run:
        while not out.exists() or not out.stat().st_size:
            time.sleep(0.02)
        run.send_signal(signal.SIGINT)
        _, errors = run.communicate(timeout=30)
    count = len([json.loads(line) for line in out.read_text("utf-8").splitlines()])
    assert run.returncode == 130
    assert errors.startswith(f"interrupted after {count} problem")


def test_several_files_and_one_of_them_twice(tmp_path: Path) -> None:
    one, two, out = tmp_path / "one.txt", tmp_path / "two.txt", tmp_path / "out.jsonl"
    one.write_text("x\nlet x: n\ny\n", "utf-8")
    two.write_text("# nothing\n", "utf-8")
    arguments = (str(one), str(two), str(one), str(one), "--output", str(out), "--resume")
    assert derive(*arguments).stderr == "6 problems: 6 ok\n"
    whole = out.read_bytes()
    lines = whole.splitlines(keepends=True)
    for kept in range(len(lines) + 1):
        out.write_bytes(b"".join(lines[:kept]))
        assert derive(*arguments).stderr == "6 problems: 6 ok\n"
        assert out.read_bytes() == whole


def test_what_is_no_output_is_left_alone(problems: Path, tmp_path: Path) -> None:
    out = tmp_path / "notes"
    for notes in (b"do not lose this", b"one\ntwo\n", b'{"a": 1}\n{"b": 2}\n'):
        out.write_bytes(notes)
        done = derive(str(problems), "--output", str(out), "--resume")
        assert (done.returncode, done.stdout) == (2, "")
        assert "is not the output of a run" in done.stderr
        assert out.read_bytes() == notes
    derive(str(problems), "--output", str(out), "--jobs", "2")
    changed = tmp_path / "changed.txt"
    changed.write_text("x\n" * LINES, "utf-8")
    done = derive(str(changed), "--output", str(out), "--resume")
    assert done.returncode == 2
    assert "is not what it was" in done.stderr


def test_wrong_calls(problems: Path, tmp_path: Path) -> None:
    assert derive(str(problems), "--resume").returncode == 2
    assert derive(str(problems), "--jobs", "0").returncode == 2
    done = derive(str(problems), "--output", str(problems))
    assert (done.returncode, done.stdout) == (2, "")
    assert problems.read_text("utf-8")
    done = derive(str(problems), "--output", str(tmp_path / "none" / "out"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "No such file" in done.stderr
    if os.path.exists("/dev/full"):
        done = derive(str(problems), "--output", "/dev/full")
        assert (done.returncode, counted(done.stderr)) == (2, "matcalc: No space left on device")
