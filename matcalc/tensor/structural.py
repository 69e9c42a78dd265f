"""Operators and functions that are index sums: three to six lines each, that read like the maths."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from matcalc.errors import InternalError, MatcalcError
from matcalc.language.dimensions import Dim
from matcalc.language.typed import Typed
from matcalc.tensor.nodes import Dims, Indices, Node, Number
from matcalc.tensor.simplify import Builder
from matcalc.tensor.term import Factor

if TYPE_CHECKING:
    from matcalc.rational import Rational

Operands = tuple[Node, ...]
Operator = Callable[[Builder, Typed, Operands], Node]
Structural = Callable[[Builder, Operands, dict[str, int], Dims], Node]


def _axes(node: Node, start: int = 0) -> Indices:
    return tuple(range(start, start + node.order))


def broadcast(builder: Builder, node: Node, dims: Dims) -> Node:
    """A scalar, along every axis; anything else unchanged."""
    if node.order == len(dims):
        return node
    output = tuple(range(len(dims)))
    return builder.contract([(node, ())], output, sizes=dict(zip(output, dims, strict=True)))


def _number(builder: Builder, node: Typed, operands: Operands) -> Node:
    return builder.number(cast("Rational", node.data))


def _size(builder: Builder, node: Typed, operands: Operands) -> Node:
    return builder.size(cast(Dim, node.data))


def _add(builder: Builder, node: Typed, operands: Operands) -> Node:
    signs = cast("tuple[int, ...]", node.data)
    order = len(node.dims)
    terms = [o if o.order == order else broadcast(builder, o, node.dims) for o in operands]
    return builder.add(signs, terms, node.dims)


def _hadamard(builder: Builder, node: Typed, operands: Operands) -> Node:
    return builder.multiply(*operands)


def _divide(builder: Builder, node: Typed, operands: Operands) -> Node:
    numerator, denominator = operands
    if isinstance(denominator, Number):
        # exact, and without a node for the reciprocal
        return builder.scale(builder.quotient(1, denominator.value), numerator)
    return builder.multiply(numerator, builder.reciprocal(denominator))


MATMUL: dict[object, tuple[Indices, Indices, Indices]] = {
    "matrix": ((0, 1), (1, 2), (0, 2)),
    "vector": ((0, 1), (1,), (0,)),
    "covector": ((0,), (0, 1), (1,)),
    "inner": ((0,), (0,), ()),
    "outer": ((0,), (1,), (0, 1)),
}


def _matmul(builder: Builder, node: Typed, operands: Operands) -> Node:
    left, right, output = MATMUL[node.data]
    return builder.contract([(operands[0], left), (operands[1], right)], output)


def _frobenius(builder: Builder, node: Typed, operands: Operands) -> Node:
    axes = _axes(operands[0])
    return builder.einsum(operands, (axes, axes), ())


def _outer(builder: Builder, node: Typed, operands: Operands) -> Node:
    left, right = operands
    one, two = _axes(left), _axes(right, left.order)
    return builder.einsum(operands, (one, two), one + two)


def _kron(builder: Builder, node: Typed, operands: Operands) -> Node:
    """(A ⊗ B)[(i,k),(j,l)] = A[i,j]·B[k,l]; a vector is a column, a row vector a row."""
    return kron(builder, operands, tuple(child.row for child in node.children))


def kron(builder: Builder, operands: Operands, rows: tuple[bool, ...]) -> Node:
    """The Kronecker product of two, a vector counting as a row where `rows` says so."""
    factors: list[Factor] = []
    index = 0
    places: list[list[int | None]] = [[], []]
    for operand, row in zip(operands, rows, strict=True):
        indices = tuple(range(index, index + operand.order))
        index += operand.order
        factors.append((operand, indices))
        places[0].append(None if row or not indices else indices[0])
        places[1].append(indices[0] if row and indices else indices[1] if len(indices) == 2 else None)  # fmt: skip
    dims = {i: d for node, indices in factors for i, d in zip(indices, node.dims, strict=True)}
    output: list[int] = []
    for place in places:
        parts = [i for i in place if i is not None]
        if len(parts) == 1:
            output.append(parts[0])
        elif parts:
            factors.append((builder.fuse(tuple(dims[i] for i in parts)), (*parts, index)))
            output.append(index)
            index += 1
    return builder.contract(factors, tuple(output))


def _khatrirao(builder: Builder, node: Typed, operands: Operands) -> Node:
    left, right = operands
    fuse = builder.fuse((left.dims[0], right.dims[0]))
    return builder.contract([(left, (0, 1)), (right, (2, 1)), (fuse, (0, 2, 3))], (3, 1))


def _star(builder: Builder, node: Typed, operands: Operands) -> Node:
    """(A⋆B)[k] = Σ ⋆[k,i,j]·A[i]·B[j], with a structure tensor of which nothing is known."""
    left, right = operands
    out = tuple(range(len(node.dims)))
    one = _axes(left, len(out))
    two = _axes(right, len(out) + left.order)
    structure = builder.variable("⋆", node.dims + left.dims + right.dims)
    return builder.contract([(structure, out + one + two), (left, one), (right, two)], out)


def _einsum(builder: Builder, node: Typed, operands: Operands) -> Node:
    inputs, output = cast("tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]", node.data)
    numbers: dict[str, int] = {}
    for letters in (*inputs, output):
        for letter in letters:
            numbers.setdefault(letter, len(numbers))
    factors: list[Factor] = [
        (operand, tuple(numbers[letter] for letter in letters))
        for operand, letters in zip(operands, inputs, strict=True)
    ]
    out = tuple(numbers[letter] for letter in output)
    return builder.contract(factors, out, sizes=dict(zip(out, node.dims, strict=True)))


def _transpose(builder: Builder, node: Typed, operands: Operands) -> Node:
    (operand,) = operands
    return operand if operand.order < 2 else builder.transpose(operand, (1, 0))


def _power(builder: Builder, node: Typed, operands: Operands) -> Node:
    base, exponent = operands
    if base.order < exponent.order:
        base = broadcast(builder, base, exponent.dims)
    return builder.map("pow", (base, exponent))


def _matpower(builder: Builder, node: Typed, operands: Operands) -> Node:
    if isinstance(node.data, int):
        return builder.matrix_power(operands[0], node.data)
    return builder.apply("matpower", operands, node.dims)


def _constant(builder: Builder, node: Typed, operands: Operands) -> Node:
    name, params = cast("tuple[str, tuple[int | Dim, ...]]", node.data)
    sizes = tuple(p if isinstance(p, Dim) else Dim.number(p) for p in params)
    match name:
        case "eye":
            return builder.delta(node.dims[0])
        case "ones":
            return builder.ones(node.dims)
        case "zeros":
            return builder.zero(node.dims)
        case "e":
            return builder.constant("e", params, node.dims)
        case "K":
            # vec(A')[k] = Σ K[k,l]·vec(A)[l] for A: m×n
            m, n = sizes
            return builder.contract(
                [(builder.fuse((m, n)), (0, 1, 2)), (builder.fuse((n, m)), (1, 0, 3))], (2, 3)
            )
        case "duplication" | "pi":
            return builder.constant(name, params, node.dims)
        case _:
            raise InternalError(f"no such constant: {name}")


OPERATORS: dict[str, Operator] = {
    "number": _number,
    "size": _size,
    "constant": _constant,
    "add": _add,
    "hadamard": _hadamard,
    "divide": _divide,
    "matmul": _matmul,
    "frobenius": _frobenius,
    "kron": _kron,
    "khatrirao": _khatrirao,
    "outer": _outer,
    "star": _star,
    "einsum": _einsum,
    "transpose": _transpose,
    "power": _power,
    "matpower": _matpower,
}
"""The typed tree's operators that are index sums of their operands."""


def _tr(builder: Builder, operands: Operands, params: dict[str, int], dims: Dims) -> Node:
    return builder.einsum(operands, ((0, 0),), ())


def _sum(builder: Builder, operands: Operands, params: dict[str, int], dims: Dims) -> Node:
    (operand,) = operands
    axes = _axes(operand)
    kept = tuple(axis for axis in axes if "axis" in params and axis != params["axis"])
    if operand.order == 0:
        return operand
    # a sum is summed term by term, so that each term may simplify
    return builder.contract([(operand, axes)], kept)


def _mean(builder: Builder, operands: Operands, params: dict[str, int], dims: Dims) -> Node:
    (operand,) = operands
    total = _sum(builder, operands, params, dims)
    count = builder.number(1)
    for axis, dim in enumerate(operand.dims):
        if "axis" not in params or axis == params["axis"]:
            count = builder.multiply(count, builder.reciprocal(builder.size(dim)))
    return builder.multiply(count, total)


def _diag(builder: Builder, operands: Operands, params: dict[str, int], dims: Dims) -> Node:
    (operand,) = operands
    if operand.order == 1:
        return builder.contract([(operand, (0,))], (0, 0))
    return builder.contract([(operand, (0, 0))], (0,))


def _vec(builder: Builder, operands: Operands, params: dict[str, int], dims: Dims) -> Node:
    (operand,) = operands
    if operand.order == 1:
        return operand
    rows, columns = operand.dims
    return builder.contract([(operand, (0, 1)), (builder.fuse((columns, rows)), (1, 0, 2))], (2,))


def _stack(builder: Builder, operands: Operands, axis: int, dims: Dims) -> Node:
    """Σ over the blocks of the block, put in its place by a 0/1 matrix (block, total)."""
    total = dims[axis]
    before = Dim(())
    terms = []
    for operand in operands:
        node = operand
        if node.order == 1 and len(dims) == 2:
            # a vector is a column beside others, a row above others
            node = builder.contract([(node, (0,))], (0, 1) if axis == 1 else (1, 0), sizes={1: Dim.number(1)})  # fmt: skip
        size = node.dims[axis]
        place = builder.constant("block", (before, size, total), (size, total))
        axes = list(_axes(node))
        moved = [*axes]
        moved[axis] = len(axes)
        terms.append(builder.contract([(node, tuple(axes)), (place, (axis, len(axes)))], tuple(moved)))  # fmt: skip
        before = before + size
    return builder.add((1,) * len(terms), terms, dims)


def _hstack(builder: Builder, operands: Operands, params: dict[str, int], dims: Dims) -> Node:
    return _stack(builder, operands, 1 if len(dims) == 2 else 0, dims)


def _vstack(builder: Builder, operands: Operands, params: dict[str, int], dims: Dims) -> Node:
    return _stack(builder, operands, 0, dims)


def _vech(builder: Builder, operands: Operands, params: dict[str, int], dims: Dims) -> Node:
    (operand,) = operands
    place = builder.constant("vech", (operand.dims[0],), (dims[0], *operand.dims))
    return builder.contract([(place, (0, 1, 2)), (operand, (1, 2))], (0,))


def _tril(builder: Builder, operands: Operands, params: dict[str, int], dims: Dims) -> Node:
    return _triangle(builder, "lower", operands[0])


def _triu(builder: Builder, operands: Operands, params: dict[str, int], dims: Dims) -> Node:
    return _triangle(builder, "upper", operands[0])


def _triangle(builder: Builder, mask: str, operand: Node) -> Node:
    return builder.multiply(builder.constant(mask, operand.dims[:1], operand.dims), operand)


FUNCTIONS: dict[str, Structural] = {
    "tr": _tr,
    "sum": _sum,
    "mean": _mean,
    "diag": _diag,
    "vec": _vec,
    "vech": _vech,
    "tril": _tril,
    "triu": _triu,
    "hstack": _hstack,
    "vstack": _vstack,
}
"""The functions of the table whose kind is STRUCTURAL and that are written as calls."""


def apply_function(
    builder: Builder,
    name: str,
    operands: Operands,
    dims: Dims,
    params: tuple[tuple[str, int], ...],
) -> Node:
    """A function of whole tensors; for a scalar matrix the same as for 1×1."""
    if not operands[0].dims:
        raise MatcalcError("shape", f"{name} takes no scalar")
    return builder.apply(name, operands, dims, params)
