"""`check --dask`: files and directories of claims answered by a dask cluster."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from matcalc.command import ALL_WELL, FAILED, WRONG_CALL, guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from matcalc.batch.work import Settings
    from matcalc.batch_command import InputFormat
    from matcalc.claims_output import Destinations
    from matcalc.distributed import Result

DaskOption = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", show_default=False, help="The scheduler of a dask cluster to check files and directories on, tcp://HOST:PORT; needs matcalc-cli[dask]."),
]  # fmt: skip
BlockOption = Annotated[
    int,
    typer.Option("--block", metavar="LINES", min=1, help="Lines of a block, with --dask."),
]
BLOCK = 10_000
OUTPUT = "verdicts"
"""The directory of the results, where none is named."""


def check_on_cluster(
    address: str,
    paths: list[str],
    format: InputFormat | None,
    output: str | None,
    settings: Settings,
    lines: int,
    destinations: Destinations,
    summary: Callable[[dict[str, int], bool], None],
) -> NoReturn:
    """Check what the paths hold; a result file a block below `output`; tell the counts, and exit."""
    from matcalc import distributed

    if not paths or "-" in paths:
        raise typer.BadParameter("it needs files or directories", param_hint="--dask")
    folder = output or OUTPUT
    try:
        files = distributed.inputs(paths, format)
    except OSError as error:
        _wrong_call(f"{error.filename}: {error.strerror or error}")
    except ValueError as error:
        _wrong_call(str(error))

    done: list[str] = []

    def results() -> Iterator[Result]:
        for result in distributed.results(files, folder, settings, lines):
            done.append(result.path)
            yield result

    def answered() -> int:
        from matcalc.batch.inputs import WrongInput
        from matcalc.batch.work import status

        counts = {"ok": 0, "wrong": 0, "error": 0}
        try:
            distributed.run(address, results(), settings, _tell)
        except (distributed.ClusterError, WrongInput) as error:
            print(f"matcalc: {error}", file=sys.stderr)
            return WRONG_CALL
        distributed.tidy(done)
        for record in distributed.records(done):
            counts[status(record)] += 1
        destinations.finish(distributed.records(done))
        summary(counts, False)
        return FAILED if counts["wrong"] or counts["error"] else ALL_WELL

    guarded(answered)


def _tell(result: Result, fresh: bool) -> None:
    """A line for each block, for whoever watches."""
    if sys.stderr.isatty():
        print(f"{result.path}{'' if fresh else '  was done'}", file=sys.stderr)


def _wrong_call(message: str) -> NoReturn:
    print(f"matcalc: {message}", file=sys.stderr)
    raise typer.Exit(WRONG_CALL)
