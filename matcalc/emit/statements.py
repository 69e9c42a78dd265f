"""Statements of emitted code for a tensor graph: each shared node once, in the order of need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from matcalc.emit.backend import Backend
from matcalc.emit.expressions import ROOM, RULES, is_root
from matcalc.emit.names import Names
from matcalc.emit.network import WIRES
from matcalc.emit.piece import (
    PRODUCT,
    SUM,
    Piece,
    number,
    one_over,
    product,
    with_thin,
)
from matcalc.emit.schedule import scheduled
from matcalc.emit.triangle import folds
from matcalc.emit.wiring import is_wire
from matcalc.errors import InternalError
from matcalc.language.dimensions import Dim, factor_text
from matcalc.tensor.nodes import (
    Add,
    Constant,
    Delta,
    Dims,
    Einsum,
    Fuse,
    Map,
    Node,
    Number,
    Partial,
    Size,
    Variable,
)

if TYPE_CHECKING:
    from matcalc.rational import Rational

LINE = 89
"""How long the one that is returned may be."""


def needed(node: Node) -> tuple[Node, ...]:
    """The operands whose values the code of a node reads."""
    match node:
        case Variable() | Partial():
            return ()
        case Einsum():
            for operand in node.operands:
                if operand.mark & WIRES:
                    break
            else:
                return node.operands
            folded = {fold.constant for fold in folds(node)}
            return tuple(
                operand
                for place, operand in enumerate(node.operands)
                if not is_wire(operand) and place not in folded
            )
        case _:
            return node.operands


def code_order(*roots: Node) -> Iterator[Node]:
    """Every node whose value is needed, operands first, without recursion."""
    seen: set[Node] = set()
    # what is below a mark waits for its operands, which are above it
    stack: list[Node | None] = [*reversed(roots)]
    while stack:
        node = stack.pop()
        if node is None:
            node = stack.pop()
            assert node is not None
            yield node
        elif node not in seen:
            seen.add(node)
            below = needed(node)
            if below:
                stack += (node, None, *reversed(below))
            else:
                yield node


class Writer:
    """Writes one function's body: statements so far, and the expressions of the nodes.

    `keywords` are the words that it reads besides tensors (`dA_dX`, `f`), `sizes` the names of
    dimensions, each in order of appearance; `plain` has the nodes whose code is a number of
    Python's; `spent` has the floating-point operations of each step that an index sum or a
    constant takes as it is spelled, and the shape of its result; `at` are the sizes that the order of contraction is for, `notes` say where the order
    is the fastest if no sizes are given.
    """

    __slots__ = (
        "at",
        "backend",
        "functions",
        "keywords",
        "lines",
        "names",
        "notes",
        "pieces",
        "plain",
        "sizes",
        "spent",
        "uses",
    )

    def __init__(
        self,
        backend: Backend,
        names: Names,
        functions: tuple[str, ...] | None = None,
        at: Mapping[str, int] | None = None,
    ) -> None:
        self.backend = backend
        self.names = names
        self.functions = functions
        self.at = at
        self.notes: tuple[str, ...] = ()
        self.lines: list[str] = []
        self.pieces: dict[Node, Piece] = {}
        self.plain: set[Node] = set()
        self.uses: dict[Node, int] = {}
        self.keywords: dict[str, None] = {}
        self.sizes: dict[str, None] = {}
        self.spent: list[tuple[Rational, Dims, Dims]] = []
        names.restart()

    def spend(self, count: Rational, each: Dims, result: Dims) -> None:
        """Note a step: `count` operations for each entry of an array `each`, and the shape it makes."""
        self.spent.append((count, each, result))

    def write(self, *roots: Node) -> None:
        """All statements for the values of the roots, the return included."""
        pieces = self.values(*roots)
        self.lines.append(f"return {', '.join(piece.text for piece in pieces)}")

    def values(self, *roots: Node) -> tuple[Piece, ...]:
        """All statements for the values of the roots, and the expressions of these, in one line."""
        schedule = scheduled(roots, self.at, squares=self.backend.eager)
        self.notes = schedule.notes
        roots = tuple(schedule.roots)
        order = list(code_order(*roots))
        for node in order:
            for operand in needed(node):
                self.uses[operand] = self.uses.get(operand, 0) + 1
        for root in roots:
            self.uses[root] = self.uses.get(root, 0) + 1
        for node in order:
            piece = self._piece(node)
            shared = self.uses[node] > 1 and not piece.simple
            long = len(piece) > (LINE if node in roots else ROOM)
            self.pieces[node] = self.bind(piece) if shared or long else piece
        pieces = [self._returned(root) for root in roots]
        return (
            self.compact(*pieces, room=LINE - 2 * len(pieces)) if len(pieces) > 1 else tuple(pieces)
        )

    def _returned(self, root: Node) -> Piece:
        """The value of a root in full."""
        piece = self.materialised(self.pieces[root], root.dims)
        if not root.dims and not any(isinstance(n, Variable | Partial) for n in code_order(root)):
            # whole numbers alone: a float all the same
            piece = self.operation("float", piece)
        return piece

    def bind(self, piece: Piece) -> Piece:
        """A name for the value, by a statement."""
        name = self.names.fresh()
        self.lines.append(f"{name} = {piece.text}")
        return Piece(name, thin=piece.thin)

    def compact(self, *pieces: Piece, room: int = ROOM - 12) -> tuple[Piece, ...]:
        """The pieces, the longest of them named until all together fit into the room."""
        listed = list(pieces)
        while sum(map(len, listed)) > room:
            longest = max(range(len(listed)), key=lambda k: len(listed[k]))
            piece = listed[longest]
            if piece.simple:
                break
            if piece.reciprocal is not None and not piece.reciprocal.simple:
                listed[longest] = one_over(self.bind(piece.reciprocal), thin=piece.thin)
            else:
                listed[longest] = self.bind(piece)
        return tuple(listed)

    def operation(self, name: str, *pieces: Piece, **words: str) -> Piece:
        """An operation of the backend."""
        texts = [piece.text for piece in pieces]
        return Piece(self.backend.operations[name].format(*texts, **words))

    def full(self, node: Node) -> Piece:
        """The piece of an operand, in its full shape."""
        return self.materialised(self.pieces[node], node.dims)

    def materialised(self, piece: Piece, dims: Dims) -> Piece:
        """The piece broadcast to its shape, if it is thin."""
        if not piece.thin:
            return piece
        shape = self.shape(dims) if len(dims) > 1 else self.size(dims[0]).text
        if piece.number == 0:
            self.spend(0, (), dims)
            return self.operation("zeros", shape=shape)
        self.spend(0 if piece.number == 1 else 1, dims, dims)
        ones = self.operation("ones", shape=shape)
        (piece,) = self.compact(with_thin(piece, thin=False), room=40)
        return product(piece, ones)

    def _size_name(self, name: str) -> str:
        self.sizes.setdefault(name)
        return self.names.get("size", name)

    def size(self, dim: Dim) -> Piece:
        """A dimension as an expression in the names of sizes."""
        if dim.value is not None:
            return number(dim.value)
        terms = []
        for monomial, coefficient in dim.terms:
            factors = [] if coefficient == 1 and monomial else [str(coefficient)]
            factors += [factor_text(name, self._size_name) for name in monomial]
            terms.append(" * ".join(factors))
        text = " + ".join(terms)
        if len(terms) > 1:
            return Piece(text, SUM)
        return Piece(text, PRODUCT) if " " in text else Piece(text)

    def shape(self, dims: Dims) -> str:
        """A tuple of sizes."""
        sizes = [self.size(dim).text for dim in dims]
        return f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(sizes)})"

    def dense_wire(self, node: Node) -> Piece:
        """A flattening or a block as an array, for the rare sum that it cannot be wired into."""
        eye = self.operation("eye", size=self.size(node.dims[-1]).text)
        if isinstance(node, Fuse):
            sizes = ", ".join(self.size(dim).text for dim in node.dims)
            return Piece(f"{eye.text}.reshape({sizes})")
        assert isinstance(node, Constant)
        before = node.params[0]
        start = before if isinstance(before, Dim) else Dim.number(before)
        end = self.size(start + node.dims[0]).text
        return Piece(f"{eye.text}[{self.size(start).text} : {end}]")

    def _piece(self, node: Node) -> Piece:
        for kind in type(node).__mro__:
            rule = RULES.get(kind)
            if rule is not None:
                piece = rule(self, node)
                if self._is_plain(node, piece):
                    self.plain.add(node)
                return piece
        raise InternalError(f"code for a node of an unknown kind: {type(node).__name__}")

    def _is_plain(self, node: Node, piece: Piece) -> bool:
        """Whether the code is a number of Python's, made of numbers and sizes alone."""
        if node.dims and not piece.thin:
            return False
        match node:
            case Number() | Size():
                return True
            case Constant():
                return node.name == "pi"
            case Map() if node.function == "pow" and not is_root(node):
                return self.plain.issuperset(node.operands)
            case Add():
                return self.plain.issuperset(node.operands)
            case Delta() | Einsum():
                read = needed(node)
                return self.plain.issuperset(read) and not any(operand.dims for operand in read)
            case _:
                return False

    def argument(self, node: Node) -> Piece:
        """The piece of a function's operand: an array where the library's functions take no number."""
        piece = self.pieces[node]
        if self.backend.numbers or node not in self.plain:
            return piece
        return with_thin(self.operation("float", piece), thin=piece.thin)
