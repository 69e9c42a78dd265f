"""The command line: problems in, answers out, and the exit status."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, cast

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
    answer_sources,
    divided,
    open_sources,
    settings,
    tell_summary,
    write_json,
    write_shown,
)
from matcalc.claims_command import check
from matcalc.command import (
    ALL_WELL,
    WRONG_CALL,
    LayoutOption,
    StructureOption,
    answer_lines,
    guarded,
    read_lines,
)
from matcalc.notation_command import expand, fold

if TYPE_CHECKING:
    from matcalc.rule_derivation import DerivedRule
    from matcalc.shape_session import Shape

T = TypeVar("T")

Format = Literal["terminal", "text", "json", "latex", "numpy"]

app = typer.Typer(
    name="matcalc",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def main() -> None:
    """The command `matcalc`."""
    for stream in (sys.stdout, sys.stderr):
        if stream is None:
            sys.exit(WRONG_CALL)
        # answers are Unicode whatever the locale says; results of a pipe are UTF-8
        if stream.encoding.lower().replace("-", "") != "utf8":
            cast(Any, stream).reconfigure(encoding="utf-8")
    app(prog_name="matcalc")


def _version(wanted: bool) -> None:
    if wanted:
        from matcalc import __version__

        print(f"matcalc {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def matcalc(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Matrix and tensor derivatives, each one verified.

    \b
    matcalc derive "d(x' @ A @ x)/dx"
    matcalc derive "d(A@B)/dX where A(X): MxN, B(X): NxP, X: UxV" --layout denominator
    matcalc derive --format json < problems.txt
    matcalc check -e "d(tr(X^3))/dX == 2*(X')^2"
    matcalc functions
    matcalc rules product

    `matcalc COMMAND --help` tells more of each command.
    """
    if context.invoked_subcommand is None:
        print(context.get_help())


Problems = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PROBLEM]...", show_default=False, help="Problems; without any, or with -, a line each from standard input."),
]  # fmt: skip


@app.command()
def derive(
    context: typer.Context,
    problems: Problems = None,
    layout: LayoutOption = "jacobian",
    structure: StructureOption = "projected",
    format: Annotated[Format, typer.Option(help="How answers are printed.")] = "terminal",
    input_format: InputFormatOption = None,
    jobs: JobsOption = None,
    timeout: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=0, show_default=False, help="What a line may take; 0 is no bound. Without it 10, for problems that are arguments no bound."),
    ] = None,
    memory: MemoryOption = MEMORY,
    output: OutputOption = None,
    resume: ResumeOption = False,
) -> None:  # fmt: skip
    """Derive problems, and show how each answer was verified.

    A problem is one line, EXPRESSION [where DECLARATIONS]. What is not declared is inferred: upper
    case is a matrix, lower case a vector.

    \b
    matcalc derive "d(x' @ A @ x)/dx"
    matcalc derive "d(logdet(X))/dX where X: n x n symmetric" --structure entries
    matcalc derive "d2(sum(log(1 + exp(-y*(X@w)))))/dw2 where X: m x n, w: n, y: m"

    Lines from standard input are answered as they come; # starts a comment, and a line may be a
    statement for the lines after it:

    \b
    let A: m x n, b: m, r = A@x - b
    layout denominator
    d(r'@r)/dx

    A file is an argument that ends with .txt, .jsonl, .ndjson or .csv. JSON Lines hold an object a
    line, with problem and, where wanted, layout and id; CSV has the columns problem and layout; what
    else is there passes through to the JSON.

    \b
    matcalc derive problems.jsonl --format json --jobs 4
    matcalc derive problems.txt --output answers.jsonl --resume

    Formats: terminal, a panel; text, one line of matcalc's notation; json, one object a line; latex,
    one line; numpy, a module with the functions value and derivative. Errors of problems go to
    standard error, in json to standard output.

    The verdict on a claim, EXPRESSION == CLAIM, follows the answer; `matcalc check` prints it alone.

    Exit status: 0 all is well, 1 a problem could not be derived or a claim is wrong, 2 the call is
    wrong.
    """
    texts, files = divided(problems or [])
    if not texts and not files:
        if sys.stdin is None or sys.stdin.isatty():
            print(context.get_help())
            raise typer.Exit(ALL_WELL)
        files = ["-"]
    if not files:
        # who waits for an answer can end the wait as well
        timeout, memory = timeout or 0.0, 0
    run = Run(jobs, TIMEOUT if timeout is None else timeout, memory, output, resume)
    with ExitStack() as opened:
        sources = open_sources(opened, texts, files, input_format, output)
        shown = "json" if output is not None else format
        answer_sources(
            sources,
            settings("derive", layout, structure, shown, run),
            run,
            write_json if shown == "json" else write_shown,
            tell_summary("problem", wanted=output is not None, interrupted=bool(files)),
        )


app.command()(check)


@app.command()
def shape(
    context: typer.Context,
    problems: Problems = None,
    layout: LayoutOption = "jacobian",
    format: Annotated[
        Literal["text", "json"], typer.Option(help="How dimensions are printed.")
    ] = "text",
) -> None:
    """Show the dimensions of expressions, without deriving them.

    \b
    matcalc shape "A@B where A: m x n, B: n x p"
    matcalc shape "d(A@x)/dA" --layout denominator
    """
    lines = read_lines(context, problems)
    write = _write_shape_object if format == "json" else _write_shape
    from matcalc.shape_session import ShapeSession

    answer_lines(lines, ShapeSession(layout).read, write, format == "json")


app.command()(fold)
app.command()(expand)


@app.command()
def functions(
    format: Annotated[
        Literal["terminal", "text", "json", "markdown"],
        typer.Option(help="How the table is printed."),
    ] = "terminal",
) -> None:
    """List the functions of the language."""
    from matcalc.printers import function_table

    def table() -> int:
        if format == "json":
            from matcalc.printers.record import to_json

            for row in function_table.rows():
                print(to_json(function_table.function_object(row)))
        elif format == "text":
            for row in function_table.rows():
                print(function_table.call_text(row), function_table.description(row), sep="\t")
        elif format == "markdown":
            print(function_table.markdown())
        else:
            from matcalc.printers.page import page_width, write

            write(function_table.functions_lines(page_width(sys.stdout)), sys.stdout)
        return ALL_WELL

    guarded(table)


@app.command()
def rules(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            show_default=False,
            help="A rule or function, or the start of several names: product; all without it.",
        ),
    ] = None,
    layout: LayoutOption = "jacobian",
    format: Annotated[
        Literal["terminal", "text", "latex", "json"],
        typer.Option(help="How the rules are printed."),
    ] = "terminal",
) -> None:
    """Show the rules of calculus for matrices: sums, products, the chain rule, every function.

    Each is derived and verified as it is shown: as a differential, in index notation, and as the
    derivative in the layout, with its dimensions.

    \b
    matcalc rules product
    matcalc rules inverse --layout vec
    matcalc rules --format latex > rules.tex

    Formats: terminal, a table; text, one line a rule with tabs in it; latex, a sheet of two pages;
    json, one object a line.
    """
    from matcalc.errors import MatcalcError
    from matcalc.rule_sheet import chosen

    try:
        sheet = {rule.name: rule for rule in chosen(name)}
    except MatcalcError as error:
        raise typer.BadParameter(f"{error.message}; {error.hint}", param_hint="NAME") from None
    from matcalc.rule_derivation import derive_rule

    derived: list[DerivedRule] = []
    write = _RULE_WRITERS.get(format, derived.append)

    def finish() -> None:
        if derived:
            _RULE_SHEETS[format](derived)

    answer_lines(
        enumerate(sheet, 1), lambda word, _: derive_rule(sheet[word], layout), write,
        format == "json", finish,
    )  # fmt: skip


def _write_object(answer: DerivedRule) -> None:
    from matcalc.printers.record import to_json

    print(to_json(answer.to_dict()))


def _write_rule(rule: DerivedRule) -> None:
    from matcalc.printers.rule_table import rule_text

    print(rule_text(rule))


def _write_rule_table(derived: list[DerivedRule]) -> None:
    from matcalc.printers.page import page_width, write
    from matcalc.printers.rule_table import rule_lines

    write(rule_lines(derived, page_width(sys.stdout)), sys.stdout)


def _write_rule_sheet(derived: list[DerivedRule]) -> None:
    from matcalc.printers.rule_latex import sheet

    sys.stdout.write(sheet(derived))


_RULE_WRITERS: dict[str, Callable[[DerivedRule], None]] = {
    "text": _write_rule,
    "json": _write_object,
}
_RULE_SHEETS: dict[str, Callable[[list[DerivedRule]], None]] = {
    "terminal": _write_rule_table,
    "latex": _write_rule_sheet,
}


def _write_shape(shape: Shape) -> None:
    from matcalc.printers.answer import shape_text

    print(shape_text(shape.sizes))


def _write_shape_object(shape: Shape) -> None:
    from matcalc.printers.record import to_json

    print(to_json({"input": shape.input, "status": "ok", "shape": shape.sizes}))
