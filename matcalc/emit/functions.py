"""The functions of an emitted module while they are written: names, what they take, their bodies."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from matcalc.emit.arguments import (
    Sizes,
    Tensor,
    argument_lines,
    declaration,
    depends,
    names_of,
)
from matcalc.emit.backend import Backend
from matcalc.emit.expressions import partial_keyword
from matcalc.emit.names import Names, function_word, partial_word, quoted
from matcalc.emit.piece import Piece
from matcalc.emit.source import WIDTH, docstring, returned, signature
from matcalc.emit.statements import Writer
from matcalc.functions import FUNCTIONS
from matcalc.language.dimensions import shape_text
from matcalc.tensor.nodes import Map, Node, Partial, postorder

Ending = Callable[[Writer, tuple[Piece, ...]], list[str]]
"""The lines of the last statement of a function, made of the values of its roots."""


class Functions:
    """What the functions of one module have in common.

    `tensors` are the identifiers of the problem's tensors, `keywords` those of functions and
    derivatives of dependences by their words, `free` those of the dimensions that no tensor
    determines; `at` the sizes that the order of contraction is chosen for.
    """

    __slots__ = (
        "at",
        "backend",
        "free",
        "functions",
        "keywords",
        "names",
        "partials",
        "sizes",
        "tensors",
        "variables",
    )

    def __init__(
        self,
        column: Backend,
        variables: Sequence[Tensor],
        functions: tuple[str, ...] | None,
        at: Mapping[str, int] | None = None,
        reserved: tuple[str, ...] = (),
    ) -> None:
        self.backend = column
        self.variables = tuple(variables)
        self.functions = functions
        self.at = at
        self.names = Names((*column.reserved, "_arguments", "TypeError", "min", *reserved))
        self.tensors = [self.names.get("tensor", variable.name) for variable in self.variables]
        self.keywords: dict[str, str] = {}
        self.partials: dict[str, Partial] = {}
        self.free: dict[str, str] = {}
        self.sizes = Sizes((), self.names)

    def reserve(self, roots: list[Node], sizes: tuple[str, ...]) -> None:
        """Give out all names in one order: what the functions take, then the sizes."""
        for function in self.functions or ():
            self._keyword("function", function_word(function, 0))
        for variable in self.variables:
            for by in depends(variable):
                self._keyword("partial", partial_word(variable.name, (by.name,)))
        seen: dict[str, None] = dict.fromkeys(sizes)
        for variable in self.variables:
            for dim in variable.dims:
                seen.update(dict.fromkeys(sorted(names_of(dim))))
        for node in postorder(*roots):
            if isinstance(node, Map) and node.function not in FUNCTIONS and node.function != "pow":
                for primes in range(node.primes + 1):
                    self._keyword("function", function_word(node.function, primes))
            elif isinstance(node, Partial):
                word = partial_keyword(node)
                self._keyword("partial", word)
                self.partials[word] = node
            for dim in node.dims:
                seen.update(dict.fromkeys(sorted(names_of(dim))))
            size = getattr(node, "size", None)
            if size is not None:
                seen.update(dict.fromkeys(sorted(names_of(size))))
        for name in seen:
            self.names.get("size", name)
        self.sizes = Sizes(self.variables, self.names)
        self.free = {name: self.names.get("size", name) for name in seen if name not in self.sizes.text}  # fmt: skip

    def _keyword(self, kind: str, word: str) -> None:
        self.keywords[word] = self.names.get(kind, word)

    def writer(self) -> Writer:
        """Of the body of the next function."""
        return Writer(self.backend, self.names, self.functions, self.at)

    def inputs(self) -> list[str]:
        """What the functions take, for the docstrings."""
        lines = [declaration(variable) for variable in self.variables]
        for word, node in self.partials.items():
            lines.append(f"{self.keywords[word]}: {shape_text(node.dims)}, in jacobian axes")
        lines += [f"{name}: a dimension that no tensor determines" for name in self.free.values()]
        return lines

    def function(
        self,
        name: str,
        roots: Sequence[Node],
        summary: str,
        about: list[str],
        ending: Ending | None = None,
    ) -> list[str]:
        """The source lines of one function, which returns the values of the roots."""
        writer = self.writer()
        pieces = writer.values(*roots)
        if ending is None:
            writer.lines.append("return " + ", ".join(piece.text for piece in pieces))
        else:
            writer.lines += ending(writer, pieces)
        prologue: list[str] = []
        for word, node in self.partials.items():
            if word in writer.keywords:
                prologue += self._partial_lines(word, node, writer)
        # a size that a piece had which was left out again needs no name
        words_used = set(re.findall(r"\w+", "\n".join([*prologue, *writer.lines])))
        used = [name for name in writer.sizes if self.names.get("size", name) in words_used]
        head = [f"{key} = _size({quoted(key)}, {key})" for name, key in self.free.items() if name in writer.sizes]  # fmt: skip
        head += self.sizes.lines(used)
        if self.tensors:
            joined = ", ".join(self.tensors)
            call = f"{joined} = _arguments({joined})"
            if len(call) > WIDTH:
                listed = [f"    {tensor}," for tensor in self.tensors]
                head = ["(", *listed, ") = _arguments(", *listed, ")", *head]
            else:
                head.insert(0, call)
        renamed = {v.name: key for v, key in zip(self.variables, self.tensors, strict=True) if v.name != key}  # fmt: skip
        if renamed:
            # a name that is no identifier is taken as it is, too: derivative(**{"lambda": 1})
            words = self.names.get("keywords", "words")
            taken = [f"{key} = {words}.pop({quoted(name)}, {key})" for name, key in renamed.items()]
            unknown = [f"if {words}:", f'    raise TypeError(f"unknown keyword {{min({words})}}")']
            head = [*taken, *unknown, *head]
        parameters = [f"{key}=None" if key in renamed.values() else key for key in self.tensors]
        for word, key in self.keywords.items():
            parameters.append(key if word in writer.keywords else f"{key}=None")
        parameters += [f"{key}=None" for key in self.free.values()]
        if renamed:
            parameters.append(f"**{words}")
        like = next(iter(self.tensors), None)
        prologue[:0] = self.backend.like_lines(like, [*prologue, *writer.lines])
        return [
            *signature(name, parameters),
            *docstring(summary, [*about, *_speed(writer.notes)], "    "),
            *(f"    {line}" for line in (*head, *prologue, *writer.lines)),
        ]

    def _partial_lines(self, word: str, node: Partial, writer: Writer) -> list[str]:
        """A derivative of a dependence: an array of the right shape."""
        key = self.keywords[word]
        said = f"{word}: {shape_text(node.dims)}"
        operations = self.backend.operations
        words = {"name": quoted(word), "said": quoted(said), "order": str(node.order)}
        lines = [f"{key} = {operations['tensor'].format(key, **words)}"]
        if node.dims and self.sizes.known(node.dims):
            shape = writer.shape(node.dims)
            what = quoted(f"{word} has the shape {{}}")
            found = operations["shape"].format(key)
            lines.append(f"_fit({what}, {found}, {quoted(said + ' has {}')}, {shape})")
        return lines

    def arguments(self) -> list[str]:
        """The source lines of the function that checks the tensors."""
        writer = self.writer()
        lines = argument_lines(self.variables, self.sizes, writer)
        doc = '"""The tensors as arrays; an error where their shapes do not fit together."""'
        source = [*signature("_arguments", self.tensors, bare=True), f"    {doc}"]
        return [*source, *(f"    {line}" for line in lines), *returned(self.tensors)]


def _speed(conditions: tuple[str, ...]) -> list[str]:
    """For which sizes the order of contraction is the fastest."""
    if not conditions:
        return []
    return [f"Fastest where {', '.join(conditions[:3])}."]
