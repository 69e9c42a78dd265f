"""The steps of the code of scheduled nodes: how many operations each takes, and what it makes.

What is done entry by entry, by a function of a whole tensor or by a product of two is read off the
node.  The steps of other index sums, and of constants, depend on how they are spelled: these are what
the writer of the code says.

A product of matrices m×n and n×p counts 2·m·n·p, what is done entry by entry one for each entry,
whatever the function.  For functions of whole matrices the leading terms of the textbook (Golub and
Van Loan, Matrix Computations, 2013): LU 2/3·n³, inverse 2·n³, singular values with their vectors
21·n³, eigenvalues of a symmetric matrix with theirs 9·n³.  expm counts 25·n³: six products, a
solution, and five squarings; a power whose exponent is not known 11·n³, by eigenvalues.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from matcalc.emit.expressions import RULES, apply_template, check_known
from matcalc.emit.names import Names
from matcalc.emit.network import WIRES, is_unit
from matcalc.emit.numpy_column import BACKEND
from matcalc.emit.pairs import is_plain
from matcalc.emit.piece import Piece, number
from matcalc.emit.statements import Writer, code_order, needed
from matcalc.emit.wiring import is_wire
from matcalc.language.dimensions import Dim
from matcalc.rational import quotient
from matcalc.tensor.nodes import (
    Add,
    Apply,
    Dims,
    Einsum,
    Map,
    Node,
    Number,
    Variable,
)

if TYPE_CHECKING:
    from matcalc.rational import Rational

Operations = tuple["Rational", Dims]
"""So many for each entry of an array of these dimensions."""
Step = tuple["Rational", Dims, Dims]
"""So many operations for each entry of an array of the first dims, which make one of the second."""

LARGE_NUMBER = 2**53
"""Of a larger one it is asked whether it is a float at all."""
ANY = Piece("x")
"""What stands for an operand that has its full shape, and is no number."""


def steps_of(
    roots: Sequence[Node], order: Sequence[Node], functions: tuple[str, ...] | None
) -> list[Step]:
    """The steps of the NumPy code that computes these nodes as they stand, in its order.

    `order` has all nodes below the roots in postorder, `functions` are the names declared elementwise.  MatcalcError("unsupported") or ("limit") where
    there is no code.

    >>> from matcalc.language.dimensions import Dim
    >>> from matcalc.tensor.nodes import Graph
    >>> graph, m, n = Graph(), Dim.named("m"), Dim.named("n")
    >>> A, x = graph.variable("A", (m, n)), graph.variable("x", (n,))
    >>> product = graph.einsum((A, x), ((0, 1), (1,)), (0,))
    >>> steps_of([product], [A, x, product], ())
    [(2, (Dim(m), Dim(n)), (Dim(m),))]
    """
    return _Counter(functions).count(roots, order)


class _Counter:
    """Goes through the nodes as the writer does.

    `pieces` has those whose code only broadcasts to their shape, or is a number.
    """

    __slots__ = ("functions", "pieces", "steps", "writer")

    def __init__(self, functions: tuple[str, ...] | None) -> None:
        self.functions = functions
        self.pieces: dict[Node, Piece] = {}
        self.steps: list[Step] = []
        self.writer: Writer | None = None

    def count(self, roots: Sequence[Node], order: Sequence[Node]) -> list[Step]:
        for node in _read(roots, order):
            COUNTS.get(type(node), _Counter._spelled)(self, node)
        for root in roots:
            self._fill(root)
        return self.steps

    def _variable(self, node: Variable) -> None:
        if node.name == "⋆":
            self._spelled(node)

    def _number(self, node: Number) -> None:
        self.pieces[node] = number(node.value)

    def _writing(self) -> Writer:
        """The writer for what has to be spelled, whose steps are ours."""
        if self.writer is None:
            self.writer = Writer(BACKEND, Names(), self.functions)
            self.writer.spent = self.steps
        return self.writer

    def _spelled(self, node: Node) -> None:
        """A node whose steps depend on how it is written."""
        writer = self._writing()
        writer.pieces = {operand: self.pieces.get(operand, ANY) for operand in needed(node)}
        piece = RULES[type(node)](writer, node)
        if piece.thin or piece.number is not None:
            self.pieces[node] = piece

    def _fill(self, node: Node) -> None:
        """Its full shape, where the code has a value that broadcasts to it."""
        piece = self.pieces.get(node)
        if piece is not None and piece.thin:
            self._writing().materialised(piece, node.dims)

    def _einsum(self, node: Einsum) -> None:
        operands = node.operands
        if is_plain(node):
            for operand in operands:
                self._fill(operand)
            if len(operands) == 2:
                first, second = node.inputs
                axes = zip(second, operands[1].dims, strict=True)
                each = (*operands[0].dims, *[dim for index, dim in axes if index not in first])
                self.steps.append((2 if len(each) > len(node.dims) else 1, each, node.dims))
        elif self._is_scaling(node):
            self._fill(operands[0])
            self.steps.append((1, node.dims, node.dims))
        elif len(operands) == len(node.output) == len({*node.output}) and is_unit(node):
            self.pieces[node] = Piece("1", thin=True, number=1)
        else:
            self._spelled(node)

    def _is_scaling(self, node: Einsum) -> bool:
        """Whether it is a tensor, maybe turned, times a scalar that is no literal."""
        if len(node.operands) != 2:
            return False
        (tensor, scale), (indices, none) = node.operands, node.inputs
        if none or (tensor.mark | scale.mark) & WIRES or scale in self.pieces:
            return False
        return bool(indices) and len(indices) == len(node.output) == len({*indices})

    def _add(self, node: Add) -> None:
        if not node.operands:
            self._spelled(node)
            return
        count = len(node.operands) - 1 + (node.coefficients[0] == -1)
        thin = bool(node.dims)
        value: Rational | None = None
        for coefficient, operand in zip(node.coefficients, node.operands, strict=True):
            piece = self.pieces.get(operand)
            if piece is None or not piece.thin:
                thin = False
                if coefficient not in (1, -1):
                    count += 1
            if piece is not None and piece.number is not None:
                value = number(coefficient * piece.number).number
            elif not -LARGE_NUMBER <= coefficient <= LARGE_NUMBER:
                number(coefficient)
        if len(node.operands) > 1:
            value = None
        if thin or value is not None:
            self.pieces[node] = Piece("x", thin=thin, number=value)
        if not thin:
            self.steps.append((count, node.dims, node.dims))

    def _map(self, node: Map) -> None:
        check_known(node.function, self.functions)
        made = node.dims
        if made and self.pieces and all(map(self._is_thin, node.operands)):
            self.pieces[node] = Piece("x", thin=True)
            made = ()
        self.steps.append((1, made, made))

    def _is_thin(self, operand: Node) -> bool:
        """Whether an operand of a function of entries has no entries of its own."""
        return not operand.dims or self.pieces.get(operand, ANY).thin

    def _apply(self, node: Apply) -> None:
        for operand in node.operands:
            self._fill(operand)
        apply_template(node, BACKEND)
        room = apply_room(node)
        self.steps += [(count, each, room) for count, each in apply_flops(node)]


def _read(roots: Sequence[Node], order: Sequence[Node]) -> Iterable[Node]:
    """Those nodes whose values the code reads, in its order."""
    wires = {node for node in order if node.mark & WIRES}
    if not wires:
        return order
    if all(map(is_wire, wires)):
        others = [node.operands for node in order if not isinstance(node, Einsum)]
        if wires.isdisjoint(chain(roots, *others)):
            # they only say in index sums which indices belong together
            return [node for node in order if node not in wires]
    return code_order(*roots)


COUNTS: dict[type[Node], Callable[[_Counter, Any], None]] = {
    Variable: _Counter._variable,
    Einsum: _Counter._einsum,
    Add: _Counter._add,
    Map: _Counter._map,
    Apply: _Counter._apply,
    Number: _Counter._number,
}
"""How the steps of each kind of node are counted: those of others as they are spelled."""


def apply_flops(node: Apply) -> tuple[Operations, ...]:
    """What a function of a whole tensor takes."""
    dims = node.operands[0].dims
    if node.function == "solve":
        return _cubic(2, 3)(dims), (2, (*dims, *node.dims[1:]))
    rule = APPLIES.get(node.function)
    if rule is None:
        return (_each(4)(dims),)
    if node.function.startswith("matpower") and isinstance(exponent := node.operands[1], Number):
        whole = abs(exponent.value.numerator)
        if exponent.value.denominator == 1:
            products = whole.bit_length() + whole.bit_count() - 2 if whole else 0
            inverse = 2 if exponent.value.numerator < 0 else 0
            power = _cubic(2 * products + inverse, 1)(dims)
            if node.function == "matpower":
                return (power,)
            return power, (2 * whole, dims * 2)
    return (rule(dims),)


def apply_room(node: Apply) -> Dims:
    """The shape of the largest array that a function of a whole tensor makes."""
    n = node.operands[0].dims[:1]
    match node.function:
        case "expm_derivative":
            return (*n * 2, *(Dim.number(2) * dim for dim in n * 2))
        case "expm_second":
            return (*n * 4, *(Dim.number(3) * dim for dim in n * 2))
        case _:
            return node.dims


def _cubic(numerator: int, denominator: int) -> Callable[[Dims], Operations]:
    return lambda dims: (quotient(numerator, denominator), (*dims, dims[-1]))


def _each(count: int) -> Callable[[Dims], Operations]:
    return lambda dims: (count, dims)


APPLIES: dict[str, Callable[[Dims], Operations]] = {
    "det": _cubic(2, 3),
    "logdet": _cubic(2, 3),
    "inv": _cubic(2, 1),
    "adj": _cubic(21, 1),
    "pinv": _cubic(21, 1),
    "nuclear": _cubic(8, 3),
    "polar": _cubic(23, 1),
    "expm": _cubic(25, 1),
    "expm_derivative": lambda dims: (25 * 8, (*dims * 2, dims[0])),
    "expm_second": lambda dims: (25 * 27, (*dims * 3, dims[0])),
    "sqrtm": _cubic(11, 1),
    "sqrtm_derivative": lambda dims: (2, dims * 3),
    "matpower": _cubic(11, 1),
    "matpower_derivative": lambda dims: (1, dims * 3),
    "max": _each(1),
    "argmax": _each(1),
    "softmax": _each(5),
    "logsumexp": _each(4),
}
"""What each takes, of the dimensions of its operand."""
