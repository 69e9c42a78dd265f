"""Random matrices within a declared structure, and directions that stay in it to first order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matcalc.trust.field import Field, Retry
from matcalc.trust.linear_algebra import inverse
from matcalc.trust.tensors import (
    Shape,
    Tensor,
    combine,
    filled,
    identity,
    matmul,
    multiply,
    scale,
    sum_all,
    transpose,
)

Draw = Callable[[Shape], Tensor]


def value(field: Field, shape: Shape, attributes: tuple[str, ...], draw: Draw) -> Tensor:
    """A random tensor with these attributes; `draw` gives an unstructured one.

    Modulo a prime nothing is positive: there `positive` and the shift of `posdef` say nothing.

    >>> value(Field(0), (2, 2), ("skew",), lambda shape: Tensor(shape, {0: [1.0, 2.0, 3.0, 4.0]}))
    Tensor((2, 2), {0: [0.0, -1.0, 1.0, 0.0]})
    """
    has = frozenset(attributes)
    if not has or len(shape) != 2:
        found = draw(shape)
    elif "orthogonal" in has:
        return _orthogonal(field, shape[0], has, draw)
    elif "posdef" in has:
        found = draw(shape)
        if "positive" in has:
            found = _positive(field, found)
        if has & {"diagonal", "lower", "upper"}:
            found = _masked(field, multiply(field, found, found), has)
        else:
            found = matmul(field, found, transpose(found))
        if not field.prime:
            found = combine(field, [1, 0.5], [found, identity(field, shape[0])], shape)
        return found
    else:
        found = direction(field, shape, attributes, draw, None)
    if "positive" in has:
        found = _positive(field, found)
        if has & {"diagonal", "lower", "upper"}:
            found = _masked(field, found, has)
    return found


def direction(
    field: Field, shape: Shape, attributes: tuple[str, ...], draw: Draw, at: Tensor | None
) -> Tensor:
    """A random direction within the space of the attributes; of orthogonal ones at the point `at`."""
    has = frozenset(attributes)
    found = draw(shape)
    if len(shape) != 2:
        return found
    if "orthogonal" in has:
        assert at is not None
        return matmul(field, at, combine(field, [1, -1], [found, transpose(found)], shape))
    if has & {"symmetric", "posdef"}:
        found = combine(field, [1, 1], [found, transpose(found)], shape)
    if "skew" in has:
        found = combine(field, [1, -1], [found, transpose(found)], shape)
    return _masked(field, found, has)


def _masked(field: Field, tensor: Tensor, has: frozenset[str]) -> Tensor:
    lower = "lower" in has or "diagonal" in has
    upper = "upper" in has or "diagonal" in has
    if not lower and not upper:
        return tensor
    zero = field.number(0)
    m, n = tensor.shape
    return Tensor(
        tensor.shape,
        {
            mask: [
                zero if (lower and j > i) or (upper and j < i) else x[i * n + j]
                for i in range(m)
                for j in range(n)
            ]
            for mask, x in tensor.parts.items()
        },
    )


def _positive(field: Field, tensor: Tensor) -> Tensor:
    if field.prime:
        return tensor
    return Tensor(tensor.shape, {0: [abs(v) + 0.1 for v in tensor.parts[0]]})


def _orthogonal(field: Field, n: int, has: frozenset[str], draw: Draw) -> Tensor:
    shape = (n, n)
    unit = identity(field, n)
    if has & {"diagonal", "lower", "upper"}:
        signs = draw((n,)).parts[0]
        one, minus = field.number(1), field.number(-1)
        entries: list[Any] = list(unit.parts[0])
        for i, sign in enumerate(signs):
            odd = sign & 1 if field.prime else sign.real < 0
            entries[i * n + i] = minus if odd else one
        return Tensor(shape, {0: entries})
    if has & {"symmetric", "posdef", "skew"}:
        if "posdef" in has:
            return unit
        if "skew" in has:
            raise Retry("no orthogonal and skew matrix is drawn")
        # Householder's reflection: orthogonal and symmetric
        v = draw((n, 1))
        square = field.invert(sum_all(field, multiply(field, v, v)).parts[0][0])
        outer = scale(field, square, matmul(field, v, transpose(v)))
        return combine(field, [1, -2], [unit, outer], shape)
    # Cayley's transform of a skew matrix
    free = draw(shape)
    skew = combine(field, [1, -1], [free, transpose(free)], shape)
    if n == 1:
        return filled(shape, field.number(1))
    one_less = combine(field, [1, -1], [unit, skew], shape)
    one_more = combine(field, [1, 1], [unit, skew], shape)
    return matmul(field, one_less, inverse(field, one_more))
