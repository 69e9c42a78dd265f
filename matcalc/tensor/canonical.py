"""Canonical labelling of a term: the order of its factors and the numbers of its indices.

Two terms equal up to the names of summed indices, the order of factors and declared symmetries get
the same labelling.  Colour refinement with individualisation, pruned by the automorphisms found
(McKay, Practical graph isomorphism, 1981).  Past the budget the labelling is deterministic still,
but terms that are equal may be told apart.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from functools import lru_cache
from itertools import chain, count
from operator import attrgetter

from matcalc.language.dimensions import Dim
from matcalc.tensor.nodes import Indices, Node
from matcalc.tensor.term import FEW, MOST_KEPT, Factor

SERIAL = attrgetter("serial")
"""The key of an order that is the same in every run."""
LEAVES = 64
"""Labellings of one term that are compared."""
FREE = 4_000
MOST_WORK = 300_000


Row = tuple[int, Indices, int]
Rows = tuple[Row, ...]
"""The rank of each node, its indices, and whether it is symmetric; or its place, once in order."""
Labelled = tuple[tuple[Node, ...], tuple[Indices, ...]]
Colours = dict[int, int]


class Work:
    """What labelling may cost for all terms of one graph, in factors looked at beyond FREE for a term.

    `gave_up` says that terms which are equal may have been told apart.
    """

    __slots__ = ("gave_up", "left")

    def __init__(self, left: int = MOST_WORK) -> None:
        self.left = left
        self.gave_up = False


def label(
    factors: list[Factor],
    output: Indices,
    sizes: dict[int, Dim],
    symmetric: Container[Node],
    work: Work,
) -> Labelled:
    """The nodes of the factors in canonical order, and their indices, numbered; the output's first.

    `symmetric` has the symmetric ones among those with two indices.
    Stops: every round splits a class of indices, or individualises one.
    """
    wiring = dict(factors)
    nodes = sorted(wiring, key=SERIAL)
    if len(wiring) == len(factors) and not (
        symmetric and _is_ambiguous(factors, output, symmetric)
    ):
        ordered = tuple(map(wiring.__getitem__, nodes))
        return tuple(nodes), numbered(nodes, ordered, output, symmetric)
    rank_of = dict(zip(nodes, count(), strict=False)).__getitem__
    rows = tuple([(rank_of(node), names, node in symmetric) for node, names in factors])
    classes = _classes(factors, output, sizes)
    if len(factors) > FEW or work.left < 0:
        places, inputs = _Search(rows, output, classes, work).run()
    else:
        places, inputs, spent = _search_few(rows, output, classes)
        work.left -= MOST_WORK - spent.left
        work.gave_up = work.gave_up or spent.gave_up
    return tuple([factors[place][0] for place in places]), inputs


def _is_ambiguous(factors: list[Factor], output: Indices, symmetric: Container[Node]) -> bool:
    """Whether a symmetric factor has both its indices summed over, so that either may be the first."""
    return any(
        node in symmetric and indices[0] not in output and indices[1] not in output
        for node, indices in factors
        if len(indices) == 2
    )


def _classes(factors: list[Factor], output: Indices, sizes: dict[int, Dim]) -> Indices:
    """The ranks of the sizes of the summed indices, in the order in which those come."""
    indices = dict.fromkeys(chain(output, *[names for _, names in factors]))
    dims = list(map(sizes.__getitem__, indices))[len(output) :]
    if not dims or dims.count(dims[0]) == len(dims):
        return (0,) * len(dims)
    words = [str(dim) for dim in dims]
    rank_of = dict(zip(sorted(set(words)), count(), strict=False)).__getitem__
    return tuple(map(rank_of, words))


def numbered(
    nodes: Sequence[Node],
    wiring: tuple[Indices, ...],
    output: Indices,
    symmetric: Container[Node],
) -> tuple[Indices, ...]:
    """The indices of nodes in this order, numbered as they come, the output's first."""
    found = _number_few(wiring, output) if len(wiring) <= FEW else _number(wiring, output)
    return _sorted_pairs(found, [node in symmetric for node in nodes]) if symmetric else found


def _number(wiring: Sequence[Indices], output: Indices) -> tuple[Indices, ...]:
    seen = dict.fromkeys(chain(output, *wiring))
    number_of = dict(zip(seen, count(), strict=False)).__getitem__
    return tuple([tuple(map(number_of, indices)) for indices in wiring])


def _sorted_pairs(inputs: tuple[Indices, ...], symmetric: Sequence[bool]) -> tuple[Indices, ...]:
    """The two indices of a symmetric factor, the smaller first."""
    return tuple(
        [
            (min(indices), max(indices)) if either else indices
            for indices, either in zip(inputs, symmetric, strict=True)
        ]
    )


# how a few factors hang together is like a shape: the same ones come again and again
_number_few = lru_cache(MOST_KEPT)(_number)


@lru_cache(MOST_KEPT)
def _search_few(
    rows: Rows, output: Indices, classes: Indices
) -> tuple[Indices, tuple[Indices, ...], Work]:
    spent = Work()
    return *_Search(rows, output, classes, spent).run(), spent


class _Branch:
    """A node of the search tree: colours with some indices fixed, and which of a cell were tried."""

    __slots__ = ("cell", "colours", "fixed", "known", "parent", "position", "tried")

    def __init__(self, colours: Colours, fixed: tuple[int, ...], cell: list[int]) -> None:
        self.colours = colours
        self.fixed = fixed
        self.cell = cell
        self.position = 0
        self.tried: list[int] = []
        self.parent: dict[int, int] = {}
        """Indices that automorphisms which keep the fixed ones exchange, as a forest."""
        self.known = 0
        """How many of the automorphisms are in it."""

    def root(self, index: int) -> int:
        while self.parent.get(index, index) != index:
            index = self.parent[index]
        return index

    def is_new(self, index: int, automorphisms: list[dict[int, int]]) -> bool:
        """Whether no automorphism that keeps the fixed indices takes a tried one to this one."""
        if not self.tried:
            return True
        for automorphism in automorphisms[self.known :]:
            if all(automorphism[i] == i for i in self.fixed):
                for one, two in automorphism.items():
                    if one != two:
                        self.parent[self.root(one)] = self.root(two)
        self.known = len(automorphisms)
        root = self.root(index)
        return all(self.root(other) != root for other in self.tried)


class _Search:
    """The search tree of one term."""

    def __init__(self, rows: Rows, output: Indices, classes: Indices, work: Work) -> None:
        self.rows = rows
        self.output = output
        self.classes = classes
        self.indices = list(dict.fromkeys(chain(output, *[names for _, names, _ in rows])))
        self.work = work
        self.free = FREE
        self.best: list[tuple[int, Indices]] | None = None
        self.best_rows: list[Row] = []
        self.best_order: list[int] = []
        self.best_path: tuple[int, ...] = ()
        self.automorphisms: list[dict[int, int]] = []
        self.leaves = 0

    def run(self) -> tuple[Indices, tuple[Indices, ...]]:
        """The places of the factors in canonical order, and their indices, numbered."""
        colours = self._refined(self._start())
        if len(set(colours.values())) == len(colours):
            # the ordinary term: there is one order
            order = self._order(colours)
            return self._labelled(self._ranked(order), order)
        stack: list[_Branch] = []
        self._reach(stack, colours, ())
        while stack:
            branch = stack[-1]
            chosen = self._next(branch)
            if chosen is None:
                stack.pop()
                continue
            cell = set(branch.cell)
            split = {
                index: 2 * colour + (1 if index in cell and index != chosen else 0)
                for index, colour in branch.colours.items()
            }
            self._reach(stack, self._refined(split), (*branch.fixed, chosen))
        return self._labelled(self.best_rows, self.best_order)

    def _start(self) -> Colours:
        """The output's indices first, each by itself, then the others by their sizes."""
        given = len(self.output)
        colours = chain(range(given), [given + rank for rank in self.classes])
        return dict(zip(self.indices, colours, strict=True))

    def _next(self, branch: _Branch) -> int | None:
        """The next index of a cell that is worth a try."""
        while branch.position < len(branch.cell):
            chosen = branch.cell[branch.position]
            if branch.is_new(chosen, self.automorphisms):
                if branch.tried and (self.leaves >= LEAVES or self.work.left < 0):
                    self.work.gave_up = True
                    return None
                branch.position += 1
                branch.tried.append(chosen)
                return chosen
            branch.position += 1
        return None

    def _reach(self, stack: list[_Branch], colours: Colours, fixed: tuple[int, ...]) -> None:
        """Branch where a class of refined colours has several indices."""
        cell = self._smallest_cell(colours)
        if cell is None:
            self._leaf(stack, colours, fixed)
        elif self.work.left < 0:
            self.work.gave_up = True
            rank = {index: place for place, index in enumerate(self.indices)}
            self._leaf(stack, {i: len(rank) * c + rank[i] for i, c in colours.items()}, fixed)
        else:
            stack.append(_Branch(colours, fixed, cell))

    def _spend(self) -> None:
        self.free -= len(self.rows)
        if self.free < 0:
            self.work.left -= len(self.rows)

    def _refined(self, colours: Colours) -> Colours:
        """Colours told apart by where the indices stand, until no class falls into smaller ones."""
        classes = len(set(colours.values()))
        while classes < len(colours):
            self._spend()
            colour_of = colours.__getitem__
            places: dict[int, list[tuple[object, ...]]] = {index: [] for index in self.indices}
            for rank, indices, symmetric in self.rows:
                shades = tuple(map(colour_of, indices))
                if symmetric:
                    shades = tuple(sorted(shades))
                for slot, index in enumerate(indices):
                    places[index].append((rank, shades, 0 if symmetric else slot))
            signatures = []
            for index, found in places.items():
                found.sort()
                signatures.append((colours[index], tuple(found)))
            order = sorted(set(signatures))
            rank_of = dict(zip(order, count(), strict=False)).__getitem__
            colours = dict(zip(self.indices, map(rank_of, signatures), strict=True))
            if len(order) == classes:
                break
            classes = len(order)
        return colours

    def _smallest_cell(self, colours: Colours) -> list[int] | None:
        cells: dict[int, list[int]] = {}
        for index in self.indices:
            cells.setdefault(colours[index], []).append(index)
        several = [(len(cell), colour) for colour, cell in cells.items() if len(cell) > 1]
        return cells[min(several)[1]] if several else None

    def _order(self, colours: Colours) -> list[int]:
        return sorted(self.indices, key=colours.__getitem__)

    def _ranked(self, order: list[int]) -> list[Row]:
        """The factors with the ranks of their indices, sorted, each with its place."""
        rank_of = dict(zip(order, count(), strict=False)).__getitem__
        ranked = []
        for place, (rank, indices, symmetric) in enumerate(self.rows):
            names = tuple(map(rank_of, indices))
            ranked.append((rank, tuple(sorted(names)) if symmetric else names, place))
        ranked.sort()
        return ranked

    def _labelled(self, ranked: list[Row], order: list[int]) -> tuple[Indices, tuple[Indices, ...]]:
        places = tuple([place for _, _, place in ranked])
        wiring = [tuple(map(order.__getitem__, names)) for _, names, _ in ranked]
        symmetric = [bool(self.rows[place][2]) for place in places]
        return places, _sorted_pairs(_number(wiring, self.output), symmetric)

    def _leaf(self, stack: list[_Branch], colours: Colours, fixed: tuple[int, ...]) -> None:
        self._spend()
        self.leaves += 1
        order = self._order(colours)
        ranked = self._ranked(order)
        certificate = [row[:2] for row in ranked]
        if self.best is None or certificate < self.best:
            self.best, self.best_rows = certificate, ranked
            self.best_order, self.best_path = order, fixed
        elif certificate == self.best:
            self.automorphisms.append(dict(zip(self.best_order, order, strict=True)))
            # what is below where the two paths part is the image of what was searched already
            common = 0
            while self.best_path[common] == fixed[common]:
                common += 1
            while len(stack[-1].fixed) > common:
                stack.pop()
