"""How each kind of node becomes an expression of the emitted code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from matcalc.emit.names import function_word, partial_word
from matcalc.emit.piece import Piece, call, number, one_over, plus, power, scaled
from matcalc.emit.schedule import STEP
from matcalc.emit.wiring import einsum_piece, is_wire
from matcalc.errors import InternalError, MatcalcError
from matcalc.functions import ENTRYWISE, FUNCTIONS
from matcalc.tensor.nodes import (
    Add,
    Apply,
    Constant,
    Delta,
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
    from matcalc.emit.backend import Backend
    from matcalc.emit.statements import Writer

OWN = ("pow", STEP)
"""The functions of entries that are no rows of the table."""
ROOM = 76
"""How long an expression may get before a part of it gets a name."""


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
            made = (*node.dims, node.dims[1]) if node.name == "duplication" else node.dims
            writer.spend(0, (), made)
            return writer.operation(node.name, size=params[0].text)
        case name:
            raise InternalError(f"code for an unknown constant: {name}")


def _add(writer: Writer, node: Node) -> Piece:
    assert isinstance(node, Add)
    if not node.operands:
        return Piece("0.0", number=0, thin=bool(node.dims))
    terms = list(zip(node.coefficients, node.operands, strict=True))
    placed = _placed_later(writer, node)
    total: Piece | None = None
    grown = 0
    for coefficient, operand in terms:
        if operand in placed:
            continue
        piece = writer.pieces[operand]
        negative = coefficient < 0
        (piece,) = writer.compact(piece, room=ROOM - 16)
        term = scaled(-coefficient if negative else coefficient, piece)
        if term.number is not None and term.number < 0:
            term, negative = scaled(-1, term), not negative
        if total is not None and len(total) + len(term) > ROOM:
            own = grown > 1 and not total.thin and node.order > 1 and writer.backend.eager
            total = writer.bind(total)
            if own:
                # an array that nobody else has: no second one of its size
                writer.lines.append(f"{total.text} {'-' if negative else '+'}= {term.text}")
                continue
        total = plus(total, term, negative=negative)
        grown += 1
    assert total is not None
    if placed:
        total = writer.bind(total)
        for coefficient, operand in terms:
            if operand in placed:
                pattern, values = placed[operand]
                template = writer.backend.operations["add_into"]
                value = scaled(coefficient, values)
                writer.lines.append(template.format(total.text, value.text, spec=pattern))
    return total


def _placed_later(writer: Writer, node: Add) -> dict[Node, tuple[str, Piece]]:
    """The terms that are added at their places to the array that the others make."""
    if not writer.backend.eager or node.order < 2:
        return {}
    placed = {
        operand: place
        for operand in node.operands
        if writer.uses[operand] == 1 and (place := writer.pieces[operand].placed) is not None
    }
    others = [
        (coefficient, operand)
        for coefficient, operand in zip(node.coefficients, node.operands, strict=True)
        if operand not in placed and not writer.pieces[operand].thin
    ]
    fresh = len(others) > 1 or any(
        coefficient != 1 or (_is_fresh(operand) and writer.uses[operand] == 1)
        for coefficient, operand in others
    )
    return placed if fresh else {}


def _is_fresh(node: Node) -> bool:
    """Whether the code of a node certainly makes an array, no view of another."""
    return (
        isinstance(node, Einsum)
        and len(node.operands) == 2
        and not any(is_wire(operand) or isinstance(operand, Number) for operand in node.operands)
    )


def _map(writer: Writer, node: Node) -> Piece:
    assert isinstance(node, Map)
    thin = bool(node.dims) and all(
        writer.pieces[operand].thin or not operand.dims for operand in node.operands
    )
    if node.function == "pow":
        return _pow(writer, node, thin)
    pieces = writer.compact(*map(writer.argument, node.operands))
    row = FUNCTIONS.get(node.function)
    if node.function == STEP:
        return call(writer.backend.maps[STEP], *pieces, thin=thin)
    if row is None:
        check_known(node.function, writer.functions)
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


def check_known(function: str, functions: tuple[str, ...] | None) -> None:
    """MatcalcError("unsupported") for a function of entries that is no one's: `functions` are the user's."""
    if functions is None or function in functions or function in OWN or function in FUNCTIONS:
        return
    raise MatcalcError("unsupported", f"no code for the unknown function {function}")


def _pow(writer: Writer, node: Map, thin: bool) -> Piece:
    under, over = node.operands
    base = writer.argument(under) if is_root(node) else writer.pieces[under]
    base, exponent = writer.compact(base, writer.pieces[over])
    value = exponent.number
    if value is None or node.operands[1].dims:
        piece = power(base, exponent)
    elif value < 0:
        return one_over(_root(writer, base, number(-value)), thin=thin)
    else:
        piece = _root(writer, base, exponent)
    return Piece(piece.text, piece.level, thin=thin)


def is_root(node: Map) -> bool:
    """Whether a power is a square root, a function of the library."""
    exponent = node.operands[1]
    if not isinstance(exponent, Number):
        return False
    return (abs(exponent.value.numerator), exponent.value.denominator) == (1, 2)


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
    pieces = writer.compact(*(writer.full(operand) for operand in node.operands))
    template = apply_template(node, writer.backend)
    axis = dict(node.params).get("axis")
    along = writer.backend.operations["no_axis" if axis is None else "axis"].format(axis=axis)
    return call(template, *pieces, axis=along)


def apply_template(node: Apply, backend: Backend) -> str:
    """How a library spells a function of a whole tensor; MatcalcError("unsupported") if it has none."""
    name = node.function
    if name == "matpower":
        exponent = node.operands[1]
        if isinstance(exponent, Number) and exponent.value.denominator == 1:
            name = "matrix_power"
    template = backend.applies.get(name)
    if template is None:
        raise MatcalcError("unsupported", f"no {backend.name} code for {node.function}")
    return template


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
