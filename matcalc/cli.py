"""The command line: problems in, answers out, and the exit status."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn, TypeVar, cast

import typer

if TYPE_CHECKING:
    from matcalc.batch import Outcome
    from matcalc.printers.answer import Answer
    from matcalc.rule_derivation import DerivedRule
    from matcalc.shape_session import Shape

T = TypeVar("T")

ALL_WELL, FAILED, WRONG_CALL, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 130, 141

Layout = Literal["jacobian", "numerator", "denominator", "vec"]
Structure = Literal["projected", "entries", "ignore"]
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


LayoutOption = Annotated[Layout, typer.Option(help="The order of the axes of the answer.")]


@app.command()
def derive(
    context: typer.Context,
    problems: Problems = None,
    layout: LayoutOption = "jacobian",
    structure: Annotated[
        Structure,
        typer.Option(help="What a derivative by a symmetric, diagonal, ... variable means."),
    ] = "projected",
    format: Annotated[Format, typer.Option(help="How answers are printed.")] = "terminal",
) -> None:
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

    Formats: terminal, a panel; text, one line of matcalc's notation; json, one object a line; latex,
    one line; numpy, a module with the functions value and derivative. Errors of problems go to
    standard error, in json to standard output.

    Exit status: 0 all is well, 1 a problem could not be derived, 2 the call is wrong.
    """
    lines = _lines(context, problems)
    from matcalc.api import Session

    session = Session(layout=layout, structure=structure)
    _answer(lines, session.read, _WRITERS[format], format == "json")


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
    lines = _lines(context, problems)
    write = _write_shape_object if format == "json" else _write_shape
    from matcalc.shape_session import ShapeSession

    _answer(lines, ShapeSession(layout).read, write, format == "json")


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

    _guarded(table)


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

    _answer(
        enumerate(sheet, 1), lambda word, _: derive_rule(sheet[word], layout), write,
        format == "json", finish,
    )  # fmt: skip


def _lines(context: typer.Context, problems: list[str] | None) -> Iterator[tuple[int, str]]:
    """The lines to answer; where there are none and nobody types them, the help instead."""
    from matcalc.batch import argument_lines, numbered_lines

    if problems and problems != ["-"]:
        return argument_lines(problems)
    if sys.stdin is None or (not problems and sys.stdin.isatty()):
        print(context.get_help())
        raise typer.Exit(ALL_WELL)
    return numbered_lines(sys.stdin.buffer)


def _answer(
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
                _write_error(outcome, json)
            sys.stdout.flush()
        finish()
        return status

    _guarded(run)


def _guarded(run: Callable[[], int]) -> NoReturn:
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


def _write_panel(answer: Answer) -> None:
    from matcalc.printers.page import page_width, write
    from matcalc.printers.terminal import panel

    write(panel(answer, page_width(sys.stdout)), sys.stdout)


def _write_text(answer: Answer) -> None:
    from matcalc.printers.plain import line

    print(line(answer))


def _write_latex(answer: Answer) -> None:
    from matcalc.printers.plain import latex_line

    print(latex_line(answer))


def _write_object(answer: Answer | DerivedRule) -> None:
    from matcalc.printers.record import to_json

    print(to_json(answer.to_dict()))


def _write_numpy(answer: Answer) -> None:
    sys.stdout.write(answer.code("numpy"))


_WRITERS: dict[Format, Callable[[Answer], None]] = {
    "terminal": _write_panel,
    "text": _write_text,
    "json": _write_object,
    "latex": _write_latex,
    "numpy": _write_numpy,
}


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


def _write_error(outcome: Outcome[T], json: bool) -> None:
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


def _write_shape(shape: Shape) -> None:
    from matcalc.printers.answer import shape_text

    print(shape_text(shape.sizes))


def _write_shape_object(shape: Shape) -> None:
    from matcalc.printers.record import to_json

    print(to_json({"input": shape.input, "status": "ok", "shape": shape.sizes}))
