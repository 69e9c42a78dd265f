"""The command `check`: claims in, verdicts out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, BinaryIO, Literal

import typer

from matcalc.command import (
    ALL_WELL,
    FAILED,
    WRONG_CALL,
    LayoutOption,
    StructureOption,
    guarded,
    write_error,
)

if TYPE_CHECKING:
    from matcalc.printers.answer import Claim

Format = Literal["terminal", "text", "json"]
Source = tuple[str, Iterator[tuple[int, str]]]
"""The name of a file, empty where there is but one, and its numbered lines."""


def check(
    context: typer.Context,
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE]...", show_default=False, help="Files of claims, - for standard input; without any, standard input."),
    ] = None,
    expressions: Annotated[
        list[str] | None,
        typer.Option("-e", "--expression", metavar="'EXPRESSION == CLAIM'", show_default=False, help="A claim; may be given several times."),
    ] = None,
    layout: LayoutOption = "jacobian",
    structure: StructureOption = "projected",
    format: Annotated[Format, typer.Option(help="How verdicts are printed.")] = "terminal",
) -> None:  # fmt: skip
    """Check claims, and say what is wrong with those that are.

    A claim is one line, EXPRESSION == CLAIM [where DECLARATIONS]. It is compared with the answer of
    matcalc: by canonical form, else exactly, else numerically.

    \b
    matcalc check -e "d(x'@A@x)/dx == (A + A')@x"
    matcalc check -e "d(tr(X^3))/dX == 2*(X')^2 where X: n x n"
    matcalc check homework.txt --layout denominator
    matcalc check --format json < claims.txt

    A line of a file may also be a statement for the lines after it; # starts a comment:

    \b
    let A: m x n, b: m, x: n
    layout denominator
    d(normsq(A@x - b))/dx == 2*A'@(A@x - b)

    Formats: terminal; text, one line a claim with tabs in it; json, one object a line. Errors of
    lines and the closing count go to standard error, in json errors go to standard output.

    Exit status: 0 all claims are right, 1 a claim is wrong or a line could not be derived, 2 the call
    is wrong.
    """  # fmt: skip
    with ExitStack() as opened:
        sources = _sources(context, opened, files or [], expressions or [])
        guarded(lambda: _checked(sources, layout, structure, format))


def _sources(
    context: typer.Context, opened: ExitStack, files: list[str], expressions: list[str]
) -> list[Source]:
    """What to check; all files are opened first, so that a name that is none costs no time."""
    from matcalc.batch import argument_lines, numbered_lines

    if not files and not expressions:
        if sys.stdin is None or sys.stdin.isatty():
            print(context.get_help())
            raise typer.Exit(ALL_WELL)
        files = ["-"]
    sources: list[Source] = []
    if expressions:
        sources.append(("", argument_lines(expressions)))
    several = len(files) + len(sources) > 1
    for name in files:
        stream: BinaryIO
        if name == "-":
            stream, shown = sys.stdin.buffer, "standard input"
        else:
            try:
                stream = opened.enter_context(open(name, "rb"))  # noqa: SIM115
                shown = name
            except OSError as error:
                text = name.encode("utf-8", "replace").decode("utf-8")
                print(f"matcalc: {text}: {error.strerror or error}", file=sys.stderr)
                raise typer.Exit(WRONG_CALL) from None
        sources.append((shown if several else "", numbered_lines(stream)))
    return sources


def _checked(sources: list[Source], layout: str, structure: str, format: str) -> int:
    """Write each verdict as soon as it is there, then the count of each kind."""
    from matcalc.api import Session
    from matcalc.batch import outcomes

    counts = {"ok": 0, "wrong": 0, "error": 0}
    for name, lines in sources:
        # statements of one file do not hold in the next
        session = Session(layout=layout, structure=structure)
        for outcome in outcomes(lines, session.check):
            if outcome.answer is not None:
                counts[outcome.answer.status] += 1
                _write(
                    outcome.answer, format, f"{name}:{outcome.line}" if name else str(outcome.line)
                )
            else:
                counts["error"] += 1
                if name and format != "json":
                    print(f"{name}:", file=sys.stderr)
                write_error(outcome, format == "json", outcome.line)
            sys.stdout.flush()
    if format != "json":
        from matcalc.printers.verdict import summary

        print(summary(counts["ok"], counts["wrong"], counts["error"]), file=sys.stderr)
    return FAILED if counts["wrong"] or counts["error"] else ALL_WELL


def _write(verdict: Claim, format: str, place: str) -> None:
    match format:
        case "json":
            from matcalc.printers.record import to_json

            print(to_json(verdict.to_dict()))
        case "text":
            from matcalc.printers.verdict import verdict_text

            print(verdict_text(verdict))
        case "terminal":
            from matcalc.printers.page import page_width, write
            from matcalc.printers.verdict import verdict_lines

            write(verdict_lines(verdict, page_width(sys.stdout), place), sys.stdout)
        case _:
            raise AssertionError(f"no format {format}")
