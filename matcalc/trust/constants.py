"""The values of constants at a point."""

from __future__ import annotations

from typing import cast

from matcalc.errors import InternalError
from matcalc.language.dimensions import Dim
from matcalc.language.typed import Typed
from matcalc.trust import operators
from matcalc.trust.field import Inexact, Mismatch
from matcalc.trust.sample import Point
from matcalc.trust.tensors import Tensor, filled, identity, scalar


def constant(node: Typed, point: Point) -> Tensor:
    """eye(n), ones(m, n), e(i, n), pi and the like; an operator without operands."""
    name, params = cast("tuple[str, tuple[int | Dim, ...]]", node.data)
    field, shape = point.field, point.shape(node.dims)
    match name:
        case "eye":
            return identity(field, shape[0])
        case "ones":
            return filled(shape, field.number(1))
        case "zeros":
            return filled(shape, field.number(0))
        case "e":
            return unit_vector(point, params[0], shape[0])
        case "K":
            return operators.commutation(field, *(size(point, param) for param in params))
        case "duplication":
            return operators.duplication(field, size(point, params[0])).reshape(shape)
        case "pi":
            return point.pi()
        case "imaginary":
            if field.prime:
                raise Inexact
            return scalar(1j)
        case _:
            raise InternalError(f"verification knows no constant {name}")


def size(point: Point, param: int | Dim) -> int:
    """The size that a constant's parameter is here; a literal may have been given another."""
    return (param if isinstance(param, Dim) else Dim.number(param)).evaluate(point.sizes)


def unit_vector(point: Point, place: int | Dim, n: int) -> Tensor:
    """e(place, n), counted from 1."""
    i = place if isinstance(place, int) else place.evaluate(point.sizes)
    if not 1 <= i <= n:
        raise Mismatch(f"e({i}, {n})")
    return Tensor((n,), {0: [point.field.number(int(k == i)) for k in range(1, n + 1)]})
