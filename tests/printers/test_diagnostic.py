"""Errors as people read them: these texts are reviewed like code."""

from __future__ import annotations

from matcalc.errors import Mark, MatcalcError, Source
from matcalc.printers.diagnostic import diagnostic
from matcalc.printers.measure import width
from matcalc.printers.page import plain


def shown(
    text: str,
    start: int,
    end: int,
    *marks: Mark,
    line: int = 1,
    message: str = "no",
    hint: str | None = None,
    columns: int = 80,
) -> str:
    error = MatcalcError("shape", message, marks=marks, hint=hint)
    error.source, error.start, error.end = Source(text, line), start, end
    return plain(diagnostic(error, columns))


def test_marks_under_both_operands() -> None:
    problem = "d(A*B)/dA where A: m x n, B: n x p"
    assert (
        shown(
            problem, 2, 5, Mark(2, 3, "m×n"), Mark(4, 5, "n×p"),
            message="* needs equal shapes", hint="A @ B is the matrix product", line=12,
        )
        == """\
shape error: * needs equal shapes
  12 │ d(A*B)/dA where A: m x n, B: n x p
     │   ^ ^ n×p
     │   m×n
  hint: A @ B is the matrix product
"""
    )  # fmt: skip


def test_marks_elsewhere_leave_the_place_itself() -> None:
    problem = "d(A@x)/dx where A: m x n, A: n x n"
    assert (
        shown(problem, 26, 27, Mark(16, 17, "first here"))
        == """\
shape error: no
  1 │ d(A@x)/dx where A: m x n, A: n x n
    │                 ^         ^
    │                 first here
"""
    )


def test_the_end_of_the_line() -> None:
    assert shown("d(x'@x)/d", 9, 9).splitlines()[-1] == "    │          ^"


def test_wide_characters_and_tabs_keep_the_carets_in_place() -> None:
    assert shown("行列\t@ x", 5, 6).splitlines()[1:] == ["  1 │ 行列 @ x", "    │        ^"]


def test_a_long_line_is_cut_around_the_place() -> None:
    problem = "d(" + "x + " * 5000 + "y @ z" + " + x" * 5000 + ")/dx"
    at = problem.index("y @ z")
    lines = shown(problem, at, at + 5, columns=60).splitlines()
    assert all(width(line) <= 60 for line in lines)
    under = lines[2].index("^")
    assert lines[1][under : under + 5] == "y @ z"
    assert lines[2].count("^") == 5


def test_marks_far_apart_on_a_long_line() -> None:
    problem = "A" + " + x" * 60 + " + B"
    lines = shown(
        problem, 0, len(problem), Mark(0, 1, "m"), Mark(len(problem) - 1, len(problem), "n")
    )
    assert all(width(line) <= 80 for line in lines.splitlines())
    assert "^ m" in lines


def test_no_escape_sequence_gets_through() -> None:
    assert "\x1b" not in shown("d(\x1b[31mx)", 2, 3, message="what is \x1b?", hint="\x1b")


def test_long_messages_are_wrapped() -> None:
    lines = shown("x", 0, 1, message="word " * 40, hint="other " * 40)
    assert all(width(line) <= 80 for line in lines.splitlines())
