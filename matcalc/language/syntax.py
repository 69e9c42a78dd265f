"""The syntax tree: what was written, where.  Nothing in it is resolved yet.

Kinds of `Syntax`, with `value` and children:

    number      the exact value                         ()
    name        the word                                ()
    string      the text between the quotes             ()
    group       None                                    (inside of the parentheses,)
    unary       "-" or "+"                              (operand,)
    binary      one of OPERATORS                        (left, right)
    power       "^" or "**"                             (base, exponent)
    transpose   None                                    (operand,)          A' and A.T
    index       the letters, a tuple                    (operand,)          A[i,j]
    bound       the letters, a tuple                    (body,)             sum[j](...)
    call        the function's name as written          arguments
    keyword     the keyword                             (argument,)         axis=0
    derivative  (order, words)                          (operand,)          d2(F)/dx dy: (2, ("dx", "dy"))

Spellings are made one here: `·` is "@"; `.* ∘ ⊙` are "*"; `./` is "/"; `.^` is "**".
"""

from __future__ import annotations

from typing import Any

from matcalc.errors import MatcalcError, Source

OPERATORS = ("+", "-", ":", "@", "*", "/", "⊗", "⋆")


class Syntax:
    """A node of the syntax tree; offsets count characters of its source from 0."""

    __slots__ = ("children", "end", "kind", "source", "start", "value")

    def __init__(
        self,
        kind: str,
        children: tuple[Syntax, ...],
        value: Any,
        source: Source,
        start: int,
        end: int,
    ) -> None:
        self.kind = kind
        self.children = children
        self.value = value
        self.source = source
        self.start = start
        self.end = end

    @property
    def text(self) -> str:
        """As written."""
        return self.source.text[self.start : self.end]

    def __repr__(self) -> str:
        return f"Syntax({self.kind}, {self.text!r})"


class Word:
    """A word with its place: a declared name, an attribute, a dimension's separator."""

    __slots__ = ("end", "source", "start", "text")

    def __init__(self, text: str, source: Source, start: int, end: int) -> None:
        self.text = text
        self.source = source
        self.start = start
        self.end = end


class Declaration:
    """One declared name: exactly one of `dims`, `definition` and `elementwise` says what it is.

    `dims` are the dimensions as Syntax (numbers, names, sums and products); () is a scalar.
    """

    __slots__ = ("attributes", "definition", "depends", "dims", "elementwise", "name")

    def __init__(
        self,
        name: Word,
        dims: tuple[Syntax, ...] | None = None,
        depends: tuple[Word, ...] = (),
        attributes: tuple[Word, ...] = (),
        definition: Syntax | None = None,
        elementwise: bool = False,
    ) -> None:
        self.name = name
        self.dims = dims
        self.depends = depends
        self.attributes = attributes
        self.definition = definition
        self.elementwise = elementwise


def by_name(declarations: tuple[Declaration, ...]) -> dict[str, Declaration]:
    """The declarations of one line by their names; a name twice is an error of the kind name."""
    named: dict[str, Declaration] = {}
    for declaration in declarations:
        name = declaration.name
        if name.text in named:
            raise MatcalcError("name", f"{name.text} is declared twice", name)
        named[name.text] = declaration
    return named


class Problem:
    """EXPRESSION [== CLAIM] [where DECLARATIONS]"""

    __slots__ = ("claim", "declarations", "expression", "source")

    def __init__(
        self,
        source: Source,
        expression: Syntax,
        claim: Syntax | None,
        declarations: tuple[Declaration, ...],
    ) -> None:
        self.source = source
        self.expression = expression
        self.claim = claim
        self.declarations = declarations


class Let:
    """let DECLARATIONS"""

    __slots__ = ("declarations", "source")

    def __init__(self, source: Source, declarations: tuple[Declaration, ...]) -> None:
        self.source = source
        self.declarations = declarations


class LayoutStatement:
    """layout NAME"""

    __slots__ = ("name", "source")

    def __init__(self, source: Source, name: Word) -> None:
        self.source = source
        self.name = name


Line = Problem | Let | LayoutStatement
