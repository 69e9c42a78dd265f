"""The product of two factors of an index sum, as operators: `@` and `*`, reshaped where it has to be."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from matcalc.emit.network import WIRES
from matcalc.emit.piece import ATOM, Piece, call, matmul, product, subscript, transpose
from matcalc.errors import MatcalcError
from matcalc.language.dimensions import ONE, Dim
from matcalc.tensor.nodes import Einsum

if TYPE_CHECKING:
    from matcalc.emit.statements import Writer

Indices = tuple[int, ...]
Term = tuple[Piece, Indices]

LETTERS = "ijklmnopqrstuvwxyzabcdefghABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Pair:
    """Two factors, and what of their indices the product keeps.

    `order` is how the axes of the product should come, where the spelling is free to choose.
    """

    __slots__ = ("batch", "dims", "free", "left", "order", "right", "summed", "writer")

    def __init__(
        self,
        writer: Writer,
        left: Term,
        right: Term,
        kept: set[int],
        order: Indices | None,
        dims: Mapping[int, Dim],
    ) -> None:
        self.writer = writer
        self.left = left
        self.right = right
        self.order = order
        self.dims = dims
        a, b = left[1], right[1]
        self.summed = tuple(index for index in a if index in b and index not in kept)
        self.batch = tuple(index for index in a if index in b and index in kept)
        self.free = (
            tuple(index for index in a if index not in b),
            tuple(index for index in b if index not in a),
        )

    def size(self, indices: Indices) -> Dim:
        """How many entries these indices have together."""
        total = ONE
        for index in indices:
            total = total * self.dims[index]
        return total

    def spelled(self) -> Term:
        """The product, and the order of its axes."""
        term = self._matrix_product() if self.summed else self._entrywise()
        term = term or self._frobenius() or self._grouped() or self._batched() or self._einsum()
        every = (*self.summed, *self.batch, *self.free[0], *self.free[1])
        each, made = (tuple([self.dims[index] for index in part]) for part in (every, term[1]))
        self.writer.spend(2 if self.summed else 1, each, made)
        return term

    def _matrix_product(self) -> Term | None:
        """A @ B, A @ x, x @ y, with the transposes that they need."""
        (one, a), (two, b) = self.left, self.right
        if len(self.summed) != 1 or self.batch or max(len(a), len(b)) > 2:
            return None
        (index,) = self.summed
        free_a, free_b = self.free
        if not free_a and not free_b:
            return matmul(one, two), ()
        if not free_a:
            # a vector on the left is written on the right, A.T @ x: it is the same to NumPy
            one, a, free_a, two, b, free_b = two, b, free_b, one, a, free_a
        if not free_b:
            return matmul(one if a[1] == index else transpose(one), two), free_a
        forward = (a[1] != index) + (b[0] != index)
        if self.order == free_b + free_a and forward == 0:
            return transpose(matmul(one, two)), free_b + free_a
        if self.order == free_b + free_a or (self.order is None and 2 - forward < forward):
            one, a, free_a, two, b, free_b = two, b, free_b, one, a, free_a
        one = one if a[1] == index else transpose(one)
        two = two if b[0] == index else transpose(two)
        return matmul(one, two), free_a + free_b

    def _entrywise(self) -> Term:
        """A * B, A * x[:, None], x[:, None] * y: nothing is summed."""
        (one, a), (two, b) = self.left, self.right
        if len(a) == len(b) == 1 and a != b:
            if self.order == b + a:
                one, a, two, b = two, b, one, a
            return call(self.writer.backend.operations["outer"], one, two), a + b
        if self.order is not None:
            axes = self.order
        elif not self.free[1]:
            axes = a
        elif not self.free[0]:
            axes = b
        else:
            axes = (*self.batch, *self.free[0], *self.free[1])
        pieces = self._aligned(self.left, axes), self._aligned(self.right, axes)
        return product(*self.writer.compact(*pieces)), axes

    def _aligned(self, term: Term, axes: Indices) -> Piece:
        """A factor with its axes in this order, broadcast along those that it lacks."""
        inner = tuple(index for index in axes if index in term[1])
        piece = permuted(self.writer, term, inner)
        keys = [":" if index in term[1] else "None" for index in axes]
        while keys[0] == "None":
            del keys[0]
        return piece if "None" not in keys else subscript(piece, ", ".join(keys))

    def _frobenius(self) -> Term | None:
        """The sum of the entries of A * B."""
        if self.batch or self.free[0] or self.free[1]:
            return None
        inner = product(self.left[0], self._aligned(self.right, self.left[1]))
        return call(self.writer.backend.operations["sum"], inner), ()

    def _grouped(self) -> Term | None:
        """A matrix product of reshaped factors, where several indices make one."""
        if self.batch:
            return None
        left, right, (rows, columns) = self.left, self.right, self.free
        if not rows or (columns and self.order == columns + rows):
            left, right, rows, columns = right, left, columns, rows
        if not columns and len(self.summed) == 1 and left[1][-1] == self.summed[0]:
            return matmul(*self.writer.compact(left[0], right[0])), rows
        if not all(is_sized(self.dims[index]) for index in (*rows, *columns, *self.summed)):
            return None
        summed = tuple(index for index in right[1] if index in self.summed)
        if not self._is_matrix(right, summed, columns) and self._is_matrix(left, rows, self.summed):
            summed = self.summed
        one, two = self._matrix(left, rows, summed), self._matrix(right, summed, columns)
        result = matmul(*self.writer.compact(one, two))
        if len(rows) + len(columns) <= 2 and len(rows) == 1:
            return result, rows + columns
        shape = ", ".join(self.writer.size(self.dims[index]).text for index in rows + columns)
        return self._reshaped(result, shape), rows + columns

    def _is_matrix(self, term: Term, rows: Indices, columns: Indices) -> bool:
        """Whether a factor is a matrix of these rows and columns without a copy."""
        return term[1] in (rows + columns, columns + rows)

    def _matrix(self, term: Term, rows: Indices, columns: Indices) -> Piece:
        """A factor as a matrix with these indices for rows and those for columns, or a vector."""
        piece, indices = term
        turned = indices == columns + rows and indices != rows + columns
        if not turned:
            piece = permuted(self.writer, term, rows + columns)
        groups = [group for group in ((columns, rows) if turned else (rows, columns)) if group]
        if any(len(group) > 1 for group in groups):
            shape = ", ".join(self.writer.size(self.size(group)).text for group in groups)
            piece = self._reshaped(piece, shape)
        return transpose(piece) if turned and len(groups) == 2 else piece

    def _reshaped(self, piece: Piece, shape: str) -> Piece:
        (piece,) = self.writer.compact(piece, room=60)
        return call("{0}.reshape({shape})", Piece(piece.within(ATOM)), shape=shape)

    def _batched(self) -> Term | None:
        """A matrix product for each value of the indices that both have and the result keeps."""
        rows, columns = self.free
        left, right = self.left, self.right
        if len(self.summed) != 1 or len(rows) != 1 or len(columns) != 1:
            return None
        if self.order is not None and self.order[-2:] == columns + rows:
            left, right, rows, columns = right, left, columns, rows
        one = permuted(self.writer, left, (*self.batch, *rows, *self.summed))
        two = permuted(self.writer, right, (*self.batch, *self.summed, *columns))
        return matmul(*self.writer.compact(one, two)), (*self.batch, *rows, *columns)

    def _einsum(self) -> Term:
        order = self.order
        if order is None:
            order = (*self.batch, *self.free[0], *self.free[1])
        return einsum(self.writer, (self.left, self.right), order), order


def is_plain(node: Einsum) -> bool:
    """Whether it is one tensor turned, or a product of two of which neither has a sum of its own."""
    operands = node.operands
    if len(operands) > 2 or not operands:
        return False
    for operand in operands:
        if operand.mark & WIRES:
            return False
    return _fits(node.inputs, node.output)


@lru_cache(maxsize=1024)
def _fits(inputs: tuple[Indices, ...], output: Indices) -> bool:
    """The same, of the indices of one tensor or two."""
    if len(inputs) == 1:
        (indices,) = inputs
        return len(indices) == len(output) == len({*indices})
    first, second = inputs
    a, b, kept = {*first}, {*second}, {*output}
    distinct = len(a) + len(b) + len(kept) == len(first) + len(second) + len(output)
    return distinct and bool(a) and bool(b) and a ^ b <= kept


def plain(writer: Writer, node: Einsum) -> Piece:
    """A sum with nothing to wire: a tensor turned, or a product of two."""
    if len(node.operands) == 1:
        return permuted(writer, (writer.full(node.operands[0]), node.inputs[0]), node.output)
    (left, right), (a, b) = node.operands, node.inputs
    dims = dict(zip((*a, *b), (*left.dims, *right.dims), strict=True))
    one, two = writer.compact(writer.full(left), writer.full(right))
    pair = Pair(writer, (one, a), (two, b), {*node.output}, node.output, dims)
    return permuted(writer, pair.spelled(), node.output)


def is_sized(dim: Dim) -> bool:
    """Whether a size is a name or a number; of n·m the tensors may not say what n is."""
    return dim.name is not None or dim.value is not None


def permuted(writer: Writer, term: Term, output: Indices) -> Piece:
    """The axes of a factor in another order."""
    piece, indices = term
    if indices == output:
        return piece
    if len(indices) == 2:
        return transpose(piece)
    axes = tuple(indices.index(index) for index in output)
    return call(writer.backend.operations["transpose"], piece, axes=str(axes))


def einsum(writer: Writer, terms: tuple[Term, ...], output: Indices) -> Piece:
    """A call of einsum."""
    letters: dict[int, str] = {}
    for _, indices in terms:
        for index in indices:
            if index not in letters:
                if len(letters) == len(LETTERS):
                    raise MatcalcError("limit", "a product with more than 52 indices")
                letters[index] = LETTERS[len(letters)]
    words = [
        "".join(letters[index] for index in indices)
        for indices in (*(indices for _, indices in terms), output)
    ]
    spec = '"' + ",".join(words[:-1]) + "->" + words[-1] + '"'
    pieces = writer.compact(*(piece for piece, _ in terms), room=40)
    arguments = ", ".join(piece.text for piece in pieces)
    return Piece(writer.backend.operations["einsum"].format(spec=spec, arguments=arguments))
