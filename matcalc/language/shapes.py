"""The shape rules of the operators: dimensions made equal, or an error that names both operands."""

from __future__ import annotations

from collections.abc import Callable

from matcalc.errors import Mark, MatcalcError
from matcalc.language.dimensions import ONE, Dim, shape_text
from matcalc.language.syntax import Syntax
from matcalc.language.typed import Typed
from matcalc.language.unify import Unifier

LONGEST_TEXT = 40
_MATMUL = {(2, 2): "matrix", (2, 1): "vector", (1, 2): "covector", (1, 1): "inner"}
"""What `@` is of tensors of these orders."""
Dims = tuple[Dim, ...]


def clip(text: str) -> str:
    """A text short enough for a message.

    >>> clip("x" * 50)
    'xxxxxxxxxxxxxxxxxxx…xxxxxxxxxxxxxxxxxxx'
    """
    half = LONGEST_TEXT // 2 - 1
    return text if len(text) <= LONGEST_TEXT else f"{text[:half]}…{text[-half:]}"


def written(typed: Typed) -> str:
    return "it" if typed.syntax is None else clip(typed.syntax.text)


class Shapes:
    """The rules; what they learn of dimensions goes into `unifier`."""

    def __init__(self, unifier: Unifier) -> None:
        self.unifier = unifier

    # words for messages

    def describe(self, typed: Typed) -> str:
        """`m×n`, `a vector of n`, `a row of n`, `a scalar`."""
        dims = tuple(self.shown(dim) for dim in typed.dims)
        if not dims:
            return "a scalar"
        if len(dims) == 1:
            return f"a {'row' if typed.row else 'vector'} of {dims[0]}"
        return shape_text(dims)

    def shown(self, dim: Dim) -> Dim:
        """A dimension as it is told: ? for what is not known of it."""
        dim = self.unifier.resolve(dim)
        return dim.substitute({name: Dim.named("?") for name in dim.unknowns})

    def mismatch(
        self, at: Syntax, left: Typed, right: Typed, needs: str, hint: str | None = None
    ) -> MatcalcError:
        """Both operands, their shapes, and what the operator needs."""
        shapes = [self.describe(side) for side in (left, right)]
        message = f"{written(left)} is {shapes[0]}, {written(right)} is {shapes[1]}: {needs}"
        marks = tuple(
            Mark(side.syntax.start, side.syntax.end, shape.removeprefix("a "))
            for side, shape in zip((left, right), shapes, strict=True)
            if side.syntax is not None and side.syntax.source is at.source
        )
        return MatcalcError("shape", message, at, hint=hint, marks=marks)

    def fits(self, a: Dims, b: Dims) -> bool:
        return len(a) == len(b) and all(map(self.unifier.same, a, b))

    # entry by entry

    def broadcast(self, at: Syntax, sign: str, left: Typed, right: Typed) -> tuple[Dims, bool]:
        """The dims and `row` of what two operands give entry by entry; a scalar goes with all."""
        if not left.dims:
            return right.dims, right.row
        if not right.dims:
            return left.dims, left.row
        self.equal(at, sign, left, right)
        return left.dims, left.row

    def equal(self, at: Syntax, sign: str, left: Typed, right: Typed) -> None:
        """Make two operands of one shape."""
        if left.dims != right.dims or left.row != right.row:
            self._made_equal(at, sign, left, right)

    def _made_equal(self, at: Syntax, sign: str, left: Typed, right: Typed) -> None:
        needs = f"{sign} needs equal shapes"

        def fail() -> MatcalcError:
            return self.mismatch(at, left, right, needs, self._hint(sign, left, right))

        if len(left.dims) != len(right.dims):
            raise fail()
        if left.row != right.row and len(left.dims) == 1:
            row, column = (left, right) if left.row else (right, left)
            hint = f"write {written(row.children[0])} without the '" if row.children else None
            if sign == "*":
                hint = f"write {written(left)} @ {written(right)} for the matrix product"
            message = f"{written(row)} is a row, {written(column)} a column: {needs}"
            raise MatcalcError(
                "shape", message, at, hint=hint, marks=self.mismatch(at, left, right, "").marks
            )
        for a, b in zip(left.dims, right.dims, strict=True):
            self.unifier.require(a, b, fail)

    def _hint(self, sign: str, left: Typed, right: Typed) -> str | None:
        one, two = left.dims, right.dims
        if len(one) == len(two) == 2:
            if self.fits(one, two[::-1]):
                return f"{transposed(right)} would fit"
            if sign == "*" and self.unifier.same(one[1], two[0]):
                return f"{written(left)} @ {written(right)} is the matrix product"
        elif sign == "*" and len(one) == 2 and len(two) == 1 and self.unifier.same(one[1], two[0]):
            return f"{written(left)} @ {written(right)} is the matrix product"
        elif len(one) == 2 and len(two) == 1:
            return f"outer(...) makes a matrix of vectors, diag({written(right)}) a diagonal one"
        return None

    # products

    def matmul(self, at: Syntax, left: Typed, right: Typed) -> Typed:
        """`@`: matrix, matrix-vector, vector-matrix, inner and outer products."""
        one, two = left.dims, right.dims
        kind = _MATMUL.get((len(one), len(two)))
        if kind is None:
            raise self._no_matmul(at, left, right)
        if right.row:  # to the right of a column, else of a matrix or of a row
            if kind == "inner" and not left.row:
                return Typed("matmul", (left, right), "outer", one + two, at)
            raise self._row_right(at, left, right)
        if one[-1] is not two[0]:
            self._meet(at, left, right)
        lies = left.row and kind == "covector"
        return Typed("matmul", (left, right), kind, one[:-1] + two[1:], at, lies)

    def _meet(self, at: Syntax, left: Typed, right: Typed) -> None:
        """Make the inner dimensions of a product equal."""

        def fail() -> MatcalcError:
            needs = "@ needs the inner dimensions equal"
            return self.mismatch(at, left, right, needs, self._matmul_hint(left, right))

        self.unifier.require(left.dims[-1], right.dims[0], fail)

    def _matmul_hint(self, left: Typed, right: Typed) -> str | None:
        same = self.unifier.same
        one, two = left.dims, right.dims
        if len(one) == 2 and same(one[0], two[0]):
            return f"{transposed(left)} @ {written(right)} would fit"
        if len(one) == len(two) == 2:
            if same(one[1], two[1]):
                return f"{written(left)} @ {transposed(right)} would fit"
            if same(one[0], two[1]):
                return f"{written(right)} @ {written(left)} would fit"
        if len(two) == 2 and same(one[-1], two[1]):
            return f"{written(left)} @ {transposed(right)} would fit"
        if len(one) == len(two) == 1:
            return f"outer({written(left)}, {written(right)}) is the matrix of all products"
        return None

    def _no_matmul(self, at: Syntax, left: Typed, right: Typed) -> MatcalcError:
        if not left.dims or not right.dims:
            hint = f"write {written(left)} * {written(right)}"
            return self.mismatch(at, left, right, "@ multiplies vectors and matrices", hint)
        hint = 'einsum("ijk,k->ij", T, x) multiplies tensors of any order'
        return self.mismatch(at, left, right, "@ multiplies vectors and matrices", hint)

    def _row_right(self, at: Syntax, left: Typed, right: Typed) -> MatcalcError:
        column = written(right.children[0]) if right.op == "transpose" else transposed(right)
        hint = f"{written(left)} @ {column} would fit"
        return self.mismatch(at, left, right, "the inner dimensions of @ differ", hint)

    def as_matrix(self, typed: Typed) -> tuple[Dim, Dim]:
        """Rows and columns, a vector being a column, a scalar 1×1."""
        if not typed.dims:
            return ONE, ONE
        if len(typed.dims) == 1:
            return (ONE, typed.dims[0]) if typed.row else (typed.dims[0], ONE)
        return typed.dims[0], typed.dims[1]

    def kron(self, at: Syntax, left: Typed, right: Typed) -> Typed:
        """`⊗`; of two columns a column, of two rows a row."""
        for side in (left, right):
            if len(side.dims) > 2:
                needs = "⊗ takes vectors and matrices"
                raise self.mismatch(
                    at, left, right, needs, "outer(A, B) takes tensors of any order"
                )
        if not left.dims or not right.dims:
            dims, row = self.broadcast(at, "⊗", left, right)
            return Typed("hadamard", (left, right), None, dims, at, row)
        (m, n), (p, q) = self.as_matrix(left), self.as_matrix(right)
        if len(left.dims) == len(right.dims) == 1 and left.row == right.row:
            size = left.dims[0] * right.dims[0]
            return Typed("kron", (left, right), None, (self._bounded(at, size),), at, left.row)
        dims = (self._bounded(at, m * p), self._bounded(at, n * q))
        return Typed("kron", (left, right), None, dims, at)

    def khatrirao(self, at: Syntax, left: Typed, right: Typed) -> Typed:
        """Column by column."""
        for side in (left, right):
            if len(side.dims) not in (1, 2) or side.row:
                raise self.mismatch(at, left, right, "khatrirao takes matrices")
        (m, n), (p, q) = self.as_matrix(left), self.as_matrix(right)
        self.unifier.require(
            n, q, lambda: self.mismatch(at, left, right, "khatrirao needs as many columns")
        )
        if len(left.dims) == len(right.dims) == 1:
            return Typed("kron", (left, right), None, (m * p,), at)
        return Typed("khatrirao", (left, right), None, (self._bounded(at, m * p), n), at)

    def _bounded(self, at: Syntax, dim: Dim) -> Dim:
        if len(dim.terms) > 1000:
            raise MatcalcError("limit", "the dimension has more than 1000 terms", at)
        return dim

    def square(self, at: Syntax, typed: Typed, what: str) -> None:
        """Make a matrix square."""
        if len(typed.dims) == 2 and typed.dims[0] is typed.dims[1]:
            return

        def fail() -> MatcalcError:
            message = f"{what} needs a square matrix; {written(typed)} is {self.describe(typed)}"
            return MatcalcError("shape", message, at)

        if len(typed.dims) != 2:
            raise fail()
        self.unifier.require(typed.dims[0], typed.dims[1], fail)

    def transpose(self, at: Syntax, typed: Typed) -> Typed:
        """`'`: of a vector it lies down or stands up."""
        if not typed.dims:
            return typed
        if len(typed.dims) > 2:
            message = f"' transposes matrices; {written(typed)} is {self.describe(typed)}"
            hint = f"name the axes: {written(typed)}[i,j,k], and order them with (...)[k,j,i]"
            raise MatcalcError("shape", message, at, hint=hint)
        row = len(typed.dims) == 1 and not typed.row
        return Typed("transpose", (typed,), None, typed.dims[::-1], at, row)


def transposed(typed: Typed) -> str:
    """The text of the transpose.

    >>> from matcalc.language.parse import parse_expression
    >>> transposed(Typed("add", (), (), (), parse_expression("A + B")))
    "(A + B)'"
    """
    syntax = typed.syntax
    if syntax is None:
        return "its transpose"
    if syntax.kind == "transpose":
        return clip(syntax.children[0].text)
    if syntax.kind in ("binary", "unary"):
        return f"({clip(syntax.text)})'"
    return f"{clip(syntax.text)}'"


Rule = Callable[[Syntax, Typed, Typed], Typed]
