"""Random matrices within a declared structure, and the directions that its conventions mean."""

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


def value(
    field: Field, shape: Shape, attributes: tuple[str, ...], draw: Draw, smooth: bool = False
) -> Tensor:
    """A random tensor with these attributes; `draw` gives an unstructured one, which may be of jets
    where the way from there is to be `smooth`.

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
            found = _positive(field, found, smooth)
        if has & {"diagonal", "lower", "upper"}:
            found = _masked(field, multiply(field, found, found), has)
        else:
            found = matmul(field, found, transpose(found))
        if not field.prime:
            found = combine(field, [1, 0.5], [found, identity(field, shape[0])], shape)
        return found
    else:
        found = _within(field, shape, has, draw)
    if "positive" in has:
        found = _positive(field, found, smooth)
        if has & {"diagonal", "lower", "upper"}:
            found = _masked(field, found, has)
    return found


def _within(field: Field, shape: Shape, has: frozenset[str], draw: Draw) -> Tensor:
    """A random matrix within the linear spaces of the attributes."""
    found = draw(shape)
    if "symmetric" in has:
        found = combine(field, [1, 1], [found, transpose(found)], shape)
    if "skew" in has:
        found = combine(field, [1, -1], [found, transpose(found)], shape)
    return _masked(field, found, has)


def structure_of(attributes: tuple[str, ...]) -> str | None:
    """The structure that decides which derivative is meant, the most restrictive one.

    >>> structure_of(("diagonal", "symmetric")), structure_of(("positive",))
    ('diagonal', None)
    """
    for name in ("diagonal", "skew", "lower", "upper", "orthogonal"):
        if name in attributes:
            return name
    return "symmetric" if "symmetric" in attributes or "posdef" in attributes else None


def moved(
    field: Field, attributes: tuple[str, ...], convention: str, at: Tensor, e: Tensor
) -> Tensor:
    """The direction along which a derivative in this convention is the derivative contracted with e.

    A convention is a linear map of the derivative G with free entries, and ⟨L G, E⟩ = ⟨G, L* E⟩:
    L* E is this direction, at the matrix `at` where L depends on it.
    """
    kind = structure_of(attributes)
    if convention == "ignore" or kind is None or len(e.shape) != 2:
        return e
    shape = e.shape
    half = field.invert(field.number(2)) if convention == "projected" else field.number(1)
    match kind:
        case "symmetric" if convention == "projected":
            return combine(field, [half, half], [e, transpose(e)], shape)
        case "symmetric":
            diagonal = _masked(field, e, frozenset(("diagonal",)))
            return combine(field, [1, 1, -1], [e, transpose(e), diagonal], shape)
        case "skew":
            return combine(field, [half, -half], [e, transpose(e)], shape)
        case "orthogonal":
            product = matmul(field, transpose(at), e)
            both = combine(field, [1, 1], [product, transpose(product)], shape)
            normal = matmul(field, at, both)
            return combine(field, [1, -field.invert(field.number(2))], [e, normal], shape)
        case _:
            return _masked(field, e, frozenset((kind,)))


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


def _positive(field: Field, tensor: Tensor, smooth: bool) -> Tensor:
    if field.prime:
        return tensor
    if smooth:
        least = filled(tensor.shape, 0.1)
        return combine(field, [1, 1], [multiply(field, tensor, tensor), least], tensor.shape)
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
