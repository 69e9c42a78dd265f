"""The command line: problems in, answers out, and the exit status."""

# no `from __future__ import annotations`: typer would have to compile each of them anew
import atexit
import gc
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from importlib import import_module
from typing import Annotated, Any, Literal, cast

import typer
from typer.core import TyperCommand, TyperGroup

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
from matcalc.command import (
    ALL_WELL,
    WRONG_CALL,
    LayoutOption,
    ProblemsArgument,
    StructureOption,
)
from matcalc.derive_options import (
    AtOption,
    CompressedOption,
    SelfTestOption,
    code_options,
    sizes_of,
)

Format = Literal["terminal", "text", "json", "latex", "numpy", "jax", "torch"]

MODULES = {
    "derive": "matcalc.cli",
    "check": "matcalc.claims_command",
    "shape": "matcalc.shape_command",
    "fold": "matcalc.notation_command",
    "expand": "matcalc.notation_command",
    "functions": "matcalc.reference_command",
    "rules": "matcalc.reference_command",
}
"""Each command with the module that holds its function, in the order of the help."""


class Commands(Mapping[str, TyperCommand]):
    """The commands by name, each made when it is asked for: a start makes the one that it runs."""

    def __init__(self) -> None:
        self._made: dict[str, TyperCommand] = {}

    def __getitem__(self, name: str) -> TyperCommand:
        if name not in self._made:
            function = getattr(import_module(MODULES[name]), name)
            alone = typer.Typer(add_completion=False, rich_markup_mode=None)
            alone.command(name)(function)
            self._made[name] = cast(TyperCommand, typer.main.get_command(alone))
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)


class Group(TyperGroup):
    """`matcalc` itself, the group of the commands."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "commands": Commands()})


app = typer.Typer(
    name="matcalc",
    cls=Group,
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
    # graphs only grow while they are made: to look for cycles every 700 objects would be a third of the time
    gc.set_threshold(50_000)
    # the process ends all at once: no collector need look first for what could be freed one by one
    atexit.register(gc.freeze)
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


def derive(
    context: typer.Context,
    problems: ProblemsArgument = None,
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
    full: Annotated[
        bool,
        typer.Option("--full", help="Show all of an answer; without it a terminal shows a screenful."),
    ] = False,
    at: AtOption = None,
    self_test: SelfTestOption = False,
    compressed: CompressedOption = False,
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
    one line; numpy, jax and torch, a module for that library with the functions value, derivative
    and value_and_derivative. Errors of problems go to standard error, in json to standard output.

    \b
    matcalc derive "d2(normsq(U@V' - T))/dU2 where U: m x k, V: n x k" --at m=2000,n=1000,k=5
    matcalc derive "d2(normsq(U@V' - T))/dU2" --format numpy --compressed --self-test > hessian.py

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
    sizes = None if at is None else sizes_of(at)
    code = code_options("json" if output is not None else format, self_test, compressed)
    run = Run(jobs, TIMEOUT if timeout is None else timeout, memory, output, resume)
    with ExitStack() as opened:
        sources = open_sources(opened, texts, files, input_format, output)
        shown = "json" if output is not None else format
        answer_sources(
            sources,
            settings("derive", layout, structure, shown, run, full, sizes, code),
            run,
            write_json if shown == "json" else write_shown,
            tell_summary("problem", wanted=output is not None, interrupted=bool(files)),
        )
