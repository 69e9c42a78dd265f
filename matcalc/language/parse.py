"""Text to syntax tree: a line is a problem, a `let` or a `layout` statement."""

from __future__ import annotations

import re
from typing import Any, cast

from matcalc.errors import MatcalcError, Source
from matcalc.language import lalr
from matcalc.language.lalr import Token, Unexpected
from matcalc.language.syntax import (
    Declaration,
    LayoutStatement,
    Let,
    Line,
    Problem,
    Syntax,
    Word,
)
from matcalc.rational import rational

LONGEST_LINE = 1_000_000
LARGEST_EXPONENT = 400
_OPERATORS = {
    "PLUS": "+",
    "MINUS": "-",
    "COLON": ":",
    "MATMUL": "@",
    "STAR": "*",
    "HADAMARD": "*",
    "DIVIDE": "/",
    "HALF": "/",
    "KRON": "⊗",
    "UNNAMED": "⋆",
    "CARET": "^",
    "ENTRYWISE_POWER": "**",
}
_STATEMENT = r"\s*(let|layout)\s+(?!where\b)[^\W\d]"
_BARE_STATEMENT = r"\s*(let|layout)\s*(?:#.*)?"


def parse_line(text: str, line: int = 1) -> Line | None:
    """The statement of a line; None for a blank line or a comment.

    Raises MatcalcError of the kind syntax, with the place, or limit for what is too long.

    >>> parse_line("d(x'@A@x)/dx where A: n x n").expression
    Syntax(derivative, "d(x'@A@x)/dx")
    >>> parse_line("   # nothing") is None
    True
    """
    source = Source(text, line)
    if len(text) > LONGEST_LINE:
        message = f"the line is too long: {len(text)} characters, at most {LONGEST_LINE}"
        raise MatcalcError("limit", message, Word("", source, 0, 1))
    # the byte-order mark becomes a space, so that columns stay
    body = " " + text[1:] if text.startswith("\ufeff") else text
    begun = body.lstrip()
    if (not begun or begun[0] == "#") and re.fullmatch(r"\s*(#.*\s*)*", body):
        return None
    if not begun.startswith(("let", "layout")):
        return cast(Line, _parse(source, body, "problem"))
    bare = re.fullmatch(_BARE_STATEMENT, body)
    if bare is not None:
        wanted = (
            "declarations, as in: let A: m x n"
            if bare[1] == "let"
            else "a name, as in: layout denominator"
        )
        raise MatcalcError("syntax", f"{bare[1]} needs {wanted}", Word("", source, *bare.span(1)))
    statement = re.match(_STATEMENT, body)
    return cast(Line, _parse(source, body, "problem" if statement is None else statement[1]))


def parse_expression(text: str) -> Syntax:
    """An expression alone.

    >>> parse_expression("A@B + C").value
    '+'
    """
    return cast(Syntax, _parse(Source(text), text, "expression"))


def _parse(source: Source, body: str, start: str) -> object:
    try:
        return lalr.parse(body, start, _Actions(source), _HANDLERS)
    except Unexpected as unexpected:
        from matcalc.language.complaints import complaint

        raise complaint(source, body, unexpected) from None


class _Actions:
    """What each rule of the grammar makes of the values of its symbols, tokens among them."""

    __slots__ = ("source",)

    def __init__(self, source: Source) -> None:
        self.source = source

    def _node(
        self, kind: str, parts: list[Any], children: tuple[Syntax, ...], value: object = None
    ) -> Syntax:
        return Syntax(kind, children, value, self.source, parts[0].start, parts[-1].end)

    def _infix(self, kind: str, parts: list[Any]) -> Syntax:
        left, sign, right = parts
        return Syntax(
            kind,
            (left, right),
            _OPERATORS[sign.type],
            self.source,
            left.start,
            right.end,
            (sign.start, sign.end),
        )

    def _word(self, token: Token) -> Word:
        return Word(token.text, self.source, token.start, token.end)

    def number(self, parts: list[Any]) -> Syntax:
        text = parts[0].text
        exponent = re.search(r"[eE][+-]?(\d+)$", text) if not text.isdecimal() else None
        if len(text) > LARGEST_EXPONENT or (
            exponent is not None and int(exponent[1]) > LARGEST_EXPONENT
        ):
            raise MatcalcError(
                "limit",
                f"the number has more than {LARGEST_EXPONENT} digits",
                self._word(parts[0]),
            )
        return self._node("number", parts, (), rational(text))

    def name(self, parts: list[Any]) -> Syntax:
        return self._node("name", parts, (), parts[0].text)

    def string(self, parts: list[Any]) -> Syntax:
        return self._node("string", parts, (), parts[0].text[1:-1])

    def group(self, parts: list[Any]) -> Syntax:
        return self._node("group", parts, (parts[1],))

    def unary(self, parts: list[Any]) -> Syntax:
        return self._node("unary", parts, (parts[1],), _OPERATORS[parts[0].type])

    def binary(self, parts: list[Any]) -> Syntax:
        return self._infix("binary", parts)

    def power(self, parts: list[Any]) -> Syntax:
        return self._infix("power", parts)

    def transpose(self, parts: list[Any]) -> Syntax:
        return self._node("transpose", parts, (parts[0],))

    def index(self, parts: list[Any]) -> Syntax:
        letters = tuple(part.text for part in parts[2:-1:2])
        return self._node("index", parts, (parts[0],), letters)

    def bound(self, parts: list[Any]) -> Syntax:
        operator, body = parts[0], parts[-2]
        if operator.kind != "name" or operator.value != "sum":
            raise MatcalcError(
                "syntax",
                f"{operator.text}[...](...) means nothing: only sum[j](...) binds a letter",
                operator,
                hint="after an index, write the operator of the product: A[i,j] * (...)",
            )
        letters = tuple(part.text for part in parts[2:-4:2])
        return self._node("bound", parts, (body,), letters)

    def call(self, parts: list[Any]) -> Syntax:
        return self._node("call", parts, tuple(parts[2]), parts[0].text)

    def arguments(self, parts: list[Any]) -> list[Syntax]:
        return parts[::2]

    def keyword(self, parts: list[Any]) -> Syntax:
        return self._node("keyword", parts, (parts[2],), parts[0].text)

    def derivative(self, parts: list[Any]) -> Syntax:
        opening, operand, _, by = parts
        order = opening.text[1:-1].strip()
        if len(order) > 4:
            message = f"a derivative of the order {order[:8]}… is too much"
            raise MatcalcError("limit", message, self._word(opening))
        words = by.text[1:].lstrip()
        value = (int(order or 1), tuple(words.replace("^", "").split()))
        place = (by.end - len(words), by.end)
        return Syntax("derivative", (operand,), value, self.source, opening.start, by.end, place)

    def claim(self, parts: list[Any]) -> Syntax:
        claim: Syntax = parts[1]
        return claim

    def expression(self, parts: list[Any]) -> Syntax:
        root: Syntax = parts[0]
        return root

    def problem(self, parts: list[Any]) -> Problem:
        claim = next((part for part in parts[1:] if isinstance(part, Syntax)), None)
        declarations = next((part for part in parts if isinstance(part, tuple)), ())
        return Problem(self.source, parts[0], claim, declarations)

    def layout(self, parts: list[Any]) -> LayoutStatement:
        return LayoutStatement(self.source, self._word(parts[1]))

    def let(self, parts: list[Any]) -> Let:
        return Let(self.source, self.declarations(parts))

    def declarations(self, parts: list[Any]) -> tuple[Declaration, ...]:
        return tuple(declaration for part in parts[1::2] for declaration in part)

    def defined(self, parts: list[Any]) -> list[Declaration]:
        return [Declaration(self._name(parts[0]), definition=parts[2])]

    def _name(self, token: Token) -> Word:
        name = self._word(token)
        if name.text[-1] in "′″‴":
            message = f"{name.text} is the derivative of {name.text.rstrip('′″‴')}: declare that"
            raise MatcalcError("syntax", message, name)
        return name

    def header(self, parts: list[Any]) -> tuple[Word, tuple[Word, ...]]:
        return self._name(parts[0]), tuple(self._name(part) for part in parts[2:-1:2])

    def attribute(self, parts: list[Any]) -> Word:
        return self._word(parts[0])

    def declared(self, parts: list[Any]) -> list[Declaration]:
        colon = next(
            k for k, part in enumerate(parts) if isinstance(part, Token) and part.text == ":"
        )
        headers: list[tuple[Word, tuple[Word, ...]]] = parts[:colon:2]
        dims: tuple[Syntax, ...] | str = parts[colon + 1]
        attributes: tuple[Word, ...] = tuple(parts[colon + 2 :])
        if isinstance(dims, str):
            for word in (*attributes, *(name for _, depends in headers for name in depends)):
                message = "an elementwise function has no arguments and no attributes here"
                raise MatcalcError("syntax", message, word, hint="write f: elementwise")
            return [Declaration(name, elementwise=True) for name, _ in headers]
        return [Declaration(name, dims, depends, attributes) for name, depends in headers]

    def scalar_shape(self, parts: list[Any]) -> tuple[Syntax, ...]:
        return ()

    def listed_shape(self, parts: list[Any]) -> tuple[Syntax, ...]:
        return self._checked(tuple(part for part in parts if isinstance(part, Syntax)))

    def shape(self, parts: list[Any]) -> tuple[Syntax, ...] | str:
        if len(parts) > 1:
            return self._checked(tuple(parts[::2]))
        lone: Syntax = parts[0]
        if lone.kind == "group":
            return self._checked((lone.children[0],))
        if lone.value == "elementwise":
            return "elementwise"
        if lone.value == "scalar":
            return ()
        if lone.kind == "name":
            return self._checked(self._compact(lone))
        return self._checked((lone,))

    def _compact(self, word: Syntax) -> tuple[Syntax, ...]:
        """`MxN`, `3x2`: a lone word is split at each x between two parts."""
        pieces = word.text.split("x")
        if len(pieces) == 1 or not all(pieces):
            return (word,)
        dims = []
        start = word.start
        for piece in pieces:
            token = Token("DIMENSION", piece, start, start + len(piece))
            dims.append(self.dimension_word([token]))
            start = token.end + 1
        return tuple(dims)

    def dimension_word(self, parts: list[Any]) -> Syntax:
        text = parts[0].text
        if not text.isdecimal():
            return self._node("name", parts, (), text)
        if len(text) > LARGEST_EXPONENT:
            raise MatcalcError("limit", "the dimension is too large", self._word(parts[0]))
        if int(text) == 0:
            message = "a dimension is a positive integer, not 0"
            raise MatcalcError("shape", message, self._word(parts[0]))
        return self._node("number", parts, (), int(text))

    def _checked(self, dims: tuple[Syntax, ...]) -> tuple[Syntax, ...]:
        stack = list(dims)
        while stack:
            part = stack.pop()
            stack.extend(part.children)
            if part.kind == "name" and not (part.text[0].isalpha() or part.text[0] == "_"):
                digits = re.match(r"\d*", part.text)
                assert digits is not None
                raise MatcalcError(
                    "syntax",
                    f"{part.text} is no dimension",
                    part,
                    hint=f"a product is written {digits[0]}*{part.text[digits.end() :]}",
                )
        return dims


_HANDLERS = lalr.bound(_Actions)
