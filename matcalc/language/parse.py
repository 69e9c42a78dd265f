"""Text to syntax tree: a line is a problem, a `let` or a `layout` statement."""

from __future__ import annotations

import re
from typing import Any

from matcalc.errors import MatcalcError, Source
from matcalc.language import lalr, typography
from matcalc.language.syntax import (
    Declaration,
    LayoutStatement,
    Let,
    Line,
    Problem,
    Syntax,
    Word,
    by_name,
)
from matcalc.rational import rational

LONGEST_LINE = 1_000_000
LARGEST_EXPONENT = 400
_OPERATORS = {
    "-": "-",
    "−": "-",
    "·": "@",
    "⋅": "@",
    ".*": "*",
    "∘": "*",
    "⊙": "*",
    "./": "/",
    "//": "/",
    ".^": "**",
}
_STATEMENT = r"\s*(let|layout)\s+(?!where\s+[^\W\d])[^\W\d]"
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
    read: Line
    if not begun.startswith(("let", "layout")):
        read = _parse(source, body, "problem")
        return read
    bare = re.fullmatch(_BARE_STATEMENT, body)
    if bare is not None:
        wanted = (
            "declarations, as in: let A: m x n"
            if bare[1] == "let"
            else "a name, as in: layout denominator"
        )
        raise MatcalcError("syntax", f"{bare[1]} needs {wanted}", Word("", source, *bare.span(1)))
    statement = re.match(_STATEMENT, body)
    read = _parse(source, body, "problem" if statement is None else statement[1])
    return read


def parse_expression(text: str) -> Syntax:
    """An expression alone.

    >>> parse_expression("A@B + C").value
    '+'
    """
    root: Syntax = _parse(Source(text), text, "expression")
    return root


def _parse(source: Source, body: str, start: str) -> Any:
    try:
        return _PARSER.parse(source, body, start)
    except lalr.Unexpected as unexpected:
        from matcalc.language.complaints import complaint

        raise complaint(source, body, unexpected) from None


# What each rule of the grammar makes of the values of its symbols, words among them.


def _word(source: Source, word: lalr.Word) -> Word:
    return Word(word[0], source, word.start(), word.end())


def _number(source: Source, word: lalr.Word) -> Syntax:
    text = word[0]
    if text.isdecimal() and len(text) <= LARGEST_EXPONENT:
        return Syntax("number", (), int(text), source, word.start(), word.end())
    exponent = re.search(r"[eE][+-]?(\d+)$", text)
    if len(text) > LARGEST_EXPONENT or (
        exponent is not None and int(exponent[1]) > LARGEST_EXPONENT
    ):
        message = f"the number has more than {LARGEST_EXPONENT} digits"
        raise MatcalcError("limit", message, _word(source, word))
    return Syntax("number", (), rational(text), source, word.start(), word.end())


def _name(source: Source, word: lalr.Word) -> Syntax:
    return Syntax("name", (), word[0], source, word.start(), word.end())


def _string(source: Source, word: lalr.Word) -> Syntax:
    return Syntax("string", (), word[0][1:-1], source, word.start(), word.end())


def _group(source: Source, opening: lalr.Word, inside: Syntax, closing: lalr.Word) -> Syntax:
    return Syntax("group", (inside,), None, source, opening.start(), closing.end())


def _unary(source: Source, sign: lalr.Word, operand: Syntax) -> Syntax:
    value = _OPERATORS.get(sign[0], sign[0])
    return Syntax("unary", (operand,), value, source, sign.start(), operand.end)


def _binary(source: Source, left: Syntax, sign: lalr.Word, right: Syntax) -> Syntax:
    value = _OPERATORS.get(sign[0], sign[0])
    return Syntax("binary", (left, right), value, source, left.start, right.end)


def _power(source: Source, base: Syntax, sign: lalr.Word, exponent: Syntax) -> Syntax:
    value = _OPERATORS.get(sign[0], sign[0])
    return Syntax("power", (base, exponent), value, source, base.start, exponent.end)


def _transpose(source: Source, operand: Syntax, sign: lalr.Word) -> Syntax:
    return Syntax("transpose", (operand,), None, source, operand.start, sign.end())


def _letters(parts: tuple[lalr.Word, ...]) -> tuple[str, ...]:
    return tuple([letter[0] for letter in parts[::2]])


def _index(source: Source, operand: Syntax, *parts: lalr.Word) -> Syntax:
    letters = _letters(parts[1:-1])
    return Syntax("index", (operand,), letters, source, operand.start, parts[-1].end())


def _bound(source: Source, operator: Syntax, *parts: Any) -> Syntax:
    if operator.kind != "name" or operator.value != "sum":
        raise MatcalcError(
            "syntax",
            f"{operator.text}[...](...) means nothing: only sum[j](...) binds a letter",
            operator,
            hint="after an index, write the operator of the product: A[i,j] * (...)",
        )
    letters = _letters(parts[1:-4])
    return Syntax("bound", (parts[-2],), letters, source, operator.start, parts[-1].end())


def _call(
    source: Source,
    function: lalr.Word,
    opening: lalr.Word,
    arguments: tuple[Syntax, ...],
    closing: lalr.Word,
) -> Syntax:
    return Syntax("call", arguments, function[0], source, function.start(), closing.end())


def _arguments(source: Source, *parts: Syntax) -> tuple[Syntax, ...]:
    return parts[::2]


def _keyword(source: Source, word: lalr.Word, sign: lalr.Word, value: Syntax) -> Syntax:
    return Syntax("keyword", (value,), word[0], source, word.start(), value.end)


def _derivative(
    source: Source, opening: lalr.Word, operand: Syntax, closing: lalr.Word, by: lalr.Word
) -> Syntax:
    order = opening[0][1:-1].strip()
    if len(order) > 4:
        message = f"a derivative of the order {order[:8]}… is too much"
        raise MatcalcError("limit", message, _word(source, opening))
    words = by[0][1:].replace("^", "").split()
    value = (int(order or 1), tuple(words))
    return Syntax("derivative", (operand,), value, source, opening.start(), by.end())


def _claim(source: Source, sign: lalr.Word, claim: Syntax) -> Syntax:
    return claim


def _expression(source: Source, root: Syntax) -> Syntax:
    return root


def _problem(
    source: Source, expression: Syntax, *parts: Syntax | tuple[Declaration, ...]
) -> Problem:
    claim: Syntax | None = None
    declarations: tuple[Declaration, ...] = ()
    for part in parts:
        if isinstance(part, Syntax):
            claim = part
        else:
            declarations = part
    return Problem(source, expression, claim, declarations)


def _layout(source: Source, word: lalr.Word, name: lalr.Word) -> LayoutStatement:
    return LayoutStatement(source, _word(source, name))


def _let(source: Source, word: lalr.Word, *parts: list[Declaration]) -> Let:
    declarations = _declarations(source, word, *parts)
    by_name(declarations)  # a line that declares a name twice declares nothing
    return Let(source, declarations)


def _declarations(
    source: Source, word: lalr.Word, *parts: list[Declaration]
) -> tuple[Declaration, ...]:
    return tuple([declaration for part in parts[::2] for declaration in part])


def _defined(
    source: Source, name: lalr.Word, sign: lalr.Word, definition: Syntax
) -> list[Declaration]:
    return [Declaration(_declared_name(source, name), definition=definition)]


def _declared_name(source: Source, word: lalr.Word) -> Word:
    text = word[0]
    name = Word(text, source, word.start(), word.end())
    if text[-1] in "′″‴":
        message = f"{text} is the derivative of {text.rstrip('′″‴')}: declare that"
        raise MatcalcError("syntax", message, name)
    return name


_Header = tuple[Word, tuple[Word, ...]]


def _header(source: Source, name: lalr.Word, *parts: lalr.Word) -> _Header:
    depends = [_declared_name(source, part) for part in parts[1:-1:2]] if parts else ()
    return _declared_name(source, name), tuple(depends)


def _declared(source: Source, *parts: Any) -> list[Declaration]:
    colon = 1
    while parts[colon][0] == ",":
        colon += 2
    headers: tuple[_Header, ...] = parts[:colon:2]
    dims: tuple[Syntax, ...] | str = parts[colon + 1]
    attributes: tuple[Word, ...] = parts[colon + 2 :]
    if isinstance(dims, str):
        for word in (*attributes, *(name for _, depends in headers for name in depends)):
            message = "an elementwise function has no arguments and no attributes here"
            raise MatcalcError("syntax", message, word, hint="write f: elementwise")
        return [Declaration(name, elementwise=True) for name, _ in headers]
    return [Declaration(name, dims, depends, attributes) for name, depends in headers]


def _scalar_shape(source: Source, opening: lalr.Word, closing: lalr.Word) -> tuple[Syntax, ...]:
    return ()


def _listed_shape(source: Source, *parts: Syntax | lalr.Word) -> tuple[Syntax, ...]:
    return _checked(tuple([part for part in parts if isinstance(part, Syntax)]))


def _shape(source: Source, *parts: Syntax) -> tuple[Syntax, ...] | str:
    if len(parts) > 1:
        return _checked(parts[::2])
    lone = parts[0]
    if lone.kind == "group":
        return _checked((lone.children[0],))
    if lone.value == "elementwise":
        return "elementwise"
    if lone.value == "scalar":
        return ()
    if lone.kind == "name":
        return _checked(_compact(lone))
    return _checked((lone,))


def _compact(word: Syntax) -> tuple[Syntax, ...]:
    """`MxN`, `3x2`: a lone word is split at each x between two parts."""
    pieces = word.value.split("x")
    if len(pieces) == 1:
        return (word,)
    if not all(pieces):
        if len([piece for piece in pieces if piece]) < 2:  # max, xs, n_max
            return (word,)
        message = f"{word.value} is read as M x N, and a dimension is missing beside an x"
        hint = f"a vector whose dimension has this name is written ({word.value}), a matrix M x N"
        raise MatcalcError("syntax", message, word, hint=hint)
    dims = []
    start = word.start
    for piece in pieces:
        dims.append(_size(word.source, piece, start, start + len(piece)))
        start += len(piece) + 1
    return tuple(dims)


def _dimension_word(source: Source, word: lalr.Word) -> Syntax:
    text = word[0]
    if text.isalpha():
        return Syntax("name", (), text, source, word.start(), word.end())
    return _size(source, text, word.start(), word.end())


def _size(source: Source, text: str, start: int, end: int) -> Syntax:
    if not text.isdecimal():
        if not text.isascii() and (fault := typography.of_dimension(text)) is not None:
            message, hint = fault
            raise MatcalcError("syntax", message, Word(text, source, start, end), hint=hint)
        return Syntax("name", (), text, source, start, end)
    if len(text) > LARGEST_EXPONENT:
        message = "the dimension is too large"
        raise MatcalcError("limit", message, Word(text, source, start, end))
    if int(text) == 0:
        message = "a dimension is a positive integer, not 0"
        raise MatcalcError("shape", message, Word(text, source, start, end))
    return Syntax("number", (), int(text), source, start, end)


def _checked(dims: tuple[Syntax, ...]) -> tuple[Syntax, ...]:
    """The dimensions, if each name in them starts like one."""
    stack = [*dims]
    while stack:
        part = stack.pop()
        if part.children:
            stack += part.children
        elif part.kind == "name" and not part.value[0].isalpha() and part.value[0] != "_":
            digits = re.match(r"\d*", part.text)
            assert digits is not None
            raise MatcalcError(
                "syntax",
                f"{part.text} is no dimension",
                part,
                hint=f"a product is written {digits[0]}*{part.text[digits.end() :]}",
            )
    return dims


_PARSER = lalr.Parser(
    {
        "arguments": _arguments,
        "attribute": _word,
        "binary": _binary,
        "bound": _bound,
        "call": _call,
        "claim": _claim,
        "declarations": _declarations,
        "declared": _declared,
        "defined": _defined,
        "derivative": _derivative,
        "dimension_word": _dimension_word,
        "expression": _expression,
        "group": _group,
        "header": _header,
        "index": _index,
        "keyword": _keyword,
        "layout": _layout,
        "let": _let,
        "listed_shape": _listed_shape,
        "name": _name,
        "number": _number,
        "power": _power,
        "problem": _problem,
        "scalar_shape": _scalar_shape,
        "shape": _shape,
        "string": _string,
        "transpose": _transpose,
        "unary": _unary,
    }
)
