"""Small dense tensors over the jets: elements with nilpotents ε₁ … ε_k, ε_i² = 0.

A tensor holds one flat list of scalars for each product of nilpotents that occurs: `parts[mask]`,
bit i of the mask for ε_{i+1}; `parts[0]` is the constant part and always there.  So a tensor
without nilpotents is a bare list, and whatever is linear works part by part.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import prod
from operator import mul
from typing import Any

from matcalc.trust.field import Field, Mismatch, TooLarge

Shape = tuple[int, ...]
Part = list[Any]
Letters = tuple[Any, ...]


class Tensor:
    """Row-major parts of one shape.

    >>> Tensor((2,), {0: [1, 2], 1: [1, 0]}).parts[1]
    [1, 0]
    """

    __slots__ = ("parts", "shape")

    def __init__(self, shape: Shape, parts: dict[int, Part]) -> None:
        self.shape = shape
        self.parts = parts

    def reshape(self, shape: Shape) -> Tensor:
        """The same entries, row-major; Mismatch if their number differs."""
        if prod(shape) != prod(self.shape):
            raise Mismatch(f"{self.shape} is not {shape}")
        return Tensor(shape, self.parts)

    @property
    def bits(self) -> int:
        """The nilpotents that occur, as one mask."""
        union = 0
        for mask in self.parts:
            union |= mask
        return union

    def __repr__(self) -> str:
        return f"Tensor({self.shape}, {self.parts})"


def scalar(value: Any) -> Tensor:
    """A tensor of order 0."""
    return Tensor((), {0: [value]})


def filled(shape: Shape, value: Any) -> Tensor:
    """Every entry the same."""
    return Tensor(shape, {0: [value] * prod(shape)})


def identity(field: Field, n: int) -> Tensor:
    """eye(n)."""
    one, zero = field.number(1), field.number(0)
    return Tensor((n, n), {0: [one if i == j else zero for i in range(n) for j in range(n)]})


def gather(tensor: Tensor, positions: tuple[int, ...] | list[int], shape: Shape) -> Tensor:
    """The entries at flat positions."""
    return Tensor(shape, {m: [x[i] for i in positions] for m, x in tensor.parts.items()})


def scale(field: Field, factor: Any, tensor: Tensor) -> Tensor:
    """factor·tensor of a plain scalar."""
    p = field.prime
    if p:
        return Tensor(
            tensor.shape, {m: [factor * v % p for v in x] for m, x in tensor.parts.items()}
        )
    return Tensor(tensor.shape, {m: [factor * v for v in x] for m, x in tensor.parts.items()})


def combine(field: Field, factors: list[Any], terms: list[Tensor], shape: Shape) -> Tensor:
    """Σ factor·term; a term of order 0 broadcasts."""
    p = field.prime
    total: dict[int, Part] = {}
    size = prod(shape)
    for factor, term in zip(factors, terms, strict=True):
        if term.shape != shape and term.shape:
            raise Mismatch(f"{term.shape} is not {shape}")
        for mask, part in term.parts.items():
            values = part * size if term.shape != shape else part
            known = total.get(mask)
            if known is None:
                total[mask] = list(values) if factor == 1 else [factor * v for v in values]
            elif factor == 1:
                total[mask] = [u + v for u, v in zip(known, values, strict=True)]
            else:
                total[mask] = [u + factor * v for u, v in zip(known, values, strict=True)]
    if p:
        total = {m: [v % p for v in x] for m, x in total.items()}
    if 0 not in total:
        total[0] = [field.number(0)] * size
    return Tensor(shape, total)


def bilinear(
    field: Field, kernel: Callable[[Part, Part], Part], a: Tensor, b: Tensor, shape: Shape
) -> Tensor:
    """The product of jets, of which `kernel` is the product of parts."""
    x, y = a.parts, b.parts
    if len(y) == 1 and 0 in y:
        right = y[0]
        return Tensor(shape, {mask: kernel(left, right) for mask, left in x.items()})
    if len(x) == 1 and 0 in x:
        left = x[0]
        return Tensor(shape, {mask: kernel(left, right) for mask, right in y.items()})
    p = field.prime
    total: dict[int, Part] = {}
    for s, left in x.items():
        for t, right in y.items():
            if s & t:
                continue
            values = kernel(left, right)
            known = total.get(s | t)
            if known is None:
                total[s | t] = values
            elif p:
                total[s | t] = [(u + v) % p for u, v in zip(known, values, strict=True)]
            else:
                total[s | t] = [u + v for u, v in zip(known, values, strict=True)]
    return Tensor(shape, total)


def multiply(field: Field, a: Tensor, b: Tensor) -> Tensor:
    """Entry by entry; a tensor of order 0 broadcasts."""
    p = field.prime
    if a.shape == b.shape:
        field.spend(len(a.parts[0]) * len(a.parts) * len(b.parts))
        if p:
            return bilinear(
                field, lambda x, y: [u * v % p for u, v in zip(x, y, strict=True)], a, b, a.shape
            )
        return bilinear(field, lambda x, y: list(map(mul, x, y)), a, b, a.shape)
    if b.shape:
        a, b = b, a
    if b.shape:
        raise Mismatch(f"{b.shape} times {a.shape}")
    field.spend(len(a.parts[0]) * len(a.parts) * len(b.parts))

    def times(x: Part, y: Part) -> Part:
        factor = y[0]
        return [factor * v % p for v in x] if p else [factor * v for v in x]

    return bilinear(field, times, a, b, a.shape)


@lru_cache(maxsize=8192)
def positions(shape: Shape, letters: Letters, order: Letters) -> tuple[int, ...] | None:
    """Flat positions that put the axes `letters` into `order`; a letter twice is the diagonal.

    None where nothing moves.

    >>> positions((2, 3), (0, 1), (1, 0)), positions((2, 2), (0, 0), (0,))
    ((0, 3, 1, 4, 2, 5), (0, 3))
    """
    if letters == order:
        return None
    stride: dict[Any, int] = {}
    size: dict[Any, int] = {}
    step = 1
    for letter, length in zip(reversed(letters), reversed(shape), strict=True):
        if size.setdefault(letter, length) != length:
            raise Mismatch(f"an index of sizes {size[letter]} and {length}")
        stride[letter] = stride.get(letter, 0) + step
        step *= length
    found = [0]
    for letter in order:
        s = stride[letter]
        steps = [s * i for i in range(size[letter])]
        found = [q + t for q in found for t in steps]
    return tuple(found)


LARGEST = 1_000_000
"""More entries than this are too many to list where each goes."""


class _Pair:
    """How two operands contract: gathered into rows, each row of one with each row of the other."""

    __slots__ = ("batch", "inner", "left", "result", "right", "shape", "work")

    def __init__(self, sa: Shape, ia: Letters, sb: Shape, ib: Letters, output: Letters) -> None:
        size: dict[Any, int] = {}
        for letters, shape in ((ia, sa), (ib, sb)):
            for letter, length in zip(letters, shape, strict=True):
                if size.setdefault(letter, length) != length:
                    raise Mismatch(f"an index of sizes {size[letter]} and {length}")
        both, kept = set(ia) & set(ib), set(output)
        self.shape = tuple([size[i] for i in output])
        if max(prod(self.shape), prod(sa), prod(sb)) > LARGEST:
            raise TooLarge
        batch = tuple(i for i in output if i in both)
        rows_a = tuple(i for i in output if i not in both and i in ia)
        rows_b = tuple(i for i in output if i not in both and i not in ia)
        inner = tuple(i for i in ia if i in both and i not in kept)
        self.left = positions(sa, ia, batch + rows_a + inner)
        self.right = positions(sb, ib, batch + rows_b + inner)
        self.batch = prod(size[i] for i in batch)
        self.inner = prod(size[i] for i in inner)
        natural = batch + rows_a + rows_b
        self.result = positions(tuple(size[i] for i in natural), natural, output)
        self.work = prod(self.shape) * self.inner


_pair = lru_cache(maxsize=4096)(_Pair)


def contract(
    field: Field, a: Tensor, ia: Letters, b: Tensor, ib: Letters, output: Letters
) -> Tensor:
    """Σ a·b over the letters of both that `output` does not name.

    No letter twice in one operand; a letter of one operand alone is in the output.

    >>> contract(Field(0), Tensor((2,), {0: [1, 2]}), (0,), Tensor((2,), {0: [3, 4]}), (0,), ())
    Tensor((), {0: [11]})
    """
    plan = _pair(a.shape, ia, b.shape, ib, output)
    field.spend(plan.work * len(a.parts) * len(b.parts))
    p, inner, batch = field.prime, plan.inner, plan.batch
    left, right, result = plan.left, plan.right, plan.result

    def kernel(x: Part, y: Part) -> Part:
        if left is not None:
            x = [x[i] for i in left]
        if right is not None:
            y = [y[i] for i in right]
        if batch == 1:
            if inner == 1:
                out = [u * v for u in x for v in y]
            else:
                columns = [y[i : i + inner] for i in range(0, len(y), inner)]
                out = [
                    sum(map(mul, x[i : i + inner], column))
                    for i in range(0, len(x), inner)
                    for column in columns
                ]
        elif batch == len(x) == len(y):
            out = list(map(mul, x, y))
        else:
            out = []
            wide, high = len(x) // batch, len(y) // batch
            for b in range(batch):
                columns = [y[i : i + inner] for i in range(b * high, (b + 1) * high, inner)]
                out += [
                    sum(map(mul, x[i : i + inner], column))
                    for i in range(b * wide, (b + 1) * wide, inner)
                    for column in columns
                ]
        if p:
            out = [v % p for v in out]
        return out if result is None else [out[i] for i in result]

    return bilinear(field, kernel, a, b, plan.shape)


def matmul(field: Field, a: Tensor, b: Tensor) -> Tensor:
    """The product of two matrices."""
    return contract(field, a, (0, 1), b, (1, 2), (0, 2))


def transpose(a: Tensor) -> Tensor:
    """The transpose of a matrix."""
    moved = positions(a.shape, (0, 1), (1, 0))
    assert moved is not None
    return gather(a, moved, (a.shape[1], a.shape[0]))


def sum_all(field: Field, a: Tensor) -> Tensor:
    """The sum of the entries."""
    p = field.prime
    return Tensor((), {m: [sum(x) % p if p else sum(x)] for m, x in a.parts.items()})
