"""Runs the tables of an LALR(1) parser on a text, calling an action at each reduction: no tree, no recursion."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from matcalc.errors import Source
from matcalc.language import _generated as tables

Action = Callable[..., object]
"""Gets the source and the values of a rule's symbols: what actions returned, and Words."""
Word = re.Match[str]
Move = tuple[Action | None, slice, slice, int]
"""A reduction: its action, where on the stack its values are and what goes, its symbol; or a shift to a state."""


class Token:
    """A word for a message: the name of its terminal, and where it stands."""

    __slots__ = ("end", "start", "text", "type")

    def __init__(self, word: Word) -> None:
        self.text = word[0]
        self.type = word.lastgroup or tables.LITERALS[self.text]
        self.start, self.end = word.span()


class Unexpected(Exception):
    """What stands at `start` fits nothing that may stand there; `expected` are the terminals that may."""

    def __init__(self, start: int, expected: frozenset[str], before: Word | None) -> None:
        super().__init__(start)
        self.start = start
        self.expected = expected
        self.before = None if before is None else Token(before)


class Parser:
    """The tables, with the actions of the rules by their names."""

    def __init__(self, actions: Mapping[str, Action]) -> None:
        self._rows = _Rows(actions)

    def parse(self, source: Source, text: str, start: str) -> object:
        """What the action of the rule `start` returns.  Raises Unexpected where the text does not fit."""
        rows = self._rows
        row = rows[tables.STARTS[start]]
        stack: list[Any] = [row]  # states, and the values between them
        position = 0
        before: Word | None = None
        while True:
            word = row.search(text, position)  # passes over spaces, which start no word
            key = _END if word is None else word.lastgroup or word[0]
            try:
                action, values, gone, to = row.moves[key]
            except KeyError:
                if word is not None and key[0] == "#":
                    position = word.end()
                    continue
                word = row.alone(text, word, before)
                key = word.lastgroup or word[0]
                action, values, gone, to = row.moves[key]
            while action is not None:
                value = action(source, *stack[values])
                del stack[gone]
                row, action, values, gone, to = stack[-1][to, key]
                stack += (value, row)
            if to < 0:
                if not row.moves:  # the state after the whole start rule
                    return stack[1]
                raise Unexpected(_start(text, word), row.expected(), before)
            row = rows[to]
            stack += (word, row)
            before = word
            position = word.end()  # type: ignore[union-attr]  # the end is not shifted


def _start(text: str, word: Word | None) -> int:
    return len(text) if word is None else word.start()


_END = "$END"
_KEYS = [
    [text for text, one in tables.LITERALS.items() if one == name] or [name]
    for name in tables.SYMBOLS
]
"""What lexers call a symbol: a literal goes by its texts, of which it may have several."""
_NOTHING = slice(0, 0)
_NOWHERE: Move = (None, _NOTHING, _NOTHING, -1)


class _Rows(dict[int, "_Row"]):
    """The states of the automaton, made when they are first reached."""

    def __init__(self, actions: Mapping[str, Action]) -> None:
        super().__init__()
        self.reductions: list[Move] = []
        for name, symbol, length, passes, spliced in tables.RULES:
            action = _passed if passes else _repeated if name[0] == "_" else actions[name]
            if spliced and action is not _repeated:
                action = _spliced(action)
            values = slice(-2 * length, None, 2) if length else _NOTHING
            gone = slice(-2 * length, None) if length else _NOTHING
            self.reductions.append((action, values, gone, symbol))

    def __missing__(self, state: int) -> _Row:
        row = self[state] = _Row(self, state)
        return row


class _Row(dict[tuple[int, str], tuple["_Row", Action | None, slice, slice, int]]):
    """A state: its lexer, its move at each word, and what follows when a symbol is reduced above it.

    That is, by the symbol and the word that is next, the state then, and its move.  Rules of one
    symbol that only pass it on follow each other a dozen at a time between a name and a sum: they
    are run once for each pair.
    """

    __slots__ = ("gotos", "moves", "rows", "search")

    def __init__(self, rows: _Rows, state: int) -> None:
        super().__init__()
        lexer, _, entries = tables.ROWS[state].partition(":")
        self.rows = rows
        self.search = _lexer(tables.LEXERS[int(lexer)])
        self.moves: dict[str, Move] = {}
        self.gotos: dict[int, int] = {}
        for entry in entries.split():
            shifted, arrow, target = entry.partition(">")
            if arrow:
                symbol = int(shifted)
                self.gotos[symbol] = to = int(target)
                for key in _KEYS[symbol]:
                    self.moves[key] = (None, _NOTHING, _NOTHING, to)
            else:
                reduced, _, rule = entry.partition("<")
                move = rows.reductions[int(rule)]
                for one in reduced.split(","):
                    for key in _KEYS[int(one)]:
                        self.moves[key] = move

    def __missing__(self, pair: tuple[int, str]) -> tuple[_Row, Action | None, slice, slice, int]:
        symbol, key = pair
        row = self.rows[self.gotos[symbol]]
        while (move := row.moves.get(key, _NOWHERE))[0] is _passed:
            row = self.rows[self.gotos[move[3]]]
        self[pair] = found = (row, *move)
        return found

    def expected(self) -> frozenset[str]:
        names = [tables.LITERALS.get(key, key) for key in self.moves]
        return frozenset([name for name in names if name.isupper()])

    def alone(self, text: str, word: Word | None, before: Word | None) -> Word:
        """The word of this state's own terminals, where its lexer found one of another state."""
        start = _start(text, word)
        found = _own_lexer(self.expected() - {_END})(text, start)
        if found is None:
            raise Unexpected(start, self.expected(), before)
        return found


class _Repetition(list[Any]):
    """The values of a repeated part, to be spliced into the values of the rule around it."""


def _passed(source: Source, value: object) -> object:
    return value


def _repeated(source: Source, *values: object) -> _Repetition:
    """Lark's own rule for a repetition: one list of all of it, which grows, so that it stays linear."""
    first = values[0]
    if type(first) is not _Repetition:
        return _Repetition(values)
    first += values[1:]
    return first


def _spliced(action: Action) -> Action:
    def spliced(source: Source, *values: object) -> object:
        flat: list[object] = []
        for value in values:
            if type(value) is _Repetition:
                flat += value
            else:
                flat.append(value)
        return action(source, *flat)

    return spliced


def _alternatives(names: frozenset[str], literals: list[str]) -> list[str]:
    """The terminals as patterns: literals, longer ones first, then the others in the order of the table."""
    long = [re.escape(text) for text in literals if len(text) > 1]
    short = "".join([re.escape(text) for text in literals if len(text) == 1])
    patterns = [f"(?P<{name}>{text})" for name, text in tables.PATTERNS.items() if name in names]
    return [*long, f"[{short}]" if short else "(?!)", *patterns]


@cache
def _lexer(terminals: str) -> Callable[[str, int], Word | None]:
    """Finds the next word, a comment, or a character that is none of the two.

    Literals beyond ASCII are found as such characters: all of them have one, which starts nothing
    else, and a set that has them takes long to compile.
    """
    names = frozenset(terminals.split())
    literals = [
        text for text in tables.LITERALS if text.isascii() and tables.LITERALS[text] in names
    ]
    return re.compile("|".join([*_alternatives(names, literals), "#.*", r"\S"])).search


@cache
def _own_lexer(names: frozenset[str]) -> Callable[[str, int], Word | None]:
    literals = [text for text, name in tables.LITERALS.items() if name in names]
    return re.compile("|".join(_alternatives(names, literals))).match
