"""The command `shape`: the dimensions of expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from matcalc.command import LayoutOption, ProblemsArgument, answer_lines, read_lines

if TYPE_CHECKING:
    from matcalc.shape_session import Shape


def shape(
    context: typer.Context,
    problems: ProblemsArgument = None,
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
    write = _write_object if format == "json" else _write_line
    from matcalc.shape_session import ShapeSession

    answer_lines(lines, ShapeSession(layout).read, write, format == "json")


def _write_line(shape: Shape) -> None:
    from matcalc.printers.answer import shape_text

    print(shape_text(shape.sizes))


def _write_object(shape: Shape) -> None:
    from matcalc.printers.record import to_json

    print(to_json({"input": shape.input, "status": "ok", "shape": shape.sizes}))
