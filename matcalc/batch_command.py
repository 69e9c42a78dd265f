"""What `derive` and `check` share: many problems in, records out, and where they go."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Literal, NoReturn

import typer

from matcalc.command import ALL_WELL, FAILED, INTERRUPTED, WRONG_CALL, guarded

if TYPE_CHECKING:
    from matcalc.batch.inputs import Place, Source
    from matcalc.batch.resume import Output
    from matcalc.batch.work import Record, Settings

InputFormat = Literal["text", "jsonl", "csv"]

ENDINGS = (".txt", ".jsonl", ".ndjson", ".csv")

SMALL = 2000
"""Lines below which another process is not worth its start."""

InputFormatOption = Annotated[
    InputFormat | None,
    typer.Option(show_default=False, help="What the lines are; without it, what a file's name says: .jsonl, .ndjson, .csv, else text."),
]  # fmt: skip
JobsOption = Annotated[
    int | None,
    typer.Option("--jobs", "-j", metavar="N", min=1, max=1024, show_default=False, help=f"Processes; without it, all cores for files of {SMALL} lines and more, else one."),
]  # fmt: skip
TimeoutOption = Annotated[
    float,
    typer.Option(metavar="SECONDS", min=0, help="What a line may take; 0 is no bound."),
]
MemoryOption = Annotated[
    int,
    typer.Option(metavar="MIB", min=0, help="Memory that a process may take; 0 is no bound."),
]
OutputOption = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE", show_default=False, help="Write JSON, an object a line, into this file."),
]  # fmt: skip
ResumeOption = Annotated[
    bool,
    typer.Option("--resume", help="Go on where a stopped run with the same input ended FILE."),
]
TIMEOUT = 10.0
MEMORY = 2048


class Run:
    """What the options say of a run."""

    __slots__ = ("jobs", "memory", "output", "resume", "timeout")

    def __init__(
        self, jobs: int | None, timeout: float, memory: int, output: str | None, resume: bool
    ) -> None:
        if resume and output is None:
            raise typer.BadParameter("it needs --output FILE", param_hint="--resume")
        self.jobs = jobs
        self.timeout = timeout
        self.memory = memory * 2**20
        self.output = output
        self.resume = resume


def divided(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Problems, and files of problems: - and words with the ending of one.

    >>> divided(["d(x)/dx", "homework.txt", "-"])
    (['d(x)/dx'], ['homework.txt', '-'])
    """
    files = [a for a in arguments if a == "-" or (a.lower().endswith(ENDINGS) and "\n" not in a)]
    return [a for a in arguments if a not in files], files


def open_sources(
    opened: ExitStack,
    arguments: list[str],
    files: list[str],
    format: InputFormat | None,
    output: str | None = None,
) -> list[Source]:
    """The sources; all files are opened first, so that a name that is none costs no time.

    None of them may be the output, which would overwrite it.
    """
    from matcalc.batch import argument_lines, numbered_lines
    from matcalc.batch.inputs import Source, format_of

    sources: list[Source] = []
    if arguments:
        sources.append(Source("", argument_lines(arguments), total=len(arguments)))
    several = len(files) + len(sources) > 1
    for name in files:
        stream: BinaryIO
        if name == "-":
            stream, shown = sys.stdin.buffer, "standard input"
        else:
            shown = name.encode("utf-8", "replace").decode("utf-8")
            try:
                stream = opened.enter_context(open(name, "rb"))  # noqa: SIM115  the stack closes it
            except OSError as error:
                _wrong_call(f"{shown}: {error.strerror or error}")
        if output is not None and _same(stream, output):
            _wrong_call(f"{shown}: it is the output too")
        sources.append(
            Source(
                shown if several else "",
                numbered_lines(stream),
                format or format_of(name),
                # all lines are counted only for whom they are shown
                _lines_in(stream, None if sys.stderr.isatty() else SMALL),
            )
        )
    return sources


def settings(
    command: str,
    layout: str,
    structure: str,
    format: str,
    run: Run,
    full: bool = True,
    at: Mapping[str, int] | None = None,
    code: Mapping[str, bool] | None = None,
) -> Settings:
    """How lines are answered, for what is printed in this format; unless `full`, a screenful each."""
    from matcalc.batch.work import Settings
    from matcalc.printers.page import page_height, page_width

    return Settings(
        command, layout, structure, format, run.timeout, run.memory,
        numbered=run.output is not None, width=page_width(sys.stdout),
        error_width=page_width(sys.stderr), height=None if full else page_height(sys.stdout),
        at=at, code=code,
    )  # fmt: skip


def answer_sources(
    sources: list[Source],
    settings: Settings,
    run: Run,
    write: Callable[[Record], None],
    summary: Callable[[dict[str, int], bool], None],
) -> NoReturn:
    """Answer the sources, write each record in its order, tell the counts, and exit.

    `summary` gets the counts by ok, wrong and error, and whether the run was interrupted.  With an
    output file the records go there instead.
    """
    from matcalc.batch.inputs import WrongInput

    def answered() -> int:
        if run.output is None:
            return _answered(sources, settings, run, write, summary, None)
        from matcalc.batch.resume import NotResumable, Output

        try:
            output = Output(run.output, run.resume, [source.file for source in sources])
        except (NotResumable, OSError) as error:
            _wrong_call(f"{run.output}: {getattr(error, 'strerror', None) or error}")
        try:
            return _answered(sources, settings, run, write, summary, output)
        finally:
            output.close()

    def guarded_input() -> int:
        try:
            return answered()
        except WrongInput as error:
            _wrong_call(str(error))

    guarded(guarded_input)


def _answered(
    sources: list[Source],
    settings: Settings,
    run: Run,
    write: Callable[[Record], None],
    summary: Callable[[dict[str, int], bool], None],
    output: Output | None,
) -> int:
    from matcalc.batch.progress import Progress
    from matcalc.batch.work import status, uninterrupted
    from matcalc.printers.record import to_json

    counts = {"ok": 0, "wrong": 0, "error": 0} if output is None else dict(output.stopped.counts)
    after = (0, 0) if output is None else output.stopped.last
    totals = [source.total for source in sources]
    # where a source's length is not known, neither is how much is left
    known = None if None in totals else sum(total or 0 for total in totals)
    before = [sum(total or 0 for total in totals[:number]) for number in range(len(sources))]
    progress = Progress(sys.stderr, known, before[after[0]] + after[1])
    interrupted = False
    on_terminal = sys.stdout.isatty()
    try:
        last = None if output is None else output.stopped.input
        with closing(_records(sources, settings, run, after, last)) as batches:
            for place, records in batches:
                if output is not None:
                    # Ctrl-C must find whole lines, and all of them counted
                    with uninterrupted():
                        output.write([to_json(record) for record in records])
                        for record in records:
                            counts[status(record)] += 1
                else:
                    if on_terminal or any(record["status"] == "error" for record in records):
                        progress.clear()
                    for record in records:
                        write(record)
                        counts[status(record)] += 1
                    sys.stdout.flush()
                progress.show(before[place[0]] + place[1], counts)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        progress.clear()
    summary(counts, interrupted)
    if interrupted:
        return INTERRUPTED
    return FAILED if counts["wrong"] or counts["error"] else ALL_WELL


def _records(
    sources: list[Source], settings: Settings, run: Run, after: Place, last: str | None
) -> Generator[tuple[Place, list[Record]], None, None]:
    """Records in order, with the place they reach to: from this process, or from several."""
    from matcalc.batch.inputs import blocks
    from matcalc.batch.work import Work, bound_memory

    jobs = run.jobs or _jobs(sources)
    if jobs > 1:
        from matcalc.batch.workers import Pool

        yield from Pool(settings, jobs).batches(blocks(sources, after, last=last))
        return
    bound_memory(settings.memory)
    work = Work(settings)
    for block in blocks(sources, after, 1, last):
        yield block.end, [record for record, _ in work.records(block) if record is not None]


def write_shown(record: Record) -> None:
    """Print what a record shows: answers to standard output, errors to standard error."""
    from matcalc.printers.page import write

    shown: Any = record["shown"]
    if record["status"] != "error":
        write(shown, sys.stdout)
        return
    sys.stdout.flush()
    if "file" in record:
        print(f"{record['file']}:", file=sys.stderr)
    write(shown, sys.stderr)


def write_json(record: Record) -> None:
    """Print a record as an object on a line."""
    from matcalc.printers.record import to_json

    print(to_json(record))


def tell_summary(
    noun: str, wanted: bool, interrupted: bool = True
) -> Callable[[dict[str, int], bool], None]:
    """What tells the counts at the end, where that is wanted, and the counts so far when interrupted."""
    when_interrupted = interrupted

    def tell(counts: dict[str, int], interrupted: bool) -> None:
        if not (wanted or (interrupted and when_interrupted)):
            return
        from matcalc.printers.verdict import summary

        text = summary(counts["ok"], counts["wrong"], counts["error"], noun)
        sys.stdout.flush()
        print(f"interrupted after {text}" if interrupted else text, file=sys.stderr)

    return tell


def _same(stream: BinaryIO, path: str) -> bool:
    try:
        one, other = os.fstat(stream.fileno()), os.stat(path)
    except OSError:
        return False
    return stat.S_ISREG(one.st_mode) and os.path.samestat(one, other)


def _jobs(sources: list[Source]) -> int:
    """One process for what is small and for pipes, whose lines are answered as they come."""
    lines = 0
    for source in sources:
        if source.total is None:
            return 1
        lines += source.total
    return _cores() if lines >= SMALL else 1


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _lines_in(stream: BinaryIO, most: int | None) -> int | None:
    """The lines left in a regular file, counted up to about `most`; None of what is no such file."""
    try:
        descriptor = stream.fileno()
        if not stat.S_ISREG(os.fstat(descriptor).st_mode) or not hasattr(os, "pread"):
            return None
        offset = os.lseek(descriptor, 0, os.SEEK_CUR)
    except OSError:
        return None
    count = 0
    last = b"\n"
    while (most is None or count < most) and (piece := os.pread(descriptor, 1 << 20, offset)):
        count += piece.count(b"\n")
        offset += len(piece)
        last = piece
    return count + (not last.endswith(b"\n"))


def _wrong_call(message: str) -> NoReturn:
    print(f"matcalc: {message}", file=sys.stderr)
    raise typer.Exit(WRONG_CALL)
