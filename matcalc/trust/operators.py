"""The typed tree's operators and rearranging functions on tensors of jets, by their own index
arithmetic: nothing here is shared with the tensor graph."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from operator import itemgetter

from matcalc.trust.field import Field, Mismatch
from matcalc.trust.sample import concatenate
from matcalc.trust.tensors import (
    Letters,
    Part,
    Shape,
    Tensor,
    combine,
    contract,
    gather,
    positions,
    scale,
    sum_all,
    transpose,
)

MATMUL: dict[str, tuple[Letters, Letters, Letters]] = {
    "matrix": (("i", "j"), ("j", "k"), ("i", "k")),
    "vector": (("i", "j"), ("j",), ("i",)),
    "covector": (("i",), ("i", "j"), ("j",)),
    "inner": (("i",), ("i",), ()),
    "outer": (("i",), ("j",), ("i", "j")),
}


def frobenius(field: Field, a: Tensor, b: Tensor) -> Tensor:
    """Σ a·b over all entries."""
    letters = tuple(range(len(a.shape)))
    return contract(field, a, letters, b, letters, ())


def outer(field: Field, a: Tensor, b: Tensor) -> Tensor:
    """The axes of a, then those of b."""
    one = tuple(range(len(a.shape)))
    two = tuple(range(len(a.shape), len(a.shape) + len(b.shape)))
    return contract(field, a, one, b, two, one + two)


def as_matrix(a: Tensor, row: bool) -> Tensor:
    """A vector as a column, or as a row; a scalar as 1×1."""
    if len(a.shape) == 2:
        return a
    if len(a.shape) > 2:
        raise Mismatch("a matrix is wanted")
    size = prod(a.shape)
    return a.reshape((1, size) if row else (size, 1))


def kron(field: Field, a: Tensor, b: Tensor, rows: tuple[bool, bool], shape: Shape) -> Tensor:
    """(A ⊗ B)[i·p + k, j·q + l] = A[i,j]·B[k,l]."""
    left, right = as_matrix(a, rows[0]), as_matrix(b, rows[1])
    product = contract(field, left, ("i", "j"), right, ("k", "l"), ("i", "k", "j", "l"))
    return product.reshape(shape)


def khatrirao(field: Field, a: Tensor, b: Tensor, shape: Shape) -> Tensor:
    """(A ∗ B)[i·p + k, j] = A[i,j]·B[k,j]."""
    product = contract(field, a, ("i", "j"), b, ("k", "j"), ("i", "k", "j"))
    return product.reshape(shape)


def stack(field: Field, blocks: list[Tensor], rows: list[bool], axis: int, shape: Shape) -> Tensor:
    """Blocks one above the other (axis 0) or side by side (axis 1); vectors end to end if the
    result is one."""
    if len(shape) == 1:
        return concatenate(field, blocks).reshape(shape)
    matrices = [as_matrix(b, row or axis == 0) for b, row in zip(blocks, rows, strict=True)]
    if len({m.shape[1 - axis] for m in matrices}) != 1:
        raise Mismatch("blocks of different sizes")
    if axis == 1:
        matrices = [transpose(m) for m in matrices]
    whole = concatenate(field, matrices)
    if axis == 0:
        return whole.reshape(shape)
    return transpose(whole.reshape((shape[1], shape[0])))


def vec(a: Tensor) -> Tensor:
    """Column-major: the first axis fastest."""
    letters = tuple(range(len(a.shape)))
    return gather(a, positions(a.shape, letters, letters[::-1]), (prod(a.shape),))


def vech(a: Tensor) -> Tensor:
    """The lower triangle, column by column."""
    n = a.shape[0]
    places = [i * n + j for j in range(n) for i in range(j, n)]
    return gather(a, itemgetter(*places) if n > 1 else None, (len(places),))


def triangle(field: Field, a: Tensor, *, lower: bool) -> Tensor:
    """A square matrix with 0 above (lower) or below its diagonal."""
    n, zero = a.shape[0], field.number(0)
    kept = [i >= j if lower else i <= j for i in range(n) for j in range(n)]
    parts = {
        mask: [v if keep else zero for v, keep in zip(x, kept, strict=True)]
        for mask, x in a.parts.items()
    }
    return Tensor(a.shape, parts)


def diag(field: Field, a: Tensor) -> Tensor:
    """The diagonal matrix of a vector, the diagonal of a matrix."""
    n = a.shape[0]
    if len(a.shape) == 2:
        return gather(a, itemgetter(slice(None, None, n + 1)), (n,))
    zero = field.number(0)
    parts: dict[int, Part] = {}
    for mask, x in a.parts.items():
        values = [zero] * (n * n)
        values[:: n + 1] = x
        parts[mask] = values
    return Tensor((n, n), parts)


def total(field: Field, a: Tensor, axis: int | None) -> Tensor:
    """The sum of all entries, or along one axis."""
    if axis is None or not a.shape:
        return sum_all(field, a)
    axis %= len(a.shape)
    n = a.shape[axis]
    inner = prod(a.shape[axis + 1 :])
    p = field.prime
    parts: dict[int, Part] = {}
    for mask, x in a.parts.items():
        sums = [
            sum(x[start + i : start + n * inner : inner])
            for start in range(0, len(x), n * inner)
            for i in range(inner)
        ]
        parts[mask] = [v % p for v in sums] if p else sums
    return Tensor(a.shape[:axis] + a.shape[axis + 1 :], parts)


def mean(field: Field, a: Tensor, axis: int | None) -> Tensor:
    """The sum over the number of its terms."""
    count = prod(a.shape) if axis is None else a.shape[axis % len(a.shape)]
    return scale(field, field.invert(field.number(count)), total(field, a, axis))


def along(
    field: Field, function: Callable[[Tensor], Tensor], a: Tensor, axis: int | None
) -> Tensor:
    """A function of vectors, of each vector along an axis."""
    if axis is None or len(a.shape) < 2:
        return function(a)
    axis %= len(a.shape)
    letters = tuple(range(len(a.shape)))
    rest = tuple(i for i in letters if i != axis)
    moved = positions(a.shape, letters, (*rest, axis))
    shape = tuple(a.shape[i] for i in rest)
    n = a.shape[axis]
    lined = gather(a, moved, (*shape, n))
    results = [
        function(Tensor((n,), {m: x[start : start + n] for m, x in lined.parts.items()}))
        for start in range(0, prod(a.shape), n)
    ]
    whole = concatenate(field, results)
    if not results[0].shape:
        return whole.reshape(shape)
    return gather(whole, positions((*shape, n), (*rest, axis), letters), a.shape)


def commutation(field: Field, m: int, n: int) -> Tensor:
    """K(m, n) vec(A) = vec(A') for A: m×n: row i·n + j has its 1 in column j·m + i."""
    size = m * n
    entries = [field.number(0)] * (size * size)
    for i in range(m):
        for j in range(n):
            entries[(i * n + j) * size + j * m + i] = field.number(1)
    return Tensor((size, size), {0: entries})


def duplication(field: Field, n: int) -> Tensor:
    """D(n) vech(S) = vec(S) for symmetric S."""
    width = n * (n + 1) // 2
    place: dict[tuple[int, int], int] = {}
    for j in range(n):
        for i in range(j, n):
            place[i, j] = len(place)
    entries = [field.number(0)] * (n * n * width)
    for i in range(n):
        for j in range(n):
            entries[(j * n + i) * width + place[max(i, j), min(i, j)]] = field.number(1)
    return Tensor((n * n, width), {0: entries})


def add(field: Field, signs: tuple[int, ...], terms: tuple[Tensor, ...]) -> Tensor:
    """Σ ±term; terms of order 0 broadcast."""
    shape: Shape = ()
    for term in terms:
        if term.shape:
            shape = term.shape
            break
    return combine(field, signs, terms, shape)
