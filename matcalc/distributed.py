"""Many blocks of lines on the workers of a dask cluster, a result file for each block.

A worker answers a block in a process of its own (`python -m matcalc.distributed`): there the limits of time
and memory hold, and a line that takes its process down takes no worker with it.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from matcalc.batch.inputs import Block, Item, format_of, items
from matcalc.batch.lines import numbered_lines
from matcalc.batch.work import Record, Settings, answer_block, bound_memory, lost_record
from matcalc.errors import MatcalcError

if TYPE_CHECKING:
    from distributed import Client, Future

LINES = 10_000
"""Lines of a block: a task of dask costs about a millisecond, and another process a tenth of a second."""

ENDINGS = (".txt", ".jsonl", ".ndjson", ".csv")
"""What of a directory is read."""

_NAME = re.compile(r"\d{6,}-[0-9a-f]{8}\.jsonl")

_AHEAD = 2
"""Blocks under way for each thread of the cluster, so that none waits for the next."""


class ClusterError(Exception):
    """The cluster, not a problem, is at fault; what is done stays done, and the same call goes on."""


class Input:
    """A file to answer: its path, the name of its results, what its lines are."""

    __slots__ = ("format", "name", "path")

    def __init__(self, path: str, name: str, format: str | None = None) -> None:
        self.path = path
        self.name = name
        self.format = format or format_of(path)


def inputs(paths: Iterable[str], format: str | None = None) -> list[Input]:
    """The files, and those below the directories, in order; their format, if not what the names say.

    OSError for what is neither; ValueError where two would have the same results.
    """
    found: list[Input] = []
    for path in paths:
        if not os.path.isdir(path):
            with open(path, "rb"):
                found.append(Input(path, os.path.basename(path), format))
            continue
        for folder, below, names in os.walk(path):
            below[:] = sorted(name for name in below if not name.startswith("."))
            found += [
                Input(file, os.path.relpath(file, path), format)
                for file in (os.path.join(folder, name) for name in sorted(names))
                if file.endswith(ENDINGS) and not os.path.basename(file).startswith(".")
            ]
    names_found = [each.name for each in found]
    twice = next((name for name in names_found if names_found.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"two inputs are named {twice}; their results would have the same name")
    return found


def blocks_of(file: Input, lines: int = LINES) -> Iterator[Block]:
    """Blocks of so many items, each with the statements before it."""
    with open(file.path, "rb") as stream:
        statements: tuple[tuple[int, str], ...] = ()
        held: list[Item] = []
        for item in items(numbered_lines(stream), file.format):
            held.append(item)
            if len(held) == lines:
                block = Block(0, file.path, statements, held)
                statements = block.part(lines, lines).statements
                held = []
                yield block
        if held:
            yield Block(0, file.path, statements, held)


def digest(block: Block, settings: Settings) -> str:
    """Eight letters that change with anything that a block's results depend on."""
    from hashlib import sha256

    from matcalc import __version__

    told = [__version__, *(repr(getattr(settings, name)) for name in sorted(settings.__slots__))]
    told += [repr(statement) for statement in block.statements]
    told += [repr((item.line, item.text, item.layout, item.extra, item.fault)) for item in block.items]  # fmt: skip
    return sha256("\n".join(told).encode("utf-8", "surrogatepass")).hexdigest()[:8]


class Result:
    """Where the records of a block go: `NAME/000001-DIGEST.jsonl`; it is there when it is whole."""

    __slots__ = ("block", "path")

    def __init__(self, folder: str, number: int, block: Block, settings: Settings) -> None:
        self.block = block
        self.path = os.path.join(folder, f"{number:06}-{digest(block, settings)}.jsonl")

    @property
    def done(self) -> bool:
        return os.path.exists(self.path)

    def write(self, text: str) -> None:
        """All of it at once: who sees the file sees the whole."""
        folder, name = os.path.split(self.path)
        os.makedirs(folder, exist_ok=True)
        made = os.path.join(folder, f".{name}.{os.getpid()}")
        try:
            with open(made, "w", encoding="utf-8", errors="replace", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(made, self.path)
        finally:
            if os.path.exists(made):
                os.unlink(made)


def results(
    files: Iterable[Input], output: str, settings: Settings, lines: int = LINES
) -> Iterator[Result]:
    """Where the blocks of the files go, in order, read as they are asked for."""
    for file in files:
        folder = os.path.join(output, file.name)
        for number, block in enumerate(blocks_of(file, lines), 1):
            yield Result(folder, number, block, settings)


def run(
    address: str,
    wanted: Iterable[Result],
    settings: Settings,
    tell: Callable[[Result, bool], None] = lambda result, fresh: None,
) -> None:
    """Have the blocks answered that are not done, a bounded number of them at a time.

    `tell` hears of each block as it is done, and whether it is so since now.  ClusterError where the
    scheduler cannot be reached, or its workers cannot answer at all.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ClusterError("it needs dask: pip install 'matcalc-cli[dask]'") from None
    try:
        _reach(address)
        client = Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(f"no scheduler at {address}: {error}") from None
    with client:
        _Run(client, settings, tell).run(iter(wanted))


def _reach(address: str) -> None:
    """OSError or ValueError at once where nobody listens; a client tries for half a minute."""
    import socket

    from distributed.comm import get_address_host_port

    socket.create_connection(get_address_host_port(address), timeout=10).close()


def tidy(kept: Iterable[str]) -> None:
    """Of the folders of these results, remove those that earlier inputs or settings left."""
    folders: dict[str, set[str]] = {}
    for path in kept:
        folder, name = os.path.split(path)
        folders.setdefault(folder, set()).add(name)
    for folder, names in folders.items():
        for name in os.listdir(folder):
            if _NAME.fullmatch(name) and name not in names:
                os.unlink(os.path.join(folder, name))


class _Run:
    """The parts of blocks that are under way; a part is a block, or a piece of one that failed."""

    __slots__ = ("client", "left", "settings", "tell", "texts", "under_way")

    def __init__(
        self, client: Client, settings: Settings, tell: Callable[[Result, bool], None]
    ) -> None:
        self.client = client
        self.settings = settings
        self.tell = tell
        self.under_way: dict[Future, tuple[Result, int, int]] = {}
        self.texts: dict[str, dict[int, str]] = {}
        self.left: dict[str, int] = {}

    def run(self, wanted: Iterator[Result]) -> None:
        from distributed import as_completed

        finished = as_completed(loop=self.client.loop)
        more = True
        while True:
            most = _AHEAD * max(1, sum(self.client.nthreads().values()))
            while more and len(self.left) < most:
                result = next(wanted, None)
                if result is None:
                    more = False
                elif result.done:
                    self.tell(result, False)
                else:
                    self.texts[result.path] = {}
                    self.left[result.path] = len(result.block.items)
                    finished.add(self._submit(result, 0, len(result.block.items)))
            if not self.under_way:
                return
            future = next(finished)
            for piece in self._finished(future, *self.under_way.pop(future)):
                finished.add(piece)

    def _submit(self, result: Result, start: int, stop: int) -> Future:
        block = result.block if stop - start == len(result.block.items) else result.block.part(start, stop)  # fmt: skip
        future = self.client.submit(answer, block, self.settings, _version(), pure=False)
        self.under_way[future] = (result, start, stop)
        return future

    def _finished(self, future: Future, result: Result, start: int, stop: int) -> list[Future]:
        """Keep what came; a part that failed is halved until the line that is at fault is alone."""
        from distributed import KilledWorker

        try:
            text = future.result()
        except (Stopped, KilledWorker):
            if stop - start > 1:
                middle = (start + stop) // 2
                return [self._submit(result, start, middle), self._submit(result, middle, stop)]
            error = MatcalcError("limit", "the process that works on this was stopped")
            item = result.block.items[start]
            text = _lines([lost_record(result.block, item, error, self.settings)])
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise ClusterError(f"a worker cannot answer: {reason}") from None
        texts = self.texts[result.path]
        texts[start] = text
        self.left[result.path] -= stop - start
        if not self.left[result.path]:
            result.write("".join(texts[first] for first in sorted(texts)))
            del self.texts[result.path], self.left[result.path]
            self.tell(result, True)
        return []


class Stopped(Exception):
    """The process that answered a block has ended before its time."""


def answer(block: Block, settings: Settings, version: str) -> str:
    """On a worker: the records of a block as lines of JSON.  Stopped where its process was."""
    if version != _version():
        raise RuntimeError(f"matcalc {version} asks a worker that has matcalc {_version()}")
    done = subprocess.run(
        [sys.executable, "-m", "matcalc.distributed"], input=pickle.dumps((block, settings)),
        stdout=subprocess.PIPE, check=False,
    )  # fmt: skip
    if done.returncode:
        raise Stopped(f"exit status {done.returncode}")
    return done.stdout.decode("utf-8")


def records(paths: Iterable[str]) -> Iterator[Record]:
    """The records of result files, in order."""
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for line in file:
                record: Record = json.loads(line)
                yield record


def _lines(found: Iterable[Record]) -> str:
    from matcalc.printers.record import to_json

    return "".join(f"{to_json(record)}\n" for record in found)


def _version() -> str:
    from matcalc import __version__

    return __version__


def _end_with(parent: int) -> None:
    """Let this process end soon after the worker that waits for it."""
    import threading
    import time

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def serve() -> None:
    """Read a block from standard input, write its records to standard output."""
    _end_with(os.getppid())
    received: Any = pickle.load(sys.stdin.buffer)
    block, settings = received
    bound_memory(settings.memory)
    text = _lines(answer_block(block, settings)).encode("utf-8")
    try:
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os._exit(1)  # the worker is gone, and with it whoever wanted to know


if __name__ == "__main__":
    serve()
