"""Canonical labelling of a term: the order of its factors and the numbers of its indices.

Two terms equal up to the names of summed indices, the order of factors and declared symmetries get
the same labelling.  Colour refinement with individualisation, pruned by the automorphisms found
(McKay, Practical graph isomorphism, 1981).  Past the budget the labelling is deterministic still,
but terms that are equal may be told apart.
"""

from __future__ import annotations

from collections.abc import Callable

from matcalc.language.dimensions import Dim
from matcalc.tensor.nodes import Indices, Node
from matcalc.tensor.term import Factor

LEAVES = 64

Labelled = tuple[list[Factor], Indices]


def label(
    factors: list[Factor],
    output: Indices,
    sizes: dict[int, Dim],
    is_symmetric: Callable[[Node], bool],
) -> Labelled:
    """Factors in canonical order with indices renumbered, output first.

    Stops: every round splits a class of indices, or individualises one.
    """
    symmetric = {node for node, indices in factors if len(indices) == 2 and is_symmetric(node)}
    serials = {node.serial for node, _ in factors}
    if len(serials) == len(factors):
        ambiguous = any(
            node in symmetric and not set(indices) <= set(output) for node, indices in factors
        )
        if not ambiguous:
            return _numbered(sorted(factors, key=_serial), output, symmetric)
    return _Search(factors, output, sizes, symmetric).run()


def _serial(factor: Factor) -> int:
    return factor[0].serial


def _numbered(factors: list[Factor], output: Indices, symmetric: set[Node]) -> Labelled:
    numbers = {index: number for number, index in enumerate(output)}
    labelled: list[Factor] = []
    for node, indices in factors:
        for index in indices:
            if index not in numbers:
                numbers[index] = len(numbers)
        named = tuple(numbers[index] for index in indices)
        if node in symmetric and named[0] > named[1]:
            named = (named[1], named[0])
        labelled.append((node, named))
    return labelled, tuple(range(len(output)))


class _Search:
    """The search tree of one term."""

    def __init__(
        self,
        factors: list[Factor],
        output: Indices,
        sizes: dict[int, Dim],
        symmetric: set[Node],
    ) -> None:
        self.factors = factors
        self.output = output
        self.nodes = symmetric
        self.symmetric = [node in symmetric for node, _ in factors]
        indices: list[int] = list(output)
        for _, names in factors:
            indices.extend(index for index in names if index not in indices)
        self.indices = indices
        dims = sorted({str(sizes[index]) for index in indices})
        self.start = {
            index: position if position < len(output) else len(output) + dims.index(str(sizes[index]))
            for position, index in enumerate(indices)
        }  # fmt: skip
        self.best: list[tuple[int, Indices]] | None = None
        self.best_factors: list[Factor] = []
        self.best_order: list[int] = []
        self.automorphisms: list[dict[int, int]] = []
        self.leaves = 0

    def run(self) -> Labelled:
        stack: list[tuple[dict[int, int], tuple[int, ...], list[int] | None, int]] = [
            (self.start, (), None, 0)
        ]
        explored: dict[tuple[int, ...], list[int]] = {}
        while stack:
            colours, fixed, cell, position = stack.pop()
            if cell is None:
                colours = self._refine(colours)
                cell = self._smallest_cell(colours)
                if cell is None:
                    self._leaf(colours)
                    continue
            if position >= len(cell) or (self.leaves >= LEAVES and position > 0):
                continue
            stack.append((colours, fixed, cell, position + 1))
            chosen = cell[position]
            done = explored.setdefault(fixed, [])
            if self._equivalent(chosen, done, fixed):
                continue
            done.append(chosen)
            split = {
                index: 2 * colour + (1 if index in cell and index != chosen else 0)
                for index, colour in colours.items()
            }
            split[chosen] = 2 * colours[chosen]
            stack.append((split, (*fixed, chosen), None, 0))
        return self.best_factors, tuple(range(len(self.output)))

    def _refine(self, colours: dict[int, int]) -> dict[int, int]:
        classes = len(set(colours.values()))
        while True:
            seen: dict[int, list[tuple[tuple[object, ...], int]]] = {i: [] for i in self.indices}
            for (node, indices), symmetric in zip(self.factors, self.symmetric, strict=True):
                shades = [colours[index] for index in indices]
                if symmetric:
                    shades.sort()
                colour = (node.serial, tuple(shades))
                for slot, index in enumerate(indices):
                    seen[index].append((colour, 0 if symmetric else slot))
            signatures = {}
            for index in self.indices:
                seen[index].sort()
                signatures[index] = (colours[index], tuple(seen[index]))
            ranks = {
                signature: rank for rank, signature in enumerate(sorted(set(signatures.values())))
            }
            colours = {index: ranks[signatures[index]] for index in self.indices}
            if len(ranks) == classes:
                return colours
            classes = len(ranks)

    def _smallest_cell(self, colours: dict[int, int]) -> list[int] | None:
        cells: dict[int, list[int]] = {}
        for index in self.indices:
            cells.setdefault(colours[index], []).append(index)
        several = [(len(cell), colour) for colour, cell in cells.items() if len(cell) > 1]
        return cells[min(several)[1]] if several else None

    def _leaf(self, colours: dict[int, int]) -> None:
        self.leaves += 1
        order = sorted(self.indices, key=colours.__getitem__)
        rank = {index: number for number, index in enumerate(order)}
        ranked = []
        for (node, indices), symmetric in zip(self.factors, self.symmetric, strict=True):
            names = tuple(rank[index] for index in indices)
            ranked.append((node.serial, tuple(sorted(names)) if symmetric else names, node))
        ranked.sort(key=lambda item: item[:2])
        factors, _ = _numbered([(node, tuple(order[r] for r in names)) for _, names, node in ranked], self.output, self.nodes)  # fmt: skip
        certificate = [(serial, names) for serial, names, _ in ranked]
        if self.best is None or certificate < self.best:
            self.best, self.best_factors, self.best_order = certificate, factors, order
        elif certificate == self.best:
            self.automorphisms.append(dict(zip(self.best_order, order, strict=True)))

    def _equivalent(self, index: int, done: list[int], fixed: tuple[int, ...]) -> bool:
        """Whether an automorphism that keeps the fixed indices takes an explored index to this one."""
        if not done or not self.automorphisms:
            return False
        parent: dict[int, int] = {}

        def root(i: int) -> int:
            while parent.get(i, i) != i:
                i = parent[i]
            return i

        for automorphism in self.automorphisms:
            if all(automorphism[i] == i for i in fixed):
                for one, two in automorphism.items():
                    parent[root(one)] = root(two)
        return any(root(other) == root(index) for other in done)
