"""Worker processes: order, limits, and what is left of a run that somebody disturbs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FAKE = (sys.executable, "-m", "tests.fake_engine", "derive", "--format", "json")


def derive(*arguments: str, stdin: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*FAKE, *arguments], input=stdin, capture_output=True, cwd=ROOT, check=False, timeout=60,
        encoding="utf-8",
    )  # fmt: skip


def told(output: str) -> list[str]:
    """The inputs of the answers; of errors kind and message."""
    found = []
    for line in output.splitlines():
        record = json.loads(line)
        error = record.get("error")
        found.append(f"{error['kind']}: {error['message']}" if error else record["input"])
    return found


def children(process: subprocess.Popen[str]) -> list[int]:
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(word) for word in path.read_text().split()]


def test_order_is_kept() -> None:
    lines = [f"slow {n}" if n % 37 == 5 else f"x {n}" for n in range(700)]
    text = "let x: n\n" + "".join(line + "\n" for line in lines)
    done = derive("--jobs", "3", stdin=text)
    assert (done.returncode, done.stderr) == (0, "")
    assert told(done.stdout) == lines
    assert done.stdout == derive("--jobs", "1", stdin=text).stdout


@pytest.mark.parametrize("format", ["terminal", "text", "latex", "numpy"])
def test_every_format_is_the_same_from_workers(format: str) -> None:
    text = "x 1\nbad 2\ny 3\n"
    one = derive("--format", format, stdin=text)
    several = derive("--format", format, "--jobs", "2", stdin=text)
    assert one.stdout
    assert (several.stdout, several.stderr) == (one.stdout, one.stderr)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_line_that_takes_too_long_is_a_limit(jobs: str) -> None:
    lines = [f"x {n}" for n in range(20)]
    lines[3] = lines[11] = "wait"
    done = derive("--jobs", jobs, "--timeout", "0.3", stdin="\n".join(lines))
    expected = ["limit: this takes longer than 0.3 s" if line == "wait" else line for line in lines]
    assert told(done.stdout) == expected
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_line_that_takes_too_much_memory_is_a_limit(jobs: str) -> None:
    done = derive("--jobs", jobs, "--memory", "1000", stdin="x\ngrow\ny\n")
    assert told(done.stdout) == ["x", "limit: not enough memory to derive this", "y"]


def test_a_line_that_stops_its_worker_is_a_limit() -> None:
    lines = [f"x {n}" for n in range(12)]
    lines[2] = "die"
    lines[9] = "stop"
    done = derive("--jobs", "2", "--timeout", "0.3", stdin="\n".join(lines))
    expected = list(lines)
    expected[2] = "limit: each process that worked on this was stopped, 3 times"
    expected[9] = "limit: this takes longer than 0.3 s"
    assert told(done.stdout) == expected
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_workers_that_are_killed_lose_no_line() -> None:
    lines = [f"slow {n}" for n in range(200)]
    with subprocess.Popen(
        [*FAKE, "--jobs", "2"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, cwd=ROOT, encoding="utf-8",
    ) as process:  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write("\n".join(lines))
        process.stdin.close()
        first = process.stdout.readline()
        for _ in range(3):
            os.kill(children(process)[-1], signal.SIGKILL)
            time.sleep(0.1)
        output = first + process.stdout.read()
        assert process.stderr is not None
        errors = process.stderr.read()
    assert told(output) == lines
    assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_tells_the_counts_so_far(jobs: str) -> None:
    with subprocess.Popen(
        [*FAKE, "--jobs", jobs], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, cwd=ROOT, encoding="utf-8", start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write("x\n" * 8 + "wait\n" * 8)
        process.stdin.close()
        shown = [process.stdout.readline() for _ in range(8)]
        time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)
        rest = process.stdout.read()
        assert process.stderr is not None
        errors = process.stderr.read()
    assert (len(told("".join(shown))), rest) == (8, "")
    assert (process.returncode, errors) == (130, "interrupted after 8 problems: 8 ok\n")


def test_a_reader_that_leaves_ends_it_quietly() -> None:
    command = f"yes x | {' '.join(FAKE)} --jobs 2 | head -n 2"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, cwd=ROOT, check=False, timeout=60,
        encoding="utf-8",
    )  # fmt: skip
    assert (told(done.stdout), done.stderr) == (["x", "x"], "")
