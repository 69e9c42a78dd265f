"""The commands `fold` and `expand`: index notation into matrix notation and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from matcalc.command import answer_lines, read_lines

if TYPE_CHECKING:
    from matcalc.notation_session import Rewritten

Expressions = Annotated[
    list[str] | None,
    typer.Argument(metavar="[EXPRESSION]...", show_default=False, help="Expressions; without any, or with -, a line each from standard input."),
]  # fmt: skip
Format = Annotated[Literal["text", "json"], typer.Option(help="How results are printed.")]


def fold(context: typer.Context, expressions: Expressions = None, format: Format = "text") -> None:
    """Write expressions in index notation as matrix expressions.

    \b
    matcalc fold "(sum[j](A[i,j]*B[k,j]))[i,k]"
    matcalc fold "sum[i,j](x[i]*A[i,j]*y[j])" --format json

    The result is read back and compared before it is printed. What has no matrix form with two
    indices is an error that says so.
    """
    _rewrite(context, expressions, format, fold=True)


def expand(
    context: typer.Context, expressions: Expressions = None, format: Format = "text"
) -> None:
    """Write matrix expressions in index notation, which the language reads as well.

    \b
    matcalc expand "A @ B'"
    matcalc expand "diag(x) @ A where x: m"

    The result is read back and compared before it is printed.
    """
    _rewrite(context, expressions, format, fold=False)


def _rewrite(
    context: typer.Context, expressions: list[str] | None, format: str, fold: bool
) -> None:
    lines = read_lines(context, expressions)
    write = _write_object if format == "json" else _write_line
    from matcalc.notation_session import NotationSession

    answer_lines(lines, NotationSession(fold).read, write, format == "json")


def _write_line(answer: Rewritten) -> None:
    from matcalc.printers.measure import visible

    print(visible(answer.output))


def _write_object(answer: Rewritten) -> None:
    from matcalc.printers.record import to_json

    print(to_json(answer.to_dict()))
