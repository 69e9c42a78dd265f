"""Runs the tables of an LALR(1) parser on a text, calling an action at each reduction: no tree, no recursion."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from matcalc.language import _generated as tables

Action = Callable[[Any, list[Any]], object]
Match = Callable[[str, int], "re.Match[str] | None"]


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


class _Spellings:
    """What a token may be that starts with a given character, in one state: tried in this order."""

    __slots__ = ("double", "patterns", "single")

    def __init__(self, row: _Row, character: str) -> None:
        symbols = row.symbols
        literals = {
            spelling: symbols[name]
            for spelling, name in tables.LITERALS.items()
            if spelling[0] == character and name in symbols
        }
        self.double = {spelling: s for spelling, s in literals.items() if len(spelling) == 2}
        self.single = literals.get(character, 0)
        self.patterns: tuple[tuple[int, Match], ...] = tuple(
            (symbols[name], re.compile(pattern).match)
            for name, pattern, first in tables.PATTERNS
            if name in symbols and (character in first or not character.isascii())
        )


class _Row:
    """A state of the automaton: the move at each symbol, and the spellings by their first character.

    A move is a shift to the state `move - 1`, if positive, or a reduction by the rule `~move`.
    """

    __slots__ = ("after", "moves", "spellings", "symbols")

    def __init__(self, state: int) -> None:
        self.moves: dict[int, int] = {}
        for entry in tables.ROWS[state].split():
            symbol, arrow, target = entry.partition(">")
            if arrow:
                self.moves[int(symbol)] = int(target) + 1
            else:
                reduced, _, rule = entry.partition("<")
                for one in reduced.split(","):
                    self.moves[int(one)] = ~int(rule)
        self.symbols = {tables.SYMBOLS[symbol]: symbol for symbol in self.moves}
        self.spellings: dict[str, _Spellings] = {}
        self.after: dict[tuple[int, int], _Row] = {}

    def terminals(self) -> frozenset[str]:
        return frozenset(name for name in self.symbols if name == name.upper())

    def spelled(self, character: str) -> _Spellings:
        self.spellings[character] = _Spellings(self, character)
        return self.spellings[character]

    def reduced(self, origin: int, symbol: int) -> _Row:
        """The state after a reduction to `origin` above this one, with `symbol` next.

        Rules of one symbol that only pass it on follow each other a dozen at a time between a
        name and a sum: they are run once for each pair.
        """
        row = _row(self.moves[origin] - 1)
        while (move := row.moves.get(symbol, 0)) < 0:
            _, further, _, passes, _ = _RULES[~move]
            if not passes:
                break
            row = _row(self.moves[further] - 1)
        self.after[origin, symbol] = row
        return row


_rows: dict[int, _Row] = {}
_RULES = tables.RULES
"""Name, symbol, number of parts, whether it only passes its part on, whether a part is a repetition."""
_END = tables.SYMBOLS.index("$END")
_ignored = re.compile(f"(?:{tables.IGNORED})+").match


def _row(state: int) -> _Row:
    row = _rows.get(state)
    if row is None:
        row = _rows[state] = _Row(state)
    return row


def bound(actions: type) -> tuple[Action | None, ...]:
    """The actions of a class in the order of the rules: its methods by their names; None for none."""
    return tuple(
        None if passes or name[0] == "_" else getattr(actions, name)
        for name, _, _, passes, _ in tables.RULES
    )


def parse(text: str, start: str, actions: object, handlers: tuple[Action | None, ...]) -> object:
    """What the action of the rule `start` returns; an action gets the values of the rule's symbols.

    A value is a Token, or what an action returned; a rule of one symbol without an action of its own
    passes it on.  `handlers` are `bound(type(actions))`.  Raises Unexpected where the text does not fit.
    """
    names = tables.SYMBOLS
    row = _row(tables.STARTS[start])
    rows = [row]
    values: list[Any] = []
    position, size = 0, len(text)
    before: Token | None = None
    while True:
        if position == size:
            symbol, end = _END, size
        else:
            character = text[position]
            if character == " ":
                position += 1
                continue
            if character < " " or character == "#" or character > "~":
                skipped = _ignored(text, position)
                if skipped is not None:
                    position = skipped.end()
                    continue
            spellings = row.spellings.get(character) or row.spelled(character)
            symbol, end = spellings.single, position + 1
            if spellings.double:
                double = spellings.double.get(text[position : position + 2], 0)
                if double:
                    symbol, end = double, position + 2
            if not symbol:
                for pattern, match in spellings.patterns:
                    found = match(text, position)
                    if found is not None:
                        symbol, end = pattern, found.end()
                        break
                else:
                    raise Unexpected(position, row.terminals(), before)
        move = row.moves.get(symbol, 0)
        while move <= 0:
            if not move:
                if symbol == _END and not row.moves:  # the state after the whole start rule
                    return values[-1]
                raise Unexpected(position, row.terminals(), before)
            _, origin, length, passes, spliced = _RULES[~move]
            handler = handlers[~move]
            if passes:
                rows.pop()
            else:
                cut = len(values) - length
                children = values[cut:]
                del values[cut:], rows[cut + 1 :]
                if spliced:
                    children = _flat(children)
                if handler is not None:
                    values.append(handler(actions, children))
                else:  # lark's own rule for a repetition: one list of all of it
                    values.append(children if spliced else Repetition(children))
            below = rows[-1]
            row = below.after.get((origin, symbol)) or below.reduced(origin, symbol)
            rows.append(row)
            move = row.moves.get(symbol, 0)
        before = Token(names[symbol], text[position:end], position, end)
        values.append(before)
        row = _rows.get(move - 1) or _row(move - 1)
        rows.append(row)
        position = end


class Repetition(list[Any]):
    """The values of a repeated part, to be spliced into the values of the rule around it."""


def _flat(children: list[Any]) -> Repetition:
    flat = Repetition()
    for child in children:
        if type(child) is Repetition:
            if flat or len(children) == 1:
                flat.extend(child)
            else:
                # the long part first: its list grows, so that a long list stays linear
                flat = child
        else:
            flat.append(child)
    return flat
