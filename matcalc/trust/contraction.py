"""Σ of a product of many tensors: pairwise, with δ and the flattening of axes as index arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from heapq import heapify, heappop, heappush
from math import prod
from operator import attrgetter
from typing import Any

from matcalc.trust.field import Field, Mismatch
from matcalc.trust.tensors import (
    Letters,
    Order,
    Part,
    Shape,
    Tensor,
    gather,
    index_sizes,
    pair,
    positions,
    scalar,
    scale,
)

_SHAPE = attrgetter("shape")
CACHED = 32
"""Contractions of more operands than this are planned anew each time."""


class Wire:
    """An operand that is never stored: δ of its axes, or the flattening of the axes before the last.

    >>> Wire("fuse", (2, 3, 6)).shape
    (2, 3, 6)
    """

    __slots__ = ("kind", "shape")

    def __init__(self, kind: str, shape: Shape) -> None:
        assert kind in ("delta", "fuse"), kind
        self.kind = kind
        self.shape = shape


class _Conflict(Exception):
    """An axis is split in two ways that have no common refinement here."""


class _Indices:
    """Which indices are one (δ), and which is the flattening of others."""

    __slots__ = ("parent", "sizes", "split")

    def __init__(self, sizes: dict[object, int]) -> None:
        self.sizes = sizes
        self.parent: dict[object, object] = {}
        self.split: dict[object, tuple[object, ...]] = {}

    def find(self, index: object) -> object:
        while index in self.parent:
            index = self.parent[index]
        return index

    def unite(self, one: object, two: object) -> None:
        waiting = [(one, two)]
        while waiting:
            a, b = (self.find(i) for i in waiting.pop())
            if a is b or a == b:
                continue
            if self.sizes[a] != self.sizes[b]:
                raise Mismatch(f"an index of sizes {self.sizes[a]} and {self.sizes[b]}")
            parts = self.split.pop(b, None)
            self.parent[b] = a
            if parts is not None:
                waiting.extend(self.divide(a, parts))

    def divide(self, index: object, parts: tuple[object, ...]) -> list[tuple[object, object]]:
        """Say that an index is the flattening of others; the pairs that must then be one."""
        known = self.split.get(index)
        if known is None:
            self.split[index] = parts
            return []
        if [self.sizes[i] for i in known] != [self.sizes[i] for i in parts]:
            raise _Conflict
        return list(zip(known, parts, strict=True))

    def leaves(self, index: object) -> tuple[object, ...]:
        """The indices that this one is the flattening of, down to those that are not split."""
        found: list[object] = []
        waiting = [self.find(index)]
        while waiting:
            current = waiting.pop()
            parts = self.split.get(current)
            if parts is None:
                found.append(current)
            else:
                if len(found) + len(waiting) > 64:
                    raise _Conflict
                waiting.extend(self.find(part) for part in reversed(parts))
        return tuple(found)


def einsum(
    field: Field,
    operands: list[Tensor | Wire],
    inputs: tuple[Letters, ...],
    output: Letters,
    output_shape: Shape | None = None,
) -> Tensor:
    """Σ of the product over every index that the output does not name.

    An index of the output alone is broadcast along, with the size that `output_shape` says.

    >>> einsum(Field(0), [Tensor((2,), {0: [1, 2]}), Wire("delta", (2, 2))], ((0,), (0, 1)), (0, 1))
    Tensor((2, 2), {0: [1, 0.0, 0.0, 2]})
    """
    shapes = tuple(map(_SHAPE, operands))
    if Wire not in map(type, operands):
        planned = (_plan if len(operands) <= CACHED else _Plan)(inputs, shapes, output)
        if planned.plain:
            return planned.of(field, operands)
    sizes = index_sizes(inputs, shapes)
    for letter, length in zip(output, output_shape or (), strict=False):
        sizes.setdefault(letter, length)
    try:
        return _wired(field, operands, inputs, output, sizes, fuse=True)
    except _Conflict:
        return _wired(field, operands, inputs, output, sizes, fuse=False)


def _wired(
    field: Field,
    operands: list[Tensor | Wire],
    inputs: tuple[Letters, ...],
    output: Letters,
    sizes: dict[object, int],
    fuse: bool,
) -> Tensor:
    indices = _Indices(sizes)
    dense: list[tuple[Tensor, Letters]] = []
    fuses: list[Letters] = []
    for operand, letters in zip(operands, inputs, strict=True):
        if isinstance(operand, Tensor):
            dense.append((operand, letters))
        elif operand.kind == "delta":
            for other in letters[1:]:
                indices.unite(letters[0], other)
        elif fuse:
            fuses.append(letters)
        else:
            dense.append((flattening(field, operand.shape), letters))
    for letters in fuses:
        if prod(sizes[i] for i in letters[:-1]) != sizes[letters[-1]]:
            raise Mismatch("a flattened axis of another size")
        for one, two in indices.divide(indices.find(letters[-1]), letters[:-1]):
            indices.unite(one, two)
    leaves = {letter: indices.leaves(letter) for letter in sizes}
    split_inputs = tuple(tuple(leaf for i in letters for leaf in leaves[i]) for _, letters in dense)
    split = [
        Tensor(tuple(sizes[leaf] for leaf in letters), tensor.parts)
        for (tensor, _), letters in zip(dense, split_inputs, strict=True)
    ]
    result = tuple(leaf for i in output for leaf in leaves[i])
    held = {leaf for letters in split_inputs for leaf in letters}
    free = dict.fromkeys(leaf for many in leaves.values() for leaf in many)
    lone = prod(sizes[leaf] for leaf in free if leaf not in held and leaf not in result)
    core_letters = tuple(dict.fromkeys(leaf for leaf in result if leaf in held))
    core = _product(field, split, split_inputs, core_letters)
    if lone != 1:
        core = scale(field, field.number(lone), core)
    shape = tuple(sizes[i] for i in output)
    if core_letters == result:
        return Tensor(shape, core.parts)
    field.spend(prod(shape))
    places = _scatter(core_letters, result, tuple(sizes[leaf] for leaf in result))
    zero = field.number(0)
    return Tensor(
        shape, {m: [x[i] if i >= 0 else zero for i in places] for m, x in core.parts.items()}
    )


@lru_cache(maxsize=2048)
def _scatter(letters: Letters, result: Letters, shape: Shape) -> tuple[int, ...]:
    """For each entry of the result the entry of the core that goes there, or -1 for zero."""
    size = dict(zip(result, shape, strict=True))
    stride: dict[object, int] = dict.fromkeys(result, 0)
    step = 1
    for letter in reversed(letters):
        stride[letter] = step
        step *= size[letter]
    found: list[tuple[int, dict[object, int]]] = [(0, {})]
    repeated = {letter for letter in result if result.count(letter) > 1}
    for letter in result:
        following: list[tuple[int, dict[object, int]]] = []
        for place, fixed in found:
            for i in range(size[letter]):
                if letter in fixed:
                    following.append((place if fixed[letter] == i else -1, fixed))
                else:
                    now = {**fixed, letter: i} if letter in repeated else fixed
                    following.append((place + stride[letter] * i if place >= 0 else -1, now))
        found = following
    return tuple(place for place, _ in found)


def flattening(field: Field, shape: Shape) -> Tensor:
    """The 0/1 tensor of a Fuse, stored: 1 where the last index is the flat place of the others."""
    total = shape[-1]
    field.spend(total * total)
    part: Part = [field.number(0)] * (total * total)
    for k in range(total):
        part[k * total + k] = field.number(1)
    return Tensor(shape, {0: part})


def materialise(field: Field, wire: Wire) -> Tensor:
    """A wire as a stored tensor.

    >>> materialise(Field(0), Wire("delta", (2, 2))).parts[0]
    [1.0, 0.0, 0.0, 1.0]
    """
    field.spend(prod(wire.shape))
    if wire.kind == "fuse":
        return flattening(field, wire.shape)
    n, order = wire.shape[0], len(wire.shape)
    part: Part = [field.number(0)] * n**order
    step = sum(n**k for k in range(order))
    for i in range(n):
        part[i * step] = field.number(1)
    return Tensor(wire.shape, {0: part})


def _product(
    field: Field, operands: list[Tensor], inputs: tuple[Letters, ...], output: Letters
) -> Tensor:
    """Σ of a product of stored tensors; every letter of the output is some operand's."""
    if not operands:
        return scalar(field.number(1))
    plan = _plan if len(operands) <= CACHED else _Plan
    return plan(inputs, tuple(map(_SHAPE, operands)), output).of(field, operands)


class _Plan:
    """How a product is summed: operands to reduce, pairs to multiply, entries to put in order.

    A pair has the places of both; each result gets the next place.  A sum that is not `plain`, with an
    index of the output alone or twice in it, is not planned.
    """

    __slots__ = ("moved", "plain", "reduced", "steps")

    def __init__(
        self, inputs: tuple[Letters, ...], shapes: tuple[Shape, ...], output: Letters
    ) -> None:
        size = index_sizes(inputs, shapes)
        count: dict[object, int] = dict.fromkeys(output, 1)
        for letters in inputs:
            for letter in set(letters):
                count[letter] = count.get(letter, 0) + 1
        self.plain = len(count) == len(size) and len(set(output)) == len(output)
        self.reduced: list[tuple[int, _Reduction]] = []
        self.steps: list[tuple[int, int, Callable[[Field, Tensor, Tensor], Tensor]]] = []
        self.moved: tuple[Order | None, Shape] | None = None
        if not self.plain:
            return
        held: list[Letters] = []
        for place, letters in enumerate(inputs):
            kept = tuple(dict.fromkeys(i for i in letters if count[i] > 1))
            held.append(kept)
            if kept != letters:
                self.reduced.append((place, _Reduction(letters, shapes[place], kept)))
        pairs: list[tuple[int, int, Letters]] = [(0, 1, output)] if len(held) == 2 else []

        def lengths(letters: Letters) -> Shape:
            return tuple([size[i] for i in letters])

        if len(held) > 2:
            pairs = _path(held, [lengths(letters) for letters in held], output)
        for left, right, rest in pairs:
            one, two = held[left], held[right]
            self.steps.append((left, right, pair(lengths(one), one, lengths(two), two, rest).of))
            held.append(rest)
        if held[-1] != output:
            self.moved = positions(lengths(held[-1]), held[-1], output), lengths(output)

    def of(self, field: Field, operands: Iterable[Any]) -> Tensor:
        """The sum for tensors of the shapes that it was planned for."""
        held: list[Tensor] = list(operands)
        for place, reduction in self.reduced:
            held[place] = reduction.of(field, held[place])
        for left, right, multiply in self.steps:
            held.append(multiply(field, held[left], held[right]))
        return held[-1] if self.moved is None else gather(held[-1], *self.moved)


_plan = lru_cache(maxsize=2048)(_Plan)


class _Reduction:
    """Diagonals of repeated letters, sums over letters that nobody else has."""

    __slots__ = ("inner", "moved", "shape")

    def __init__(self, letters: Letters, shape: Shape, kept: Letters) -> None:
        size = dict(zip(letters, shape, strict=True))
        summed = tuple([i for i in size if i not in kept])
        self.moved = positions(shape, letters, kept + summed)
        self.shape = tuple([size[i] for i in kept])
        self.inner = prod([size[i] for i in summed])

    def of(self, field: Field, tensor: Tensor) -> Tensor:
        """The tensor reduced."""
        inner = self.inner
        field.spend(prod(self.shape) * inner)
        ready = gather(tensor, self.moved, self.shape)
        if inner == 1:
            return ready
        parts = {}
        for mask, part in ready.parts.items():
            rows = zip(*[iter(part)] * inner, strict=True)
            parts[mask] = list(field.elements(map(sum, rows)))
        return Tensor(self.shape, parts)


def _path(
    inputs: list[Letters], shapes: list[Shape], output: Letters
) -> list[tuple[int, int, Letters]]:
    """Pairs to contract, each with the letters that are left; a result is numbered after all before.

    Index after index goes, that first which leaves the smallest tensor; then the outer products.
    """
    alive = dict(enumerate(inputs))
    holders: dict[object, set[int]] = {}
    size: dict[object, int] = {}
    for key, (letters, shape) in enumerate(zip(inputs, shapes, strict=True)):
        for letter, length in zip(letters, shape, strict=True):
            holders.setdefault(letter, set()).add(key)
            size[letter] = length
    names = list(holders)
    rank = {letter: place for place, letter in enumerate(names)}
    wanted = set(output)
    steps: list[tuple[int, int, Letters]] = []

    def cost(letter: object) -> int:
        return prod(size[i] for i in {i for key in holders[letter] for i in alive[key]})

    def merge(group: list[int]) -> None:
        """Contract these, smallest first; what no one else holds is summed."""
        last = group[0]
        for key in group[1:]:
            letters = tuple(dict.fromkeys(alive[last] + alive[key]))
            rest = tuple(i for i in letters if i in wanted or not holders[i] <= {last, key})
            fresh = len(inputs) + len(steps)
            steps.append((last, key, rest))
            for i in letters:
                holders[i] -= {last, key}
            for i in rest:
                holders[i].add(fresh)
            del alive[last], alive[key]
            alive[fresh] = rest
            last = fresh

    def by_size(keys: Iterable[int]) -> list[int]:
        return sorted(keys, key=lambda key: (prod(size[i] for i in alive[key]), key))

    heap = [(cost(letter), rank[letter]) for letter in names if letter not in wanted]
    heapify(heap)
    while heap:
        price, place = heappop(heap)
        letter = names[place]
        if not holders[letter]:
            continue
        now = cost(letter)
        if now > price:
            heappush(heap, (now, place))
            continue
        merge(by_size(holders[letter]))
        for i in alive[len(inputs) + len(steps) - 1]:
            if i not in wanted:
                heappush(heap, (cost(i), rank[i]))
    merge(by_size(alive))
    if steps and steps[-1][2] != output:
        left, right, _ = steps[-1]
        steps[-1] = (left, right, output)
    return steps
