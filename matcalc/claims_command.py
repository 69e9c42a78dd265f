"""The command `check`: claims in, verdicts out."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import Annotated, Literal

import typer

from matcalc.batch_command import (
    MEMORY,
    TIMEOUT,
    InputFormatOption,
    JobsOption,
    MemoryOption,
    OutputOption,
    ResumeOption,
    Run,
    TimeoutOption,
    answer_sources,
    open_sources,
    settings,
    tell_summary,
    write_json,
    write_shown,
)
from matcalc.command import ALL_WELL, LayoutOption, StructureOption

Format = Literal["terminal", "text", "json"]


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
    input_format: InputFormatOption = None,
    jobs: JobsOption = None,
    timeout: TimeoutOption = TIMEOUT,
    memory: MemoryOption = MEMORY,
    output: OutputOption = None,
    resume: ResumeOption = False,
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

    JSON Lines hold an object a line, with problem and, where wanted, claim, layout and id; CSV has the
    columns problem, claim and layout; what else is there passes through to the JSON.

    \b
    matcalc check answers.csv --format json --jobs 4
    matcalc check many.jsonl --output verdicts.jsonl --resume

    Formats: terminal; text, one line a claim with tabs in it; json, one object a line. Errors of
    lines and the closing count go to standard error, in json errors go to standard output.

    Exit status: 0 all claims are right, 1 a claim is wrong or a line could not be derived, 2 the call
    is wrong.
    """  # fmt: skip
    if not files and not expressions:
        if sys.stdin is None or sys.stdin.isatty():
            print(context.get_help())
            raise typer.Exit(ALL_WELL)
        files = ["-"]
    run = Run(jobs, timeout, memory, output, resume)
    with ExitStack() as opened:
        sources = open_sources(opened, expressions or [], files or [], input_format)
        shown = "json" if output is not None else format
        answer_sources(
            sources,
            settings("check", layout, structure, shown, run),
            run,
            write_json if shown == "json" else write_shown,
            tell_summary("claim", wanted=format != "json" or output is not None),
        )
