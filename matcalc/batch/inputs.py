"""What a batch reads: text, JSON Lines and CSV, as items in blocks that stand on their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from matcalc.batch.lines import LONGEST_LINE

FORMATS = ("text", "jsonl", "csv")

BLOCK_LINES = 25
"""A line takes milliseconds, a block's way to a worker and back a fraction of one."""

BLOCK_CHARACTERS = 64_000
SMALL_BLOCK_LINES = 8
SMALL_BLOCKS = 8
"""The first blocks are small, so that each worker soon has something to do."""

_STATEMENT = re.compile(r"\s*(let|layout)\s")

Numbered = Iterable[tuple[int, str]]
Place = tuple[int, int]
"""The number of a source, from 0, and of a line in it, from 1."""


class WrongInput(Exception):
    """An input that as a whole is not what it should be: CSV without a column of problems."""


class Item:
    """A line to answer: its number, its text, and what goes with it.

    `layout` is its own, or None; `extra` holds its id and the columns that pass through; `fault`
    says why there is no problem in it.  A `statement` holds for the items after it.
    """

    __slots__ = ("extra", "fault", "layout", "line", "text")

    def __init__(
        self,
        line: int,
        text: str,
        layout: str | None = None,
        extra: Mapping[str, object] | None = None,
        fault: str | None = None,
    ) -> None:
        self.line = line
        self.text = text
        self.layout = layout
        self.extra = extra
        self.fault = fault

    @property
    def statement(self) -> bool:
        """Whether it looks like a statement; where it is none after all, that does no harm."""
        return _STATEMENT.match(self.text) is not None


class Block:
    """Some items of one source with the statements before them: all that a worker needs to know.

    `file` is the source's name where there are several, else empty.
    """

    __slots__ = ("file", "items", "source", "statements")

    def __init__(
        self, source: int, file: str, statements: tuple[tuple[int, str], ...], items: list[Item]
    ) -> None:
        self.source = source
        self.file = file
        self.statements = statements
        self.items = items

    @property
    def end(self) -> Place:
        """The place of the last item."""
        return self.source, self.items[-1].line

    def part(self, start: int, stop: int) -> Block:
        """The items from start to stop, with the statements before them.

        >>> items = [Item(1, "let x: n"), Item(2, "d(x)/dx")]
        >>> Block(0, "", (), items).part(1, 2).statements
        ((1, 'let x: n'),)
        """
        before = tuple((item.line, item.text) for item in self.items[:start] if item.statement)
        return Block(
            self.source, self.file, self.statements + before, self.items[start:stop]
        )  # fmt: skip


class Source:
    """An input of a batch: its name where there are several, its numbered lines, their format."""

    __slots__ = ("file", "format", "lines", "total")

    def __init__(
        self, file: str, lines: Numbered, format: str = "text", total: int | None = None
    ) -> None:
        self.file = file
        self.lines = lines
        self.format = format
        self.total = total
        """Lines in all, where that is known beforehand."""


def format_of(name: str) -> str:
    """The format that a file's name says.

    >>> [format_of(name) for name in ("a.jsonl", "b.NDJSON", "c.csv", "homework.txt", "-")]
    ['jsonl', 'jsonl', 'csv', 'text', 'text']
    """
    ending = name.lower().rpartition(".")[2]
    return {"jsonl": "jsonl", "ndjson": "jsonl", "csv": "csv"}.get(ending, "text")


def items(lines: Numbered, format: str = "text") -> Iterator[Item]:
    """The items of numbered lines, as they come.  WrongInput where the whole is not of the format.

    >>> (item,) = items([(1, '{"problem": "d(x)/dx", "claim": "eye(n)", "id": 7}')], "jsonl")
    >>> item.text, item.extra
    ('d(x)/dx == eye(n)', {'id': 7})
    """
    match format:
        case "text":
            return (Item(line, text) for line, text in lines)
        case "jsonl":
            return (_object_item(line, text) for line, text in lines if text.strip())
        case "csv":
            return _rows(lines)
        case _:
            raise ValueError(f"there is no input format {format!r}; one of: {', '.join(FORMATS)}")


def blocks(
    sources: Iterable[Source],
    after: Place = (0, 0),
    lines: int | None = None,
    last: str | None = None,
) -> Iterator[Block]:
    """All items in blocks, in order; those up to the place `after` are done and left out.

    `last` is the text that stood at that place: WrongInput where it does not stand there now.

    A block holds `lines` items, or few at first and then BLOCK_LINES.

    >>> [block.items[0].line for block in blocks([Source("", enumerate("abc", 1))], (0, 1), 1)]
    [2, 3]
    """
    made = 0
    for number, source in enumerate(sources):
        statements: tuple[tuple[int, str], ...] = ()
        block = Block(number, source.file, statements, [])
        size = 0
        met = number != after[0] or last is None
        for item in items(source.lines, source.format):
            if not met and item.line >= after[1]:
                met = (number, item.line) == after and _as_written(item.text) == last
                if not met:
                    break
            if (number, item.line) > after:
                block.items.append(item)
                size += len(item.text)
            statement = item.statement
            if statement:
                statements = (*statements, (item.line, item.text))
                if not block.items:
                    block.statements = statements
            wanted = lines or (SMALL_BLOCK_LINES if made < SMALL_BLOCKS else BLOCK_LINES)
            if len(block.items) >= wanted or size >= BLOCK_CHARACTERS:
                yield block
                made += 1
                block, size = Block(number, source.file, statements, []), 0
        if not met:
            raise WrongInput(f"line {after[1]} is not what it was when the run began")
        if block.items:
            yield block
            made += 1


def with_claim(problem: str, claim: str) -> str:
    """A problem and its claim as one line.

    >>> with_claim("d(x'@x)/dx where x: n", "2*x")
    "d(x'@x)/dx == 2*x where x: n"
    >>> with_claim("d(x'@x)/dx", "")
    "d(x'@x)/dx"
    """
    claim = _one_line(claim)
    if not claim:
        return problem
    problem, sharp, comment = problem.partition("#")
    found = re.search(r"\swhere\s", problem)
    head, tail = (problem, "") if found is None else (problem[: found.start()], problem[found.start() :])  # fmt: skip
    end = f"  {sharp}{comment}" if sharp else ""
    return f"{head.rstrip()} == {claim}{tail.rstrip()}{end}"


def _object_item(line: int, text: str) -> Item:
    if len(text) > LONGEST_LINE:
        return Item(line, text)  # the limit is told where every line's is
    import json

    try:
        record = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        return Item(line, text, fault=f"the line is no JSON object: {error}")
    if not isinstance(record, dict):
        return Item(line, text, fault="the line is no JSON object")
    fault = None
    fields: dict[str, str | None] = {}
    for key in ("problem", "claim", "layout"):
        value = record.pop(key, None)
        if value is not None and not isinstance(value, str):
            fault = f'"{key}" is not a string'
        fields[key] = value if isinstance(value, str) else None
    if fields["problem"] is None:
        return Item(line, text, None, record, fault or 'the object has no "problem"')
    problem = _one_line(fields["problem"])
    if not problem and fault is None:
        fault = '"problem" is empty'
    return Item(
        line, with_claim(problem, fields["claim"] or ""), fields["layout"] or None, record, fault
    )


def _as_written(text: str) -> str:
    """As it stands in the output, which replaces what UTF-8 cannot hold."""
    return text.strip().encode("utf-8", "replace").decode("utf-8")


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _rows(lines: Numbered) -> Iterator[Item]:
    import csv

    csv.field_size_limit(LONGEST_LINE)
    start = 1
    numbers: list[int] = []

    def texts() -> Iterator[str]:
        for number, text in lines:
            numbers.append(number)
            yield text + "\n"

    source = texts()
    head = next((text for text in source if text.strip()), None)
    if head is None:
        return
    delimiter = next((mark for mark in ",;\t" if mark in head), ",")
    reader = csv.reader(chain([head], source), delimiter=delimiter)
    names = [name.strip() for name in next(reader)]
    keys = [name.lower() if name.lower() in _COLUMNS else name for name in names]
    if "problem" not in keys:
        raise WrongInput("the first line of CSV names the columns; there is no column problem")
    while True:
        numbers.clear()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Item(numbers[0] if numbers else start, "", fault=f"the line is no CSV: {error}")
            continue
        start = numbers[0]
        if not any(field.strip() for field in row):
            continue
        fields = dict(zip(keys, row, strict=False))
        known = {key: fields.pop(key, "") for key in _COLUMNS}
        fault = None
        if len(row) > len(keys):
            fault = f"the line has {len(row)} fields, the first line {len(keys)}"
        problem = _one_line(known["problem"])
        if not problem and fault is None:
            fault = "the column problem is empty"
        problem = with_claim(problem, known["claim"])
        yield Item(start, problem, known["layout"].strip() or None, fields, fault)


_COLUMNS = ("problem", "claim", "layout")


def _one_line(text: str) -> str:
    return " ".join(text.splitlines()).strip() if "\n" in text or "\r" in text else text.strip()
