"""Contractions of emitted code: an index sum taken apart into pairs of factors, in a cheap order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from matcalc.emit.pairs import Indices, Pair, Term, einsum, permuted
from matcalc.emit.piece import Piece, call, product

if TYPE_CHECKING:
    from matcalc.emit.statements import Writer
    from matcalc.language.dimensions import Dim

NEAR = 8
"""An index of more factors than this is contracted between neighbours, not between all pairs."""


def contract(
    writer: Writer,
    terms: Sequence[Term],
    output: Indices,
    sizes: Mapping[int, int],
    dims: Mapping[int, Dim],
) -> Piece:
    """The sum over all indices but `output` of the product of the terms, axes in that order.

    `sizes` are what the order of contraction takes the indices' sizes `dims` to be; every index of
    `output` is some term's.
    """
    network = _Network(writer, output, sizes, dims)
    users = Counter(index for _, indices in terms for index in set(indices))
    for piece, indices in terms:
        alone = {index for index in indices if users[index] == 1 and index not in output}
        network.insert(piece, indices, alone)
    network.contract_connected()
    return network.finish()


class _Network:
    """The factors that are left, and the pairs of them that share an index, cheapest first."""

    __slots__ = (
        "count",
        "dims",
        "heap",
        "made",
        "output",
        "scalars",
        "sizes",
        "terms",
        "users",
        "writer",
    )

    def __init__(
        self, writer: Writer, output: Indices, sizes: Mapping[int, int], dims: Mapping[int, Dim]
    ) -> None:
        self.writer = writer
        self.output = output
        self.sizes = sizes
        self.dims = dims
        self.terms: dict[int, tuple[Piece, Indices, int]] = {}
        self.users: dict[int, list[int]] = {}
        self.heap: list[tuple[tuple[float, float, int, int, int], int, int]] = []
        self.scalars: list[Piece] = []
        self.made = 0

    def insert(self, piece: Piece, indices: Indices, alone: set[int]) -> None:
        """A factor of the problem, its repeated indices made one; nothing else has those `alone`."""
        if len(indices) == 2 and len(set(indices)) == 1 and alone:
            self.writer.spend(1, (self.dims[indices[0]],), ())
            piece, indices = call(self.writer.backend.operations["trace"], piece), ()
        elif len(set(indices)) < len(indices):
            piece, indices = self._diagonal(piece, indices)
        self._add(piece, indices, len(self.terms) + len(self.scalars))

    def _diagonal(self, piece: Piece, indices: Indices) -> Term:
        once = tuple(dict.fromkeys(indices))
        if len(indices) == 2:
            return call(self.writer.backend.operations["diagonal"], piece), once
        return einsum(self.writer, ((piece, indices),), once), once

    def _add(self, piece: Piece, indices: Indices, place: int) -> None:
        if not indices:
            self.scalars.append(piece)
            return
        key = self.made
        self.made += 1
        self.terms[key] = (piece, indices, place)
        for index in indices:
            users = self.users.setdefault(index, [])
            users.append(key)

    def _neighbours(self, key: int) -> list[int]:
        """The factors that share an index with this one; of many, the nearest before and after."""
        found: dict[int, None] = {}
        place = self.terms[key][2]
        for index in self.terms[key][1]:
            users = [user for user in self.users[index] if user != key]
            if len(users) > NEAR:
                users.sort(key=lambda user: (abs(self.terms[user][2] - place), user))
                del users[2:]
            found.update(dict.fromkeys(users))
        return list(found)

    def _push(self, key: int) -> None:
        for other in self._neighbours(key):
            one, two = self._ordered(key, other)
            heappush(self.heap, (self._cost(one, two), one, two))

    def _ordered(self, key: int, other: int) -> tuple[int, int]:
        if (self.terms[key][2], key) <= (self.terms[other][2], other):
            return key, other
        return other, key

    def _kept(self, one: int, two: int) -> set[int]:
        """The indices of a pair that something else still needs."""
        pair = {one, two}
        return {
            index
            for key in (one, two)
            for index in self.terms[key][1]
            if index in self.output or any(user not in pair for user in self.users[index])
        }

    def _cost(self, one: int, two: int) -> tuple[float, float, int, int, int]:
        """Multiplications, then the size of the result, then transposes, then the place."""
        (_, a, first), (_, b, second) = self.terms[one], self.terms[two]
        kept = self._kept(one, two)
        work, size = 1.0, 1.0
        for index in set(a) | set(b):
            work *= self.sizes[index]
            size *= self.sizes[index] if index in kept else 1
        return work, size, _turns(a, b, kept), first, second

    def contract_connected(self) -> None:
        """Contract every pair that shares an index, until none does."""
        self._sum_single()
        for key in list(self.terms):
            for other in self._neighbours(key):
                if key < other or len(self.terms) > NEAR:
                    one, two = self._ordered(key, other)
                    heappush(self.heap, (self._cost(one, two), one, two))
        while self.heap:
            _, one, two = heappop(self.heap)
            if one in self.terms and two in self.terms:
                self._merge(one, two)

    def _sum_single(self) -> None:
        """Σ over an index that one factor alone has, before anything else."""
        for key, (piece, indices, place) in list(self.terms.items()):
            axes = tuple(
                axis
                for axis, index in enumerate(indices)
                if index not in self.output and len(self.users[index]) == 1
            )
            if axes:
                self._remove(key)
                left = tuple(index for axis, index in enumerate(indices) if axis not in axes)
                self._spend(indices, left)
                self._add(self._summed(piece, axes, len(indices)), left, place)

    def _spend(self, indices: Indices, left: Indices) -> None:
        """Note an operation for each entry that these indices count, and what it makes."""
        each, made = (tuple([self.dims[index] for index in part]) for part in (indices, left))
        self.writer.spend(1, each, made)

    def _summed(self, piece: Piece, axes: Indices, order: int) -> Piece:
        operations = self.writer.backend.operations
        (piece,) = self.writer.compact(piece)
        if len(axes) == order:
            return call(operations["sum"], piece)
        which = str(axes[0]) if len(axes) == 1 else str(axes)
        return call(operations["sum_axis"], piece, axis=which)

    def _remove(self, key: int) -> tuple[Piece, Indices, int]:
        term = self.terms.pop(key)
        for index in term[1]:
            self.users[index].remove(key)
        return term

    def _merge(self, one: int, two: int) -> None:
        kept = self._kept(one, two)
        left, a, place = self._remove(one)
        right, b, _ = self._remove(two)
        order = self.output if not self.terms and kept == set(self.output) else None
        piece, indices = self._pair((left, a), (right, b), kept, order)
        self._add(piece, indices, place)
        if indices:
            self._push(self.made - 1)

    def _pair(self, left: Term, right: Term, kept: set[int], order: Indices | None) -> Term:
        one, two = self.writer.compact(left[0], right[0])
        return Pair(self.writer, (one, left[1]), (two, right[1]), kept, order, self.dims).spelled()

    def finish(self) -> Piece:
        """Outer products of what is left, times the scalars, axes in the order of the output."""
        left: Term | None = None
        remaining = sorted(self.terms.values(), key=lambda term: term[2])
        for position, (piece, indices, _) in enumerate(remaining):
            if left is None:
                left = (piece, indices)
            else:
                order = self.output if position == len(remaining) - 1 else None
                left = self._pair(left, (piece, indices), {*left[1], *indices}, order)
        scalar: Piece | None = None
        for piece in self.scalars:
            if scalar is not None:
                self._spend((), ())
            scalar = piece if scalar is None else product(*self.writer.compact(scalar, piece))
        if left is None:
            assert not self.output
            return Piece("1", number=1) if scalar is None else scalar
        whole = permuted(self.writer, left, self.output)
        if scalar is not None and scalar.number != 1:
            self._spend(self.output, self.output)
        return whole if scalar is None else product(*self.writer.compact(scalar, whole))


def _turns(a: Indices, b: Indices, kept: set[int]) -> int:
    """How many transposes a matrix product of the two needs."""
    shared = [index for index in a if index in b and index not in kept]
    if len(shared) != 1:
        return 0
    (index,) = shared
    if len(a) == 1 or len(b) == 1:
        # a matrix stands left of a vector
        return int(len(a) == 2 and a[0] == index) + int(len(b) == 2 and b[0] == index)
    return int(a[0] == index) + int(b[1] == index)
