"""The command: what it reads, where it writes, how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import get_args

import pytest

from matcalc import cli
from matcalc.command import Layout, Structure
from matcalc.functions import FUNCTIONS
from tests.terminal import on_terminal

ROOT = Path(__file__).resolve().parent.parent
FAKE = (sys.executable, "-m", "tests.fake_engine")


def environment(**more: str) -> dict[str, str]:
    base = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    return {**base, **more}


def matcalc(
    *arguments: str | bytes, stdin: bytes = b"", **more: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*FAKE, *arguments], input=stdin, capture_output=True, cwd=ROOT, env=environment(**more),
        check=False, timeout=60,
    )  # fmt: skip


def lines(done: subprocess.CompletedProcess[bytes]) -> list[str]:
    return done.stdout.decode("utf-8").splitlines()


def objects(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, object]]:
    return [json.loads(line) for line in lines(done)]


def test_arguments_are_answered_in_order() -> None:
    done = matcalc("derive", "--format", "text", "d(x)/dx", "let x: n\nd(y)/dy", "# nothing")
    assert (done.returncode, lines(done), done.stderr) == (0, ["answer 1", "answer 3"], b"")


def test_lines_of_standard_input() -> None:
    done = matcalc("derive", "--format", "text", stdin=b"\n# c\nd(x)/dx\r\nlet x: n\nd(y)/dy")
    assert (done.returncode, lines(done)) == (0, ["answer 3", "answer 5"])


def test_a_dash_is_standard_input() -> None:
    assert lines(matcalc("derive", "--format", "text", "-", stdin=b"x\n")) == ["answer 1"]


def test_nothing_in_nothing_out() -> None:
    done = matcalc("derive")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_the_other_lines_go_on_after_an_error() -> None:
    done = matcalc("derive", "--format", "text", stdin=b"x\nbad x\ny\n")
    assert (done.returncode, lines(done)) == (1, ["answer 1", "answer 3"])
    assert done.stderr.decode("utf-8") == (
        "shape error: bad\n  2 │ bad x\n    │ ^^^ m×n\n  hint: good\n"
    )


def test_errors_of_the_json_format_are_objects_on_standard_output() -> None:
    done = matcalc("derive", "--format", "json", stdin=b" bad x \nx\n")
    assert (done.returncode, done.stderr) == (1, b"")
    error, answer = objects(done)
    assert error == {
        "input": "bad x",
        "status": "error",
        "error": {
            "kind": "shape", "message": "bad", "line": 1, "column": 1, "end_column": 8,
            "hint": "good",
        },
    }  # fmt: skip
    assert answer["status"] == "ok"


@pytest.mark.parametrize("line", ["fault", "crash"])
def test_a_fault_of_ours_asks_for_a_report(line: str) -> None:
    done = matcalc("derive", "--format", "json", line, "x")
    fault, answer = objects(done)
    assert (done.returncode, done.stderr, answer["status"]) == (1, b"", "ok")
    error = fault["error"]
    assert isinstance(error, dict)
    assert error["kind"] == "unsupported"
    assert "a fault in matcalc" in error["message"]
    assert "report" in error["hint"]
    assert error["line"] == 1


def test_debugging_shows_where_a_fault_is() -> None:
    done = matcalc("derive", "crash", MATCALC_DEBUG="1")
    assert b"ZeroDivisionError" in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize(
    "stdin",
    [b"\xff\xfe x\n", b"\xed\xa0\x80\n", b"\x00\n", b"d(\x1b[31mx)\n", "\u2028 x\u0085\n".encode()],
)
def test_what_is_no_text_is_an_error_in_json(stdin: bytes) -> None:
    done = matcalc("derive", "--format", "json", stdin=stdin)
    assert [entry["status"] for entry in objects(done)] == ["error"]
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"\x1b" not in matcalc("derive", stdin=stdin).stderr


def test_undecodable_arguments() -> None:
    done = matcalc("derive", "--format", "json", b"\xff x")
    assert [entry["input"] for entry in objects(done)] == ["� x"]


def test_a_byte_order_mark_is_no_part_of_a_problem() -> None:
    assert (
        objects(matcalc("derive", "--format", "json", stdin=b"\xef\xbb\xbfx\n"))[0]["input"] == "x"
    )


def test_a_line_without_end_is_a_limit() -> None:
    done = matcalc("derive", "--format", "json", stdin=b"x" * 5_000_000 + b"\ny\n")
    first, second = objects(done)
    assert isinstance(first["error"], dict)
    assert (first["error"]["kind"], second["status"]) == ("limit", "ok")


@pytest.mark.parametrize("format", get_args(cli.Format))
def test_every_format_prints(format: str) -> None:
    done = matcalc("derive", "--format", format, "x")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.strip()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_output_is_utf8_whatever_the_locale(encoding: str) -> None:
    done = matcalc("derive", "x", PYTHONIOENCODING=encoding)
    assert "Σⱼ" in done.stdout.decode("utf-8")


def test_no_colour_in_a_pipe() -> None:
    assert b"\x1b" not in matcalc("derive", "x", "bad").stdout
    assert b"\x1b" in matcalc("derive", "x", FORCE_COLOR="1").stdout
    assert b"\x1b" not in matcalc("derive", "x", FORCE_COLOR="1", NO_COLOR="1").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("derive", "--formt", "json", "x"),
        ("derive", "--format", "yaml", "x"),
        ("derive", "--layout", "rows", "x"),
        ("drive", "x"),
        ("functions", "--layout", "vec"),
    ],
)
def test_a_wrong_call(arguments: tuple[str, ...]) -> None:
    done = matcalc(*arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Traceback" not in done.stderr
    assert done.stderr


def test_answers_come_as_lines_come() -> None:
    with subprocess.Popen(
        [*FAKE, "derive", "--format", "text"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=environment(),
    ) as process:  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        for number in (1, 2, 3):
            process.stdin.write(b"x\n")
            process.stdin.flush()
            assert process.stdout.readline() == f"answer {number}\n".encode()


def test_a_reader_that_leaves_ends_it_quietly() -> None:
    command = f"yes x | {sys.executable} -m tests.fake_engine derive --format text | head -n 2"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, cwd=ROOT, env=environment(), check=False,
        timeout=60,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == (b"answer 1\nanswer 2\n", b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_reported() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*FAKE, "derive", "x"], stdout=full, stderr=subprocess.PIPE, cwd=ROOT,
            env=environment(), check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (2, b"matcalc: No space left on device\n")


def test_an_interrupt_ends_it_quietly() -> None:
    with subprocess.Popen(
        [*FAKE, "derive", "--format", "text", "x", "wait"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, env=environment(),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == b"answer 1\n"
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (130, b"")


def in_terminal(*arguments: str, **more: str) -> tuple[int, str]:
    """The exit status and what stands on the terminal that is input, output and error."""
    return on_terminal([*FAKE, *arguments], environment(TERM="xterm", **more))


def test_on_a_terminal_without_problems_there_is_help() -> None:
    status, shown = in_terminal("derive")
    assert status == 0
    assert shown.startswith("Usage: matcalc derive")


def test_colour_on_a_terminal() -> None:
    assert "\x1b[" in in_terminal("derive", "x")[1]
    assert "\x1b[" in in_terminal("derive", "bad")[1]
    assert "\x1b[" not in in_terminal("derive", "x", NO_COLOR="1")[1]


def test_help_and_version() -> None:
    assert lines(matcalc())[0].startswith("Usage: matcalc [OPTIONS] COMMAND")
    for command in ("derive", "shape", "functions", "rules"):
        done = matcalc(command, "--help")
        assert done.returncode == 0
        assert f"  matcalc {command}" in done.stdout.decode() or command == "functions"
    assert lines(matcalc("--version"))[0].startswith("matcalc ")


@pytest.mark.parametrize("format", ["terminal", "text", "json", "markdown"])
def test_functions_lists_what_users_may_write(format: str) -> None:
    done = matcalc("functions", "--format", format)
    shown = done.stdout.decode("utf-8")
    if format == "json":
        shown = "\n".join(str(entry["call"]) for entry in objects(done))
    assert done.returncode == 0
    for row in FUNCTIONS.values():
        assert (f"{row.name}(" in shown) != row.internal
    if format == "terminal":
        assert all(len(line) <= 80 for line in shown.splitlines())


def test_the_choices_are_those_of_the_engine() -> None:
    from matcalc import api

    assert get_args(Layout) == api.LAYOUTS
    assert get_args(Structure) == api.STRUCTURES


@pytest.mark.parametrize(
    ("problem", "layout", "expected"),
    [
        ("A@B where A: m x n, B: n x p", "jacobian", "m×p"),
        ("d(A@B)/dA where A: m x n, B: n x p", "jacobian", "m×p×m×n"),
        ("d(A@B)/dA where A: m x n, B: n x p", "denominator", "m×n×p×m"),
        ("d(A@B)/dA where A: m x n, B: n x p", "vec", "m*p × m*n"),
        ("d2(x'@x)/dx2 where x: 3", "numerator", "3×3"),
        ("x'@x where x: n", "denominator", "scalar"),
    ],
)
def test_shape(problem: str, layout: str, expected: str) -> None:
    assert lines(matcalc("shape", "--layout", layout, problem)) == [expected]


def test_shape_keeps_statements() -> None:
    done = matcalc(
        "shape", "--format", "json", stdin=b"let A: m x 3\nlayout denominator\nd(A@x)/dx\n"
    )
    assert objects(done) == [{"input": "d(A@x)/dx", "status": "ok", "shape": [3, "m"]}]
