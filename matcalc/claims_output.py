"""Where the verdicts of `check` go: to the terminal or a pipe in a format, and into a report."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from matcalc.batch_command import write_json, write_shown
from matcalc.command import WRONG_CALL

if TYPE_CHECKING:
    from matcalc.batch.work import Record
    from matcalc.printers.claims import ClaimWriter

Format = Literal["terminal", "text", "json", "junit", "tap"]

ReportOption = Annotated[
    str | None,
    typer.Option(metavar="FILE.html", show_default=False, help="Write a page too: every claim with its verdict, formulas set."),
]  # fmt: skip

_SHOWN = ("terminal", "text")
"""Formats that a worker lays out; the others, a terminal's table among them, are made of records."""


class Destinations:
    """Takes the records in order, and ends what must be ended.

    With `output`, the file that the records themselves go to, the rest is made of it at the end: it
    may hold those of an earlier run.
    """

    __slots__ = ("_output", "_plain", "_writers", "laid_out")

    def __init__(self, format: Format, report: str | None, output: str | None) -> None:
        self._output = output
        self._writers: list[ClaimWriter] = []
        self._plain: Callable[[Record], None] | None = None
        table = format == "terminal" and output is None and sys.stdout.isatty()
        self.laid_out = format if format in _SHOWN and output is None and not table else "json"
        if format == "junit":
            from matcalc.printers.junit import JunitWriter

            self._writers.append(JunitWriter(sys.stdout))
        elif format == "tap":
            from matcalc.printers.tap import TapWriter

            self._writers.append(TapWriter(sys.stdout))
        elif table:
            from matcalc.printers.verdict_table import TableWriter

            self._writers.append(TableWriter(sys.stdout))
        elif output is None:
            self._plain = write_shown if format in _SHOWN else write_json
        if report is not None:
            from matcalc.printers.report import ReportWriter

            try:
                self._writers.append(ReportWriter(report))
            except OSError as error:
                print(f"matcalc: {report}: {error.strerror or error}", file=sys.stderr)
                raise typer.Exit(WRONG_CALL) from None

    def write(self, record: Record) -> None:
        """One more record."""
        if self._plain is not None:
            self._plain(record)
        for writer in self._writers:
            writer.add(record)

    def finish(self, records: Iterable[Record] | None = None) -> None:
        """After the last one; `records` are those that were not written here, if not of the file."""
        if self._writers and self._output is not None:
            for record in _of_file(self._output) if records is None else records:
                for writer in self._writers:
                    writer.add(record)
        for writer in self._writers:
            writer.finish()

    def before(
        self, tell: Callable[[dict[str, int], bool], None]
    ) -> Callable[[dict[str, int], bool], None]:
        """What finishes, and then tells the counts."""

        def told(counts: dict[str, int], interrupted: bool) -> None:
            self.finish()
            tell(counts, interrupted)

        return told


def _of_file(path: str) -> Iterable[Record]:
    import json

    with open(path, encoding="utf-8") as file:
        for line in file:
            record: Record = json.loads(line)
            yield record
