"""What the commands share: their options, how a run ends, where errors go."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from matcalc.batch import Outcome

T = TypeVar("T")

ALL_WELL, FAILED, WRONG_CALL, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 130, 141

Layout = Literal["jacobian", "numerator", "denominator", "vec"]
Structure = Literal["projected", "entries", "ignore"]

ProblemsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PROBLEM]...", show_default=False, help="Problems; without any, or with -, a line each from standard input."),
]  # fmt: skip
LayoutOption = Annotated[Layout, typer.Option(help="The order of the axes of the answer.")]
StructureOption = Annotated[
    Structure,
    typer.Option(help="What a derivative by a symmetric, diagonal, ... variable means."),
]


def guarded(run: Callable[[], int]) -> NoReturn:
    """Run, and exit with its status; a reader that went away (`| head`) is no error to report."""
    try:
        status = run()
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BrokenPipeError:
        status = BROKEN_PIPE
    except OSError as error:
        print(f"matcalc: {error.strerror or error}", file=sys.stderr)
        status = WRONG_CALL
    if status in (BROKEN_PIPE, WRONG_CALL):
        # the interpreter flushes once more at its end, which must not fail again
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise typer.Exit(status)


def read_lines(context: typer.Context, problems: list[str] | None) -> Iterator[tuple[int, str]]:
    """The lines to answer; where there are none and nobody types them, the help instead."""
    from matcalc.batch import argument_lines, numbered_lines

    if problems and problems != ["-"]:
        return argument_lines(problems)
    if sys.stdin is None or (not problems and sys.stdin.isatty()):
        print(context.get_help())
        raise typer.Exit(ALL_WELL)
    return numbered_lines(sys.stdin.buffer)


def answer_lines(
    lines: Iterator[tuple[int, str]],
    read: Callable[[str, int], T | None],
    write: Callable[[T], None],
    json: bool,
    finish: Callable[[], None] = lambda: None,
) -> NoReturn:
    """Write the answer of each line as soon as it is there, finish, then exit."""
    from matcalc.batch import outcomes

    def run() -> int:
        status = ALL_WELL
        for outcome in outcomes(lines, read):
            if outcome.answer is not None:
                write(outcome.answer)
            else:
                status = FAILED
                write_error(outcome, json)
            sys.stdout.flush()
        finish()
        return status

    guarded(run)


def write_error(outcome: Outcome[T], json: bool) -> None:
    """To standard output as an object where a program reads, else to standard error."""
    assert outcome.error is not None
    if json:
        from matcalc.printers.record import error_object, to_json

        print(to_json(error_object(outcome.input, outcome.error)))
    else:
        from matcalc.printers.diagnostic import diagnostic
        from matcalc.printers.page import page_width, write

        sys.stdout.flush()
        write(diagnostic(outcome.error, page_width(sys.stderr)), sys.stderr)
