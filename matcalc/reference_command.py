"""The commands `functions` and `rules`: what matcalc knows."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from matcalc.command import ALL_WELL, LayoutOption, answer_lines, guarded

if TYPE_CHECKING:
    from matcalc.rule_derivation import DerivedRule


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
