"""Triangles in emitted code: a mask or a vech beside its matrix is a function of it, not an array."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.emit.piece import Piece, call
from matcalc.tensor.nodes import Constant, Delta, Einsum, Fuse, Node

if TYPE_CHECKING:
    from matcalc.emit.statements import Writer

Indices = tuple[int, ...]
_MASKS = {"lower": ("tril", "triu"), "upper": ("triu", "tril")}


class Fold:
    """A constant among the factors that becomes a function of the factor `target`, or of all others.

    `operation` is the function's name in a backend; what it is applied to has the axes `before`, and
    its result the axes `after`.
    """

    __slots__ = ("after", "before", "constant", "operation", "target")

    def __init__(
        self, constant: int, target: int | None, operation: str, before: Indices, after: Indices
    ) -> None:
        self.constant = constant
        self.target = target
        self.operation = operation
        self.before = before
        self.after = after

    def __call__(self, writer: Writer, piece: Piece, constant: Node) -> Piece:
        """The function of a piece."""
        (piece,) = writer.compact(piece, room=60)
        template = writer.backend.operations[self.operation]
        size = writer.size(constant.dims[-1]).text if "{size}" in template else ""
        return call(template, piece, size=size)


def folds(node: Node) -> tuple[Fold, ...]:
    """The constants of an index sum that need no array, each with what it is applied to.

    A factor, or the whole, takes one of them.
    """
    if not isinstance(node, Einsum):
        return ()
    found: list[Fold] = []
    for position, operand in enumerate(node.operands):
        if isinstance(operand, Constant) and operand.name in ("vech", *_MASKS):
            make = _listed if operand.name == "vech" else _masked
            fold = make(node, position, {fold.target for fold in found})
            if fold is not None:
                found.append(fold)
    return tuple(found)


def _masked(node: Einsum, position: int, taken: set[int | None]) -> Fold | None:
    """X[i,j]·L[i,j] is tril(X); Σ … ·L[i,j] as the whole is tril of the rest."""
    mask, names = node.operands[position], node.inputs[position]
    assert isinstance(mask, Constant)
    for place, indices in enumerate(node.inputs):
        if place not in taken and _is_free(node, place) and indices in (names, names[::-1]):
            operation = _MASKS[mask.name][indices != names]
            return Fold(position, place, operation, indices, indices)
    others = _others(node, position)
    if None not in taken and node.output in (names, names[::-1]) and {*names} <= others:
        operation = _MASKS[mask.name][node.output != names]
        return Fold(position, None, operation, node.output, node.output)
    return None


def _listed(node: Einsum, position: int, taken: set[int | None]) -> Fold | None:
    """Σ X[i,j]·V[k,i,j] is vech(X); Σ c[k]·V[k,i,j] is the triangle that c lists."""
    k, i, j = node.inputs[position]
    uses = [index for indices in (*node.inputs, node.output) for index in indices]
    for place, indices in enumerate(node.inputs):
        if place in taken or not _is_free(node, place):
            continue
        inner = all(uses.count(index) == 2 for index in indices)
        if inner and i != j and indices in ((i, j), (j, i)):
            return Fold(
                position, place, "half" if indices == (i, j) else "half_turned", indices, (k,)
            )
        if inner and indices == (k,):
            return Fold(position, place, "unhalf", indices, (i, j))
    rest = tuple(index for index in node.output if index != k)
    inside = i != j and {i, j}.isdisjoint(node.output) and {i, j} <= _others(node, position)
    if inside and uses.count(k) == 2 and k in node.output and None not in taken:
        return Fold(position, None, "half", (i, j, *rest), (k, *rest))
    return None


def _is_free(node: Einsum, place: int) -> bool:
    """Whether a factor is a tensor, not a constant that says where entries stand."""
    return not isinstance(node.operands[place], Constant | Delta | Fuse)


def _others(node: Einsum, position: int) -> set[int]:
    """The indices of the tensors among the other factors."""
    return {
        index
        for place, indices in enumerate(node.inputs)
        if place != position and _is_free(node, place)
        for index in indices
    }
