"""Worker processes: blocks out, records back in order, and whoever fails is replaced."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, NamedTuple

from matcalc.batch.inputs import Block, Place
from matcalc.batch.work import (
    Record,
    Settings,
    Work,
    bound_memory,
    lost_record,
    too_long,
    uninterrupted,
)
from matcalc.errors import MatcalcError

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

GRACE = 1.0
"""Seconds past its timeout after which a worker that says nothing is stopped."""

DEATHS = 3
"""Workers that end on one line alone before it is given up: it may have been somebody else's doing."""

_TELL = 0.05
"""A worker tells what it has at least so often, between lines."""

_AHEAD = 6
"""Blocks that may be under way or wait for an earlier one, for each worker."""


class Task(NamedTuple):
    """The items from start to stop of the block of this number; `deaths` of workers on a single one."""

    number: int
    start: int
    stop: int
    deaths: int = 0


class _Pending:
    """A block under way: the records that are there, None for items that ask nothing."""

    __slots__ = ("block", "missing", "records")

    def __init__(self, block: Block) -> None:
        self.block = block
        self.records: list[Record | None] = [None] * len(block.items)
        self.missing = len(block.items)


class _Worker:
    """A process, the way to it, and what it has to do."""

    __slots__ = ("connection", "done", "heard", "process", "task")

    def __init__(self, settings: Settings) -> None:
        context = _context()
        self.connection, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(
            target=_serve, args=(theirs, settings, os.getpid()), daemon=True
        )
        with uninterrupted():
            self.process.start()
        theirs.close()
        self.task: Task | None = None
        self.done = 0
        self.heard = 0.0

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


class Pool:
    """Answers blocks in worker processes.

    >>> from matcalc.batch.inputs import Source, blocks
    >>> pool = Pool(Settings("derive"), 2)
    >>> lines = [(1, "let x: n"), (2, "d(x'@x)/dx"), (3, "d(sum(x))/dx")]
    >>> [record["matrix"] for record in pool.run(blocks([Source("", lines)], lines=1))]
    ['2*x', 'ones(n)']
    """

    __slots__ = ("_pending", "_ready", "jobs", "settings", "workers")

    def __init__(self, settings: Settings, jobs: int) -> None:
        self.settings = settings
        self.jobs = jobs
        self.workers: list[_Worker] = []
        self._ready: deque[Task] = deque()
        self._pending: dict[int, _Pending] = {}

    def run(self, blocks: Iterator[Block]) -> Iterator[Record]:
        """The records of all blocks, in order.  Blocks are read as there is room for them."""
        for _, records in self.batches(blocks):
            yield from records

    def batches(self, blocks: Iterator[Block]) -> Iterator[tuple[Place, list[Record]]]:
        """The records of each block with the place of its last item, in order."""
        # what a forked worker finds loaded it need not load
        import_module("matcalc.api")
        if self.settings.command == "check":
            import_module("matcalc.diagnose.search")

        read = given = 0
        more = True
        try:
            while True:
                idle = sum(worker.task is None for worker in self.workers)
                free = self.jobs - len(self.workers) + idle
                while more and len(self._ready) < free and read - given < _AHEAD * self.jobs:
                    block = next(blocks, None)
                    if block is None:
                        more = False
                        break
                    self._pending[read] = _Pending(block)
                    self._ready.append(Task(read, 0, len(block.items)))
                    read += 1
                self._assign()
                if given == read and not more:
                    return
                if any(worker.task for worker in self.workers):
                    self._listen()
                while (head := self._pending.get(given)) is not None and not head.missing:
                    del self._pending[given]
                    given += 1
                    yield head.block.end, [record for record in head.records if record is not None]
        finally:
            for worker in self.workers:
                worker.stop()
            self.workers.clear()

    def _assign(self) -> None:
        while self._ready:
            worker = next((worker for worker in self.workers if worker.task is None), None)
            if worker is None:
                if len(self.workers) >= self.jobs:
                    return
                worker = _Worker(self.settings)
                self.workers.append(worker)
            task = self._ready.popleft()
            worker.task, worker.done, worker.heard = task, task.start, time.monotonic()
            try:
                worker.connection.send(self._pending[task.number].block.part(task.start, task.stop))
            except OSError:
                self._lost(worker)

    def _listen(self) -> None:
        """Take what workers say, until something has changed or a little time is over."""
        busy = {worker.connection: worker for worker in self.workers if worker.task is not None}
        for connection in wait(list(busy), timeout=0.25):
            worker = busy[connection]
            try:
                records, spent = worker.connection.recv()
            except (EOFError, OSError):
                self._lost(worker)
            else:
                self._take(worker, records, spent)
        if not self.settings.timeout:
            return
        overdue = time.monotonic() - self.settings.timeout - GRACE
        for worker in list(busy.values()):
            task = worker.task
            if task is None or worker.heard > overdue or worker.connection.poll():
                continue
            if task.stop - worker.done == 1:
                self._give_up(task.number, worker.done, too_long(self.settings.timeout))
                worker.done += 1
            self._lost(worker)

    def _take(self, worker: _Worker, records: list[Record | None], spent: bool) -> None:
        task = worker.task
        assert task is not None
        pending = self._pending[task.number]
        pending.records[worker.done : worker.done + len(records)] = records
        pending.missing -= len(records)
        worker.done += len(records)
        worker.heard = time.monotonic()
        if worker.done == task.stop:
            worker.task = None
        if spent:
            # its memory may hold the rest of what was too large: another goes on with a clean one
            self._replace(worker)
            if worker.done < task.stop:
                share = -(-(task.stop - worker.done) // self.jobs)
                cuts = [*range(worker.done, task.stop, share), task.stop]
                self._again(Task(task.number, start, stop) for start, stop in pairwise(cuts))

    def _lost(self, worker: _Worker) -> None:
        """A worker is gone: its lines are tried again one by one, for one of them may be the cause."""
        task = worker.task
        self._replace(worker)
        if task is None:
            return
        tasks: list[Task] = []
        for index in range(worker.done, task.stop):
            deaths = task.deaths + (task.stop - task.start == 1)
            if deaths < DEATHS:
                tasks.append(Task(task.number, index, index + 1, deaths))
            else:
                message = f"each process that worked on this was stopped, {deaths} times"
                self._give_up(task.number, index, MatcalcError("limit", message))
        self._again(iter(tasks))

    def _replace(self, worker: _Worker) -> None:
        worker.stop()
        self.workers.remove(worker)

    def _again(self, tasks: Iterator[Task]) -> None:
        self._ready.extendleft(reversed(list(tasks)))

    def _give_up(self, number: int, index: int, error: MatcalcError) -> None:
        pending = self._pending[number]
        item = pending.block.items[index]
        pending.records[index] = lost_record(pending.block, item, error, self.settings)
        pending.missing -= 1


def _serve(connection: Connection, settings: Settings, parent: int) -> None:
    """What a worker does: blocks in, records out, until the other end is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    bound_memory(settings.memory)
    work = Work(settings)
    try:
        while True:
            # the other workers hold copies of the connection's other end, so it may never close
            while not connection.poll(1.0):
                if os.getppid() != parent:
                    return
            block: Block = connection.recv()
            told = time.monotonic()
            records: list[Record | None] = []
            left = len(block.items)
            for record, spent in work.records(block):
                records.append(record)
                left -= 1
                if spent or not left or time.monotonic() - told > _TELL:
                    connection.send((records, spent))
                    records, told = [], time.monotonic()
                if spent:
                    return
    except (EOFError, OSError):
        return


def _context() -> Any:
    """Fork is ten times faster than spawn; macOS's libraries do not bear it."""
    fork = sys.platform != "darwin" and "fork" in multiprocessing.get_all_start_methods()
    return multiprocessing.get_context("fork" if fork else "spawn")
