"""Statements of emitted code for a tensor graph: each shared node once, in the order of need."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from matcalc.emit.backend import Backend
from matcalc.emit.names import Names, function_word, partial_word
from matcalc.emit.piece import (
    PRODUCT,
    SUM,
    Piece,
    call,
    number,
    one_over,
    plus,
    power,
    product,
    scaled,
    with_thin,
)
from matcalc.emit.triangle import folds
from matcalc.emit.wiring import einsum_piece, is_wire
from matcalc.errors import InternalError, MatcalcError
from matcalc.functions import ENTRYWISE, FUNCTIONS
from matcalc.language.dimensions import Dim, factor_text
from matcalc.tensor.nodes import (
    Add,
    Apply,
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

ROOM = 76
"""How long an expression may get before a part of it gets a name."""
LINE = 89
"""How long the one that is returned may be."""


def needed(node: Node) -> tuple[Node, ...]:
    """The operands whose values the code of a node reads."""
    match node:
        case Einsum():
            folded = {fold.constant for fold in folds(node)}
            return tuple(
                operand
                for place, operand in enumerate(node.operands)
                if not is_wire(operand) and place not in folded
            )
        case Variable() | Partial():
            return ()
        case _:
            return node.operands


def code_order(root: Node) -> Iterator[Node]:
    """Every node whose value is needed, operands first, without recursion."""
    seen: set[Node] = set()
    stack: list[tuple[Node, bool]] = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            yield node
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((operand, False) for operand in reversed(needed(node)))


class Writer:
    """Writes one function's body: statements so far, and the expressions of the nodes.

    `keywords` are the words that it reads besides tensors (`dA_dX`, `f`), `sizes` the names of
    dimensions, each in order of appearance.
    """

    __slots__ = ("backend", "functions", "keywords", "lines", "names", "pieces", "sizes", "uses")

    def __init__(
        self, backend: Backend, names: Names, functions: tuple[str, ...] | None = None
    ) -> None:
        self.backend = backend
        self.names = names
        self.functions = functions
        self.lines: list[str] = []
        self.pieces: dict[Node, Piece] = {}
        self.uses: dict[Node, int] = {}
        self.keywords: dict[str, None] = {}
        self.sizes: dict[str, None] = {}
        names.restart()

    def write(self, root: Node) -> None:
        """All statements for the value of the root, the return included."""
        order = list(code_order(root))
        for node in order:
            for operand in needed(node):
                self.uses[operand] = self.uses.get(operand, 0) + 1
        for node in order:
            piece = self._piece(node)
            shared = self.uses.get(node, 0) > 1 and not piece.simple
            long = len(piece) > (LINE if node is root else ROOM)
            self.pieces[node] = self.bind(piece) if shared or long else piece
        piece = self.materialised(self.pieces[root], root.dims)
        if not root.dims and not any(isinstance(node, Variable | Partial) for node in order):
            # whole numbers alone: a float all the same
            piece = self.operation("float", piece)
        self.lines.append(f"return {piece.text}")

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
            return self.operation("zeros", shape=shape)
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
                return rule(self, node)
        raise InternalError(f"code for a node of an unknown kind: {type(node).__name__}")


def _number(writer: Writer, node: Node) -> Piece:
    assert isinstance(node, Number)
    return number(node.value)


def _size(writer: Writer, node: Node) -> Piece:
    assert isinstance(node, Size)
    return writer.size(node.size)


def _variable(writer: Writer, node: Node) -> Piece:
    assert isinstance(node, Variable)
    if node.name == "⋆":
        raise MatcalcError(
            "unsupported", "no code for ⋆: nothing but its product rule is known of this product"
        )
    return Piece(writer.names.get("tensor", node.name))


def _constant(writer: Writer, node: Node) -> Piece:
    assert isinstance(node, Constant)
    if is_wire(node):
        return einsum_piece(writer, node)
    params = [number(p) if isinstance(p, int) else writer.size(p) for p in node.params]
    match node.name:
        case "pi":
            return writer.operation("pi")
        case "e":
            return writer.operation("unit", position=params[0].text, size=params[1].text)
        case "lower" | "upper" | "vech" | "duplication":
            return writer.operation(node.name, size=params[0].text)
        case name:
            raise InternalError(f"code for an unknown constant: {name}")


def _add(writer: Writer, node: Node) -> Piece:
    assert isinstance(node, Add)
    if not node.operands:
        return Piece("0.0", number=0, thin=bool(node.dims))
    total: Piece | None = None
    for coefficient, operand in zip(node.coefficients, node.operands, strict=True):
        piece = writer.pieces[operand]
        negative = coefficient < 0
        (piece,) = writer.compact(piece, room=ROOM - 16)
        term = scaled(-coefficient if negative else coefficient, piece)
        if term.number is not None and term.number < 0:
            term, negative = scaled(-1, term), not negative
        if total is not None and len(total) + len(term) > ROOM:
            total = writer.bind(total)
        total = plus(total, term, negative=negative)
    assert total is not None
    return total


def _map(writer: Writer, node: Node) -> Piece:
    assert isinstance(node, Map)
    thin = bool(node.dims) and all(
        writer.pieces[operand].thin or not operand.dims for operand in node.operands
    )
    if node.function == "pow":
        return _pow(writer, node, thin)
    pieces = writer.compact(*(writer.pieces[operand] for operand in node.operands))
    row = FUNCTIONS.get(node.function)
    if row is None:
        if writer.functions is not None and node.function not in writer.functions:
            raise MatcalcError("unsupported", f"no code for the unknown function {node.function}")
        word = function_word(node.function, node.primes)
        writer.keywords.setdefault(word)
        name = writer.names.get("function", word)
        return Piece(f"{name}({', '.join(piece.text for piece in pieces)})", thin=thin)
    if row.kind != ENTRYWISE or len(pieces) != 1:
        raise InternalError(f"{node.function} is no function of entries")
    template = writer.backend.maps.get(node.function)
    if template is None:
        word = getattr(row, writer.backend.name) or row.name
        template = f"{writer.backend.prefix}.{word}({{0}})"
    return call(template, *pieces, thin=thin)


def _pow(writer: Writer, node: Map, thin: bool) -> Piece:
    base, exponent = writer.compact(*(writer.pieces[operand] for operand in node.operands))
    value = exponent.number
    if value is None or node.operands[1].dims:
        piece = power(base, exponent)
    elif value < 0:
        return one_over(_root(writer, base, number(-value)), thin=thin)
    else:
        piece = _root(writer, base, exponent)
    return Piece(piece.text, piece.level, thin=thin)


def _root(writer: Writer, base: Piece, exponent: Piece) -> Piece:
    """A power with a positive rational exponent."""
    value = exponent.number
    assert value is not None
    if value == 1:
        return base
    if value.numerator == 1 and value.denominator == 2:
        return writer.operation("sqrt", base)
    return power(base, exponent)


def _apply(writer: Writer, node: Node) -> Piece:
    assert isinstance(node, Apply)
    applies = writer.backend.applies
    pieces = writer.compact(*(writer.full(operand) for operand in node.operands))
    name = node.function
    if name == "matpower":
        exponent = node.operands[1]
        if isinstance(exponent, Number) and exponent.value.denominator == 1:
            name = "matrix_power"
    if name not in applies:
        raise MatcalcError("unsupported", f"no {writer.backend.name} code for {node.function}")
    axis = dict(node.params).get("axis")
    return call(applies[name], *pieces, axis="" if axis is None else f", axis={axis}")


def _partial(writer: Writer, node: Node) -> Piece:
    assert isinstance(node, Partial)
    word = partial_keyword(node)
    writer.keywords.setdefault(word)
    return Piece(writer.names.get("partial", word))


def partial_keyword(node: Partial) -> str:
    """`dA_dX` of the node ∂A/∂X."""
    words = [operand.name for operand in node.operands if isinstance(operand, Variable)]
    assert len(words) == len(node.operands)
    return partial_word(words[0], words[1:])


RULES: dict[type[Node], Callable[[Writer, Node], Piece]] = {
    Number: _number,
    Size: _size,
    Variable: _variable,
    Delta: einsum_piece,
    Fuse: einsum_piece,
    Constant: _constant,
    Einsum: einsum_piece,
    Add: _add,
    Map: _map,
    Apply: _apply,
    Partial: _partial,
}
"""How each kind of node becomes an expression: the closed set."""
