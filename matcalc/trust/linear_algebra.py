"""Functions of matrices over the jets, each from its definition and without a derivative rule."""

from __future__ import annotations

from itertools import product, repeat, starmap
from operator import mul, neg, sub
from typing import Any

from matcalc.trust.field import Field, Inexact, Retry
from matcalc.trust.tensors import (
    Part,
    Tensor,
    combine,
    identity,
    matmul,
    multiply,
    scalar,
    scale,
    transpose,
)

CONDITION = 1e6
"""A matrix of floats with a larger condition number than this is drawn anew."""


def _inverted(field: Field, part: Part, n: int) -> tuple[Any, Part | None]:
    """The determinant and the inverse (None where there is none) of plain scalars.

    An answer has the det and the inv of the matrix that the expression has.
    """
    known = field.inverted
    # no part is changed once it is made
    if known is None or known[0] is not part:
        field.inverted = known = (part, *_gauss_jordan(field, part, n))
    return known[1:]


def _gauss_jordan(field: Field, part: Part, n: int) -> tuple[Any, Part | None]:
    """The same, in place: column after column of the matrix gives way to that of the inverse."""
    p, elements = field.prime, field.elements
    field.spend(2 * n * n * n)
    one, zero = field.number(1), field.number(0)
    entries = list(part)
    determinant = one
    swaps = []
    for k in range(n):
        column, rows = entries[k::n], slice(k * n, k * n + n)
        pivot = k
        if not p:
            sizes = list(map(abs, column[k:]))
            largest = max(sizes)
            if largest < 1e-300:
                return zero, None
            pivot = k + sizes.index(largest)
        elif not column[k]:
            pivot = next((i for i in range(k, n) if column[i]), -1)
            if pivot < 0:
                return zero, None
        row = entries[pivot * n : pivot * n + n]
        head = column[pivot]
        if pivot != k:
            entries[pivot * n : pivot * n + n] = entries[rows]
            column[pivot] = column[k]
            determinant = -determinant
            swaps.append((k, pivot))
        determinant = determinant * head
        factor = field.invert(head)
        row[k] = one
        row = list(elements(map(mul, row, repeat(factor))))
        column[k] = zero
        # every other row loses its multiple of this one
        entries[k::n] = [zero] * n
        entries = list(elements(map(sub, entries, starmap(mul, product(column, row)))))
        entries[rows] = row
    for k, pivot in reversed(swaps):
        entries[k::n], entries[pivot::n] = entries[pivot::n], entries[k::n]
    if p:
        return determinant % p, entries
    size = max(map(abs, part)) * max(map(abs, entries))
    return determinant, entries if size < CONDITION else None


def inverse(field: Field, matrix: Tensor) -> Tensor:
    """The Y with (matrix)·Y = 1, part by part; Retry where the constant part is singular.

    >>> inverse(Field(0), Tensor((1, 1), {0: [2.0], 1: [1.0]})).parts
    {0: [0.5], 1: [-0.25]}
    """
    n = matrix.shape[0]
    _, start = _inverted(field, matrix.parts[0], n)
    if start is None:
        raise Retry("a singular matrix")
    found = {0: start}
    if len(matrix.parts) == 1:
        return Tensor((n, n), found)
    minus = Tensor((n, n), {0: list(field.elements(map(neg, start)))})
    for mask in submasks(matrix.bits):
        # the part `mask` of matrix·Y is zero: matrix₀·Y_mask = -Σ matrix_t·Y_(mask without t)
        terms = [
            matmul(field, Tensor((n, n), {0: part}), Tensor((n, n), {0: found[mask ^ t]}))
            for t, part in matrix.parts.items()
            if t and t & mask == t and mask ^ t in found
        ]
        if terms:
            total = combine(field, [1] * len(terms), terms, (n, n))
            found[mask] = matmul(field, minus, total).parts[0]
    return Tensor((n, n), found)


def submasks(mask: int) -> list[int]:
    """The masks within a mask, without 0, smaller ones before those that hold them.

    >>> submasks(5)
    [1, 4, 5]
    """
    return [m for m in range(1, mask + 1) if m & mask == m]


def determinant(field: Field, matrix: Tensor) -> Tensor:
    """det(M₀ + N) = det M₀ · Σ e_j(M₀⁻¹N), the e_j by Newton's identities from traces.

    Where M₀ is singular, Faddeev and LeVerrier's division-free way.
    """
    n = matrix.shape[0]
    value, start = _inverted(field, matrix.parts[0], n)
    if len(matrix.parts) == 1:
        return scalar(value)
    if start is None:
        return _faddeev(field, matrix)
    if len(matrix.parts) == 2:
        # of one nilpotent there is e_1 alone
        mask = max(matrix.parts)
        field.spend(n * n)
        rate = sum(
            [sum(map(mul, start[i * n : i * n + n], matrix.parts[mask][i::n])) for i in range(n)]
        )
        return Tensor((), {0: [value], mask: list(field.elements((rate * value,)))})
    nilpotent = matmul(
        field,
        Tensor((n, n), {0: start}),
        Tensor(
            (n, n), {0: [field.number(0)] * (n * n), **{m: x for m, x in matrix.parts.items() if m}}
        ),
    )
    elementary = [scalar(field.number(1))]
    traces: list[Tensor] = []
    power = nilpotent
    for j in range(1, min(n, matrix.bits.bit_count()) + 1):
        if j > 1:
            power = matmul(field, power, nilpotent)
        traces.append(trace(field, power))
        terms = [multiply(field, elementary[j - 1 - i], traces[i]) for i in range(j)]
        factor = field.invert(field.number(j))
        signs = [factor if i % 2 == 0 else -factor for i in range(j)]
        elementary.append(combine(field, signs, terms, ()))
    total = combine(field, [1] * len(elementary), elementary, ())
    return scale(field, value, total)


def _faddeev(field: Field, matrix: Tensor) -> Tensor:
    n = matrix.shape[0]
    unit = identity(field, n)
    current = unit
    coefficient = scalar(field.number(1))
    for k in range(1, n + 1):
        step = matmul(field, matrix, current)
        coefficient = scale(field, -field.invert(field.number(k)), trace(field, step))
        current = combine(field, [1, 1], [step, multiply(field, coefficient, unit)], (n, n))
    return coefficient if n % 2 == 0 else scale(field, field.number(-1), coefficient)


def trace(field: Field, matrix: Tensor) -> Tensor:
    """Σ M[i,i]."""
    elements, parts = field.elements, {}
    step = matrix.shape[0] + 1
    for mask, part in matrix.parts.items():
        parts[mask] = list(elements((sum(part[::step]),)))
    return Tensor((), parts)


def matrix_power(field: Field, matrix: Tensor, exponent: int) -> Tensor:
    """Mᵏ for an integer k."""
    if exponent < 0:
        matrix, exponent = inverse(field, matrix), -exponent
    if exponent == 0:
        return identity(field, matrix.shape[0])
    result: Tensor | None = None
    square = matrix
    while True:
        if exponent & 1:
            result = square if result is None else matmul(field, result, square)
        exponent >>= 1
        if not exponent:
            assert result is not None
            return result
        square = matmul(field, square, square)


def pseudoinverse(field: Field, matrix: Tensor) -> Tensor:
    """(X'X)⁻¹X' or X'(XX')⁻¹, for X of full rank."""
    m, n = matrix.shape
    flipped = transpose(matrix)
    if m >= n:
        return matmul(field, inverse(field, matmul(field, flipped, matrix)), flipped)
    return matmul(field, flipped, inverse(field, matmul(field, matrix, flipped)))


def _size(tensor: Tensor) -> float:
    return float(max(max(map(abs, part)) for part in tensor.parts.values()))


def exponential(field: Field, matrix: Tensor) -> Tensor:
    """Σ Mʲ/j!, after halving until M is small, squared back."""
    if field.prime:
        raise Inexact
    n = matrix.shape[0]
    size, halvings = n * _size(matrix), 0
    if not size < 1e4:
        raise Retry("an exponential too large")
    while size > 0.5:
        size, halvings = size / 2, halvings + 1
    small = scale(field, 0.5**halvings, matrix)
    unit = identity(field, n)
    total = unit
    for j in range(16, 0, -1):
        total = combine(
            field, [1, 1], [unit, scale(field, 1 / j, matmul(field, small, total))], (n, n)
        )
    for _ in range(halvings):
        total = matmul(field, total, total)
    return total


def square_root(field: Field, matrix: Tensor) -> Tensor:
    """The principal square root, by Denman and Beavers' iteration over the jets."""
    if field.prime:
        raise Inexact
    n = matrix.shape[0]
    y, z = matrix, identity(field, n)
    for _ in range(40):
        following = combine(field, [0.5, 0.5], [y, inverse(field, z)], (n, n))
        z = combine(field, [0.5, 0.5], [z, inverse(field, y)], (n, n))
        moved = _size(combine(field, [1, -1], [following, y], (n, n)))
        y = following
        if not moved < 1e100:
            break
        if moved <= 1e-14 * _size(y):
            return y
    raise Retry("no principal square root")


def logarithm(field: Field, matrix: Tensor) -> Tensor:
    """The principal logarithm: square roots until M is near 1, then Σ 2/(2j+1)·Z^(2j+1) with
    Z = (M - 1)(M + 1)⁻¹."""
    if field.prime:
        raise Inexact
    n = matrix.shape[0]
    unit, doublings = identity(field, n), 0
    while n * _size(combine(field, [1, -1], [matrix, unit], (n, n))) > 0.25:
        matrix, doublings = square_root(field, matrix), doublings + 1
        if doublings > 40:
            raise Retry("no principal logarithm")
    below = combine(field, [1, -1], [matrix, unit], (n, n))
    above = combine(field, [1, 1], [matrix, unit], (n, n))
    z = matmul(field, below, inverse(field, above))
    square = matmul(field, z, z)
    total = scale(field, 1 / 21, unit)
    for j in range(9, -1, -1):
        total = combine(field, [1, 1 / (2 * j + 1)], [matmul(field, square, total), unit], (n, n))
    return scale(field, 2.0 * 2**doublings, matmul(field, z, total))


def real_matrix_power(field: Field, matrix: Tensor, exponent: Tensor) -> Tensor:
    """M^a = expm(a·logm(M)), for M positive definite; an integer a by multiplication."""
    if len(exponent.parts) == 1:
        whole = field.integer(exponent.parts[0][0])
        if whole is not None and (field.prime or abs(whole) <= 1 << 16):
            return matrix_power(field, matrix, whole)
    return exponential(field, multiply(field, exponent, logarithm(field, matrix)))


def nuclear_norm(field: Field, matrix: Tensor) -> Tensor:
    """tr √(X'X), or tr √(XX') where that is smaller."""
    m, n = matrix.shape
    flipped = transpose(matrix)
    gram = matmul(field, flipped, matrix) if m >= n else matmul(field, matrix, flipped)
    return trace(field, square_root(field, gram))


def polar_factor(field: Field, matrix: Tensor) -> Tensor:
    """U·V' of X = U·S·V': X·√(X'X)⁻¹, or √(XX')⁻¹·X."""
    m, n = matrix.shape
    flipped = transpose(matrix)
    if m >= n:
        root = square_root(field, matmul(field, flipped, matrix))
        return matmul(field, matrix, inverse(field, root))
    root = square_root(field, matmul(field, matrix, flipped))
    return matmul(field, inverse(field, root), matrix)


def jacobian(field: Field, function: Any, matrix: Tensor) -> Tensor:
    """∂F[i,j]/∂X[p,q] of a function of jets, with a fresh nilpotent in every direction in turn."""
    n, p = matrix.shape
    fresh = 1 << matrix.bits.bit_length()
    count = n * p
    columns: list[Tensor] = []
    for place in range(count):
        direction = [field.number(0)] * count
        direction[place] = field.number(1)
        value: Tensor = function(field, Tensor(matrix.shape, {**matrix.parts, fresh: direction}))
        columns.append(coefficient(field, value, fresh))
    return stack_last(field, columns, matrix.shape)


def coefficient(field: Field, value: Tensor, bit: int) -> Tensor:
    """What stands at one nilpotent, with what other nilpotents that still holds."""
    parts = {mask ^ bit: part for mask, part in value.parts.items() if mask & bit}
    if 0 not in parts:
        parts[0] = [field.number(0)] * len(value.parts[0])
    return Tensor(value.shape, parts)


def stack_last(field: Field, columns: list[Tensor], shape: tuple[int, ...]) -> Tensor:
    """Tensors of one shape, side by side along new last axes of `shape`."""
    size = len(columns[0].parts[0])
    zeros = [field.number(0)] * size
    masks = sorted({mask for column in columns for mask in column.parts})
    parts = {}
    for mask in masks:
        lists = [column.parts.get(mask, zeros) for column in columns]
        parts[mask] = [v for row in zip(*lists, strict=True) for v in row]
    return Tensor(columns[0].shape + shape, parts)
