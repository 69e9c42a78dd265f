"""The command `check`: claims in, verdicts out."""

# no `from __future__ import annotations`: typer would have to compile each of them anew
import sys
from contextlib import ExitStack
from typing import Annotated

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
)
from matcalc.claims_output import Destinations, Format, ReportOption
from matcalc.cluster_command import BLOCK, BlockOption, DaskOption, check_on_cluster
from matcalc.command import ALL_WELL, LayoutOption, StructureOption


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
    report: ReportOption = None,
    dask: DaskOption = None,
    block: BlockOption = BLOCK,
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
    matcalc check homework/*.txt --report homework.html
    matcalc check --dask tcp://HOST:8786 --output DIRECTORY FILES AND DIRECTORIES

    Formats: terminal, a table where that is one; text, one line a claim with tabs in it; json, one
    object a line; junit, XML with a suite for each file; tap, TAP version 14. For text, and for terminal
    where that is none, errors of lines go to standard error, else to standard output; the closing
    count goes to standard error, for json nowhere.

    With --dask, blocks of lines are answered by the workers of a cluster, each into a file of its own
    below DIRECTORY (verdicts, if not given): FILE/000001-DIGEST.jsonl. The same call again skips the
    blocks that are done.

    Exit status: 0 all claims are right, 1 a claim is wrong or a line could not be derived, 2 the call
    is wrong.
    """  # fmt: skip
    if not files and not expressions:
        if sys.stdin is None or sys.stdin.isatty():
            print(context.get_help())
            raise typer.Exit(ALL_WELL)
        files = ["-"]
    tell = tell_summary("claim", wanted=format != "json" or output is not None)
    if dask is not None:
        _only_files(expressions, jobs, resume)
        run = Run(None, timeout, memory, output or "", False)
        check_on_cluster(
            dask, files or [], input_format, output, settings("check", layout, structure, "json", run), block,
            Destinations(format, report, ""), tell,
        )  # fmt: skip
    run = Run(jobs, timeout, memory, output, resume)
    with ExitStack() as opened:
        sources = open_sources(opened, expressions or [], files or [], input_format, output)
        destinations = Destinations(format, report, output)
        answer_sources(
            sources,
            settings("check", layout, structure, destinations.laid_out, run),
            run,
            destinations.write,
            destinations.before(tell),
        )


def _only_files(expressions: list[str] | None, jobs: int | None, resume: bool) -> None:
    """What goes with --dask, and what it does by itself."""
    given = {"--expression": expressions, "--jobs": jobs, "--resume": resume or None}
    for option, value in given.items():
        if value is not None:
            raise typer.BadParameter("not together with --dask", param_hint=option)
