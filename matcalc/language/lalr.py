"""Runs the tables of an LALR(1) parser on a text, calling an action at each reduction: no tree, no recursion."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from matcalc.language import _generated as tables


class Token:
    """A word of the text: the name of its terminal, and where it stands."""

    __slots__ = ("end", "start", "text", "type")

    def __init__(self, type: str, text: str, start: int, end: int) -> None:
        self.type = type
        self.text = text
        self.start = start
        self.end = end


class Unexpected(Exception):
    """What stands at `start` fits nothing that may stand there; `expected` are the terminals that may."""

    def __init__(self, start: int, expected: frozenset[str], before: Token | None) -> None:
        super().__init__(start)
        self.start = start
        self.expected = expected
        self.before = before


class _Row:
    """A state of the automaton: what to do at each symbol, and the patterns to try, in order."""

    __slots__ = ("patterns", "reduce", "shift", "symbols")

    def __init__(self, state: int) -> None:
        self.shift: dict[int, int] = {}
        self.reduce: dict[int, int] = {}
        for entry in tables.ROWS[state].split():
            symbol, arrow, target = entry.partition(">")
            if arrow:
                self.shift[int(symbol)] = int(target)
            else:
                symbols, _, rule = entry.partition("<")
                for one in symbols.split(","):
                    self.reduce[int(one)] = int(rule)
        self.symbols = {tables.SYMBOLS[symbol]: symbol for symbol in (*self.shift, *self.reduce)}
        self.patterns = tuple(
            (name, re.compile(pattern).match)
            for name, pattern in tables.PATTERNS
            if name in self.symbols
        )

    def terminals(self) -> frozenset[str]:
        return frozenset(name for name in self.symbols if name == name.upper())


_rows: dict[int, _Row] = {}
_END = tables.SYMBOLS.index("$END")


def _row(state: int) -> _Row:
    row = _rows.get(state)
    if row is None:
        row = _rows[state] = _Row(state)
    return row


def _token(row: _Row, text: str, position: int) -> Token | None:
    for length in (2, 1):
        spelling = text[position : position + length]
        name = tables.LITERALS.get(spelling)
        if name is not None and name in row.symbols:
            return Token(name, spelling, position, position + len(spelling))
    for name, match in row.patterns:
        found = match(text, position)
        if found is not None:
            return Token(name, found[0], position, found.end())
    return None


def parse(text: str, start: str, actions: Mapping[str, Callable[[list[object]], object]]) -> object:
    """What the action of the rule `start` returns; an action gets the values of the rule's symbols.

    A value is a Token, or what an action returned; a rule of one symbol without an action of its own
    passes it on.  Raises Unexpected where the text does not fit.
    """
    ignored = re.compile(f"(?:{tables.IGNORED})+").match
    states = [tables.STARTS[start]]
    values: list[object] = []
    position = 0
    before: Token | None = None
    while True:
        skipped = ignored(text, position)
        if skipped is not None:
            position = skipped.end()
        row = _row(states[-1])
        token: Token | None = None
        if position == len(text):
            symbol = _END
        else:
            token = _token(row, text, position)
            if token is None:
                raise Unexpected(position, row.terminals(), before)
            symbol = row.symbols[token.type]
        while symbol not in row.shift:
            number = row.reduce.get(symbol)
            if number is None:
                raise Unexpected(position, row.terminals(), before)
            name, origin, length, passes = tables.RULES[number]
            children = values[len(values) - length :]
            del values[len(values) - length :]
            del states[len(states) - length :]
            if passes:
                values.append(children[0])
            elif name[0] == "_":  # lark's own rule for a repetition: one list of all of it
                values.append(_flat(children))
            else:
                values.append(actions[name](_flat(children)))
            row = _row(states[-1])
            states.append(row.shift[origin])
            row = _row(states[-1])
            if token is None and not row.symbols:  # the state after the whole start rule
                return values[-1]
        assert token is not None
        states.append(row.shift[symbol])
        values.append(token)
        before = token
        position = token.end


class Repetition(list[object]):
    """The values of a repeated part, to be spliced into the values of the rule around it."""


def _flat(children: list[object]) -> Repetition:
    flat = Repetition()
    for child in children:
        if type(child) is Repetition:
            if flat or len(children) == 1:
                flat.extend(child)
            else:
                flat = (
                    child  # the long part first: its list grows, so that a long list stays linear
                )
        else:
            flat.append(child)
    return flat
