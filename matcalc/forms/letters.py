"""Letters for indices: which axes are fused, which letters are free, and in what order one reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from functools import lru_cache

from matcalc.language.dimensions import Dim
from matcalc.tensor.marks import DELTA, FUSE
from matcalc.tensor.nodes import Add, Apply, Einsum, Fuse, Map, Node
from matcalc.tensor.term import FEW, MOST_KEPT

Letter = str | tuple["Letter", ...]
Structure = tuple[tuple[Dim, "Structure"], ...] | None
"""How an axis is fused: the dimension and structure of each part; None for one that is not."""

VALUE_LETTERS = "ijklmnohabcdefgpqrstuvwxyz"
VARIABLE_LETTERS = "pqrstuvwxyz"


def flat(letter: Letter) -> tuple[str, ...]:
    """The plain letters in a letter.

    >>> flat(("i", ("k", "j")))
    ('i', 'k', 'j')
    """
    if isinstance(letter, str):
        return (letter,)
    return tuple(word for part in letter for word in flat(part))


def all_letters(letters: Iterable[Letter]) -> frozenset[str]:
    """All the plain letters in some."""
    found: set[str] = set()
    for letter in letters:
        if isinstance(letter, str):
            found.add(letter)
        else:
            found.update(flat(letter))
    return frozenset(found)


class Alphabet:
    """Gives letters that nothing else is called by, and remembers the dimension of each."""

    def __init__(self, avoid: Set[str]) -> None:
        self.avoid = avoid
        self.sizes: dict[str, Dim] = {}

    def letter(self, pool: str, used: set[str], dim: Dim) -> str:
        """The first letter of a pool that is not in use, then i1, i2, ...; `used` grows by it."""
        for found in pool:
            if found not in used and found not in self.avoid:
                break
        else:
            number = 1
            while (found := f"{pool[0]}{number}") in used or found in self.avoid:
                number += 1
        used.add(found)
        self.sizes[found] = dim
        return found

    def fused(self, pool: str, used: set[str], dim: Dim, structure: Structure) -> Letter:
        """A letter, or a tuple of them for a fused axis."""
        if structure is None:
            return self.letter(pool, used, dim)
        # the last part counts fastest: vec(X)[(j,i)] has i as the first letter of X
        parts = [self.fused(pool, used, part, inner) for part, inner in reversed(structure)]
        return tuple(reversed(parts))

    def fits(self, letter: Letter, parts: Sequence[Dim]) -> bool:
        """Whether a letter stands for an axis that is fused of these parts."""
        if isinstance(letter, str) or len(letter) != len(parts):
            return False
        return all(self.size(part) == dim for part, dim in zip(letter, parts, strict=True))

    def size(self, letter: Letter) -> Dim:
        if isinstance(letter, str):
            return self.sizes[letter]
        total = self.size(letter[0])
        for part in letter[1:]:
            total = total * self.size(part)
        return total


def structures(nodes: Iterable[Node]) -> dict[Node, tuple[Structure, ...]]:
    """For each of these nodes, operands first, how each of its axes is fused."""
    known: dict[Node, tuple[Structure, ...]] = {}
    for node in nodes:
        match node:
            case Einsum():
                inside = index_structures(node, known)
                known[node] = tuple(inside.get(index) for index in node.output)
            case Add() | Map():
                axes: list[Structure] = [None] * node.order
                for operand in node.operands:
                    for axis, structure in enumerate(known[operand]):
                        axes[axis] = axes[axis] or structure
                known[node] = tuple(axes)
            case Apply() if node.operands and node.dims == node.operands[0].dims:
                known[node] = known[node.operands[0]]
            case _:
                known[node] = (None,) * node.order
    return known


def index_structures(
    node: Einsum, known: dict[Node, tuple[Structure, ...]]
) -> dict[int, Structure]:
    """How the axis of each index of a Σ is fused, by a Fuse or within an operand; `known` may be empty."""
    found: dict[int, Structure] = {}
    if not known:
        return found
    fuses: list[tuple[Fuse, tuple[int, ...]]] = []
    for operand, indices in zip(node.operands, node.inputs, strict=True):
        for index, structure in zip(indices, known[operand], strict=True):
            if structure is not None:
                found.setdefault(index, structure)
        if isinstance(operand, Fuse):
            fuses.append((operand, indices))
    # a fusion of a fusion is known once its parts are
    for _ in fuses:
        for operand, indices in fuses:
            found[indices[-1]] = tuple(
                (dim, found.get(index))
                for dim, index in zip(operand.dims[:-1], indices[:-1], strict=True)
            )
    return found


def reading_order(node: Einsum) -> tuple[int, ...]:
    """The places of the factors that have axes, from the first free index along the contractions.

    Fuse and ones are not among them: they are not printed as factors.
    """
    kinds = tuple([operand.mark & (DELTA | FUSE) for operand in node.operands])
    read = _few_in_order if len(kinds) <= FEW else _in_order
    return read(kinds, node.inputs, node.output)


def _in_order(
    kinds: tuple[int, ...], inputs: Sequence[Sequence[int]], output: tuple[int, ...]
) -> tuple[int, ...]:
    parts: dict[int, Sequence[int]] = {}
    ranked: list[tuple[bool, bool, int]] = []
    for place, (kind, indices) in enumerate(zip(kinds, inputs, strict=True)):
        if kind == DELTA:
            if len(indices) > 1:
                ranked.append((True, True, place))
        elif kind == FUSE:
            parts[indices[-1]] = indices[:-1]
        elif indices:
            ranked.append((False, len(indices) != 1, place))
    ranked.sort()
    free: Sequence[int] = output
    if parts:
        inputs = [_unfused(indices, parts) for indices in inputs]
        free = _unfused(free, parts)
    if len(ranked) < 3:
        places = [place for _, _, place in ranked]
        for index in free if len(places) == 2 else ():
            if index in inputs[places[0]]:
                break
            if index in inputs[places[1]]:
                return tuple(places[::-1])
        return tuple(places)
    # from here on a place is its rank among those that are read
    holders: dict[int, list[int]] = {}
    for rank, (_, _, place) in enumerate(ranked):
        for index in inputs[place]:
            known = holders.setdefault(index, [])
            if not known or known[-1] != rank:
                known.append(rank)
    order: list[int] = []
    left = set(range(len(ranked)))
    starts = [rank for index in free for rank in holders.get(index, ())]
    starts += range(len(ranked))
    starts.reverse()
    following: list[int] = []
    while left:
        rank = following.pop() if following else starts.pop()
        if rank not in left:
            continue
        left.remove(rank)
        place = ranked[rank][2]
        order.append(place)
        if len(left) == 1:
            order.append(ranked[left.pop()][2])
            break
        near: list[int] = []
        summed: list[int] = []
        for index in inputs[place]:
            for other in holders[index]:
                if other in left:
                    (near if index in free else summed).append(other)
        # summed indices first; the last one pushed is the next one read
        if near:
            following += sorted(near + summed, reverse=True)
        following += sorted(summed, reverse=True)
    return tuple(order)


# how a few factors hang together is like a shape: the same ones come again and again
_few_in_order = lru_cache(MOST_KEPT)(_in_order)


def _unfused(indices: Sequence[int], parts: Mapping[int, Sequence[int]]) -> Sequence[int]:
    """The indices with the parts of each fused one in its place, the fastest first: X[i,j] begins vec(X)[(j,i)]."""
    while not parts.keys().isdisjoint(indices):
        indices = [part for index in indices for part in parts.get(index, (index,))]
    return indices
