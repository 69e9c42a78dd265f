"""A block of items answered: the same function in one process, in workers and on a cluster."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from matcalc.batch.inputs import Block, Item
from matcalc.batch.lines import outcomes
from matcalc.errors import MatcalcError, Source

if TYPE_CHECKING:
    from types import FrameType

    from matcalc.printers.answer import Answer, Claim
    from matcalc.printers.page import Line

Record = dict[str, object]
"""The JSON object of a line; with `shown`, the lines to print, where the format is not JSON."""


class Session(Protocol):
    """What of `api.Session` is needed here."""

    layout: str
    at: Mapping[str, int] | None

    def check(self, text: str, line: int = 1) -> Claim | None: ...
    def read(self, text: str, line: int = 1) -> Answer | None: ...


class Settings:
    """How lines are answered; the same for all of a run.

    `command` is derive or check; `timeout` in seconds and `memory` in bytes bound a line, 0 is no
    bound; with `numbered` every record says its line; `format` json gives records alone; `height` are
    the lines that a panel may have, if it matters; `at` are the sizes that costs and code are for,
    `code` the keywords for `Result.code`.
    """

    __slots__ = (
        "at",
        "code",
        "command",
        "error_width",
        "format",
        "height",
        "layout",
        "memory",
        "numbered",
        "structure",
        "timeout",
        "width",
    )

    def __init__(
        self,
        command: str,
        layout: str = "jacobian",
        structure: str = "projected",
        format: str = "json",
        timeout: float = 10.0,
        memory: int = 0,
        numbered: bool = True,
        width: int = 80,
        error_width: int = 80,
        height: int | None = None,
        at: Mapping[str, int] | None = None,
        code: Mapping[str, bool] | None = None,
    ) -> None:
        self.command = command
        self.layout = layout
        self.structure = structure
        self.format = format
        self.timeout = timeout
        self.memory = memory
        self.numbered = numbered
        self.width = width
        self.error_width = error_width
        self.height = height
        self.at = at
        self.code = dict(code or {})


def status(record: Record) -> str:
    """ok, wrong or error; an answer before a wrong claim is wrong.

    >>> status({"status": "ok", "claim": {"status": "wrong"}})
    'wrong'
    """
    claim = record.get("claim")
    if record["status"] == "ok" and isinstance(claim, dict):
        return str(claim["status"])
    return str(record["status"])


def answer_block(block: Block, settings: Settings) -> list[Record]:
    """The records of a block, in order; lines that ask nothing have none.

    >>> block = Block(0, "", ((1, "let x: n"),), [Item(2, "d(x'@x)/dx == x", None, {"id": "a"})])
    >>> (record,) = answer_block(block, Settings("check"))
    >>> record["status"], record["answer"], record["id"]
    ('wrong', '2*x', 'a')
    """
    work = Work(settings)
    return [record for record, _ in work.records(block) if record is not None]


class Work:
    """Answers blocks, and keeps the session of a source from one block to the next."""

    __slots__ = ("_known", "_session", "_source", "settings")

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._session: Session | None = None
        self._source = -1
        self._known = 0

    def records(self, block: Block) -> Iterator[tuple[Record | None, bool]]:
        """The record of each item, None where it asks nothing, and whether its limit was hit."""
        session = self._prepared(block)
        for item in block.items:
            yield self._record(session, block, item)
            if item.statement:
                self._known += 1

    def _prepared(self, block: Block) -> Session:
        """The session that knows the statements before the block, and no others."""
        session = self._session
        if session is None or self._source != block.source or self._known > len(block.statements):
            from matcalc.api import Session as Fresh

            session = Fresh(self.settings.layout, self.settings.structure)
            if self.settings.at is not None:
                session.at = self.settings.at
            self._session, self._source, self._known = session, block.source, 0
        for line, text in block.statements[self._known :]:
            self._replay(session, line, text)
        self._known = len(block.statements)
        return session

    def _replay(self, session: Session, line: int, text: str) -> None:
        """Read a statement again; a faulty one has its error where it stands."""
        try:
            with alarm(self.settings.timeout):
                for _ in outcomes([(line, text)], session.read):
                    continue
        except TooLong:
            return

    def _record(self, session: Session, block: Block, item: Item) -> tuple[Record | None, bool]:
        spent = False

        def read(text: str, line: int) -> Record | None:
            nonlocal spent
            if item.fault is not None:
                raise MatcalcError("syntax", item.fault)
            try:
                with alarm(self.settings.timeout):
                    return self._answered(session, block, item)
            except TooLong:
                spent = True
                raise too_long(self.settings.timeout) from None
            except MemoryError:
                spent = True
                raise

        found: Record | None = None
        for outcome in outcomes([(item.line, item.text)], read):
            if outcome.error is not None:
                found = error_record(item, outcome.error, self.settings)
            else:
                found = outcome.answer
        return (None if found is None else _completed(found, block, item)), spent

    def _answered(self, session: Session, block: Block, item: Item) -> Record | None:
        before = session.layout
        if item.layout is not None:
            session.layout = _layout(item.layout)
        try:
            if self.settings.command == "check":
                verdict = session.check(item.text, item.line)
                if verdict is None:
                    return None
                place = f"{block.file}:{item.line}" if block.file else str(item.line)
                verdict_record = verdict.to_dict()
                if self.settings.format != "json":
                    verdict_record["shown"] = _verdict_lines(verdict, self.settings, place)
                return verdict_record
            answer = session.read(item.text, item.line)
            if answer is None:
                return None
            if self.settings.format != "json":
                # a page says less than the object has, which need not be made then
                claim = {} if answer.claim is None else {"claim": {"status": answer.claim.status}}
                return {"status": "ok", **claim, "shown": _answer_lines(answer, self.settings)}
            record = answer.to_dict()
            if self.settings.numbered:
                record["line"] = item.line
            return record
        finally:
            if item.layout is not None:
                session.layout = before


def _completed(record: Record, block: Block, item: Item) -> Record:
    """With the file, the id and the columns that pass through; ours keep their names."""
    own = frozenset(record)
    if block.file:
        record["file"] = block.file
    for key, value in (item.extra or {}).items():
        record[f"given_{key}" if key in own or (key == "file" and block.file) else key] = value
    return record


def error_record(item: Item, error: MatcalcError, settings: Settings) -> Record:
    """The record of an item that could not be answered."""
    from matcalc.printers.record import error_object

    if error.source is None:
        error.source = Source(item.text, item.line)
    numbered = settings.numbered or settings.command == "check"
    record = error_object(item.text.strip(), error, item.line if numbered else None)
    if settings.format != "json":
        from matcalc.printers.diagnostic import diagnostic

        record["shown"] = diagnostic(error, settings.error_width)
    return record


def lost_record(block: Block, item: Item, error: MatcalcError, settings: Settings) -> Record:
    """The record of an item whose worker had to be stopped, or was."""
    return _completed(error_record(item, error, settings), block, item)


def too_long(timeout: float) -> MatcalcError:
    """The error of a line that took over its time."""
    return MatcalcError(
        "limit", f"this takes longer than {timeout:g} s", hint="--timeout allows more"
    )


class TooLong(BaseException):
    """The line's time is over; no Exception, so that nothing on the way takes it for its own."""


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise TooLong in what takes longer, where the system has timers; 0 never does."""
    if not seconds or not hasattr(signal, "setitimer"):
        yield
        return
    armed = True

    def ring(number: int, frame: FrameType | None) -> None:
        if armed:
            raise TooLong

    try:
        before = signal.signal(signal.SIGALRM, ring)
    except ValueError:
        yield  # a thread has no signals; whoever runs it watches the time
        return
    try:
        # again and again: an exception that is raised in a finaliser is lost
        signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
        yield
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait for what must be done as a whole, where the system can."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def bound_memory(limit: int) -> None:
    """Let this process take no more than so many bytes, where the system can tell it so."""
    if not limit or sys.platform == "win32":
        return
    import os
    import resource

    # a pool of threads for each process would reserve most of it
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = min(
        limit, *(bound for bound in (soft, hard) if bound != resource.RLIM_INFINITY), limit
    )
    try:
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
    except (OSError, ValueError):
        return  # some systems know the limit by name alone


def _layout(name: str) -> str:
    from matcalc.api import LAYOUTS

    if name not in LAYOUTS:
        raise MatcalcError("name", f"there is no layout {name!r}", hint="one of: " + ", ".join(LAYOUTS))  # fmt: skip
    return name


def _verdict_lines(verdict: Claim, settings: Settings, place: str) -> list[Line]:
    from matcalc.printers.verdict import verdict_lines, verdict_text

    if settings.format == "text":
        return [[(verdict_text(verdict), "")]]
    return list(verdict_lines(verdict, settings.width, place))


def _answer_lines(answer: Answer, settings: Settings) -> list[Line]:
    match settings.format:
        case "terminal":
            from matcalc.printers.terminal import panel

            return panel(answer, settings.width, settings.height)
        case "text":
            from matcalc.printers.plain import line

            lines = [line(answer)]
            if answer.claim is not None:
                from matcalc.printers.verdict import outcome_text

                lines.append(outcome_text(answer.claim))
        case "latex":
            from matcalc.printers.plain import latex_line

            lines = [latex_line(answer)]
        case target:
            lines = answer.code(target, **settings.code).removesuffix("\n").split("\n")
    return [[(text, "")] for text in lines]
