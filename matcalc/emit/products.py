"""Products of two tensors as nodes: the same product is the same node, however it was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from matcalc.emit.signs import is_nonnegative
from matcalc.rational import quotient
from matcalc.tensor.nodes import Add, Apply, Einsum, Graph, Map, Node, Variable

Indices = tuple[int, ...]
Factor = tuple[Node, Indices]
Form = tuple[tuple[Node, Node], tuple[Indices, Indices], Indices]

SYMMETRIC = frozenset({"symmetric", "posdef", "diagonal"})
FEW = 6
"""Of a product of more factors it is not asked whether it is symmetric."""
SYMMETRY_KEEPING = frozenset({"inv", "matpower", "expm", "sqrtm", "adj", "pinv"})


class Products:
    """Makes products of two factors in one form each, so that equal ones are met again.

    >>> from matcalc.language.dimensions import Dim
    >>> graph, n = Graph(), Dim.named("n")
    >>> A, B = graph.variable("A", (n, n)), graph.variable("B", (n, n))
    >>> products = Products(graph)
    >>> one, axes = products.make((A, (0, 1)), (B, (1, 2)), frozenset({0, 2}))
    >>> two, turned = products.make((B, (5, 8)), (A, (7, 5)), frozenset({7, 8}))
    >>> one is two, axes, turned
    (True, (0, 2), (7, 8))
    """

    __slots__ = ("_factors", "_made", "_met", "_places", "_squares", "_symmetric", "graph")

    def __init__(self, graph: Graph, squares: bool = True) -> None:
        self.graph = graph
        self._squares = squares
        self._made: set[Form] = set()
        self._met: set[tuple[Node, Node]] = set()
        self._factors: set[Node] = set()
        self._symmetric: dict[Node, bool] = {}
        self._places: dict[Node, int] = {}

    def place(self, node: Node) -> int:
        """A number for the node, by when it was first met."""
        return self._places.setdefault(node, len(self._places))

    def is_met(self, one: Node, two: Node) -> bool:
        """Whether there is a product of the two, over whatever indices."""
        self.place(one)
        self.place(two)
        return (one, two) in self._met or (two, one) in self._met

    def are_met(self, factors: list[Factor]) -> bool:
        """Whether there may be a product of two of these already; if not, they are met now."""
        if len([node for node, _ in factors if node in self._factors]) > 1:
            return True
        for node, _ in factors:
            self.place(node)
        return False

    def is_made(self, one: Factor, two: Factor, kept: frozenset[int]) -> Factor | None:
        """The product of two that have been met, if it has been made already."""
        form, indices = self._form(one, two, kept)
        return (self.graph.einsum(*form), indices) if form in self._made else None

    def make(self, one: Factor, two: Factor, kept: frozenset[int]) -> Factor:
        """Σ over all indices but `kept` of the product, and the order of its axes."""
        if self._squares and Einsum in (type(one[0]), type(two[0])):
            one, two = self._square(one, two, kept) or self._square(two, one, kept) or (one, two)
        form, indices = self._form(one, two, kept)
        self._made.add(form)
        self._met.add(form[0])
        self._factors.update(form[0])
        return self.graph.einsum(*form), indices

    def _form(self, one: Factor, two: Factor, kept: frozenset[int]) -> tuple[Form, Indices]:
        """The operands, inputs and output of the node; and our indices for its axes."""
        # numbers by when each was met, whichever way round it will be
        (a, first), (b, second) = one, two
        places, known = self._places, self._symmetric
        later = places.setdefault(a, len(places)) - places.setdefault(b, len(places))
        turned, inputs, axes, output = _arranged(
            first,
            second,
            known[a] if a in known else self.symmetric(a),
            known[b] if b in known else self.symmetric(b),
            kept,
            (later > 0) - (later < 0),
        )
        return ((b, a) if turned else (a, b), inputs, axes), output

    def symmetric(self, node: Node) -> bool:
        """Whether a matrix is known to be its own transpose."""
        known = self._symmetric.get(node)
        if known is None:
            square = len(node.dims) == 2 and node.dims[0] == node.dims[1]
            known = self._symmetric[node] = square and self._is_symmetric(node)
        return known

    def mirrored(self, factors: list[Factor], output: Indices) -> bool:
        """Whether a product of few factors is the same with its two axes exchanged."""
        if len(output) != 2 or output[0] == output[1] or len(factors) > FEW:
            return False
        first, last = output
        partial: list[tuple[int, tuple[int, ...], dict[int, int]]] = [
            (0, (), {first: last, last: first})
        ]
        while partial:
            count, taken, names = partial.pop()
            if count == len(factors):
                return True
            node, indices = factors[count]
            for place, (other, whole) in enumerate(factors):
                if other is node and place not in taken:
                    turned = [whole, whole[::-1]] if self.symmetric(node) else [whole]
                    for target in turned:
                        renamed = _renamed(names, indices, target)
                        if renamed is not None:
                            partial.append((count + 1, (*taken, place), renamed))
        return False

    def set_symmetric(self, node: Node) -> None:
        """Remember that a matrix is its own transpose."""
        self._symmetric[node] = True

    def _is_symmetric(self, node: Node) -> bool:
        match node:
            case Variable():
                return not SYMMETRIC.isdisjoint(node.attributes)
            case Apply():
                return node.function in SYMMETRY_KEEPING and self.symmetric(node.operands[0])
            case Add():
                return all(self.symmetric(operand) for operand in node.operands)
            case Map():
                return all(not o.order or self.symmetric(o) for o in node.operands)
            case Einsum() if len(node.operands) == 2:
                (one, two), (a, b) = node.operands, node.inputs
                if {*a} == {*b} == {*node.output}:
                    return self.symmetric(one) and self.symmetric(two)
                # Σ M[i,p]·M[i,q]
                differ = [{x, y} for x, y in zip(a, b, strict=False) if x != y]
                return one is two and differ == [{*node.output}]
            case _:
                return False

    def _square(
        self, one: Factor, two: Factor, kept: frozenset[int]
    ) -> tuple[Factor, Factor] | None:
        """Σ (M[i,p]·v[i])·M[i,q] with v ≥ 0 is Σ B[i,p]·B[i,q], B = M·√v: half the work for BLAS."""
        scaled, matrix = one[0], two[0]
        if not isinstance(scaled, Einsum) or len(one[1]) != 2 or len(two[1]) != 2:
            return None
        summed = {*one[1]} & {*two[1]} - kept
        if len(summed) != 1 or len(scaled.operands) != 2 or matrix not in scaled.operands:
            return None
        place = scaled.operands.index(matrix)
        names = dict(zip(scaled.output, one[1], strict=True))
        inner = tuple(names.get(index, -1) for index in scaled.inputs[place])
        vector, weighs = scaled.operands[1 - place], scaled.inputs[1 - place]
        alike = [{x, y} for x, y in zip(inner, two[1], strict=True) if x != y]
        weighed = {names.get(index) for index in weighs}
        if len(weighs) != 1 or weighed != summed or alike != [{*one[1], *two[1]} - summed]:
            return None
        if not is_nonnegative(vector):
            return None
        root = self.graph.map("pow", (vector, self.graph.number(quotient(1, 2))))
        node, indices = self.make((matrix, inner), (root, tuple(summed)), frozenset(inner))
        renamed = dict(zip(inner, two[1], strict=True))
        return (node, indices), (node, tuple(renamed[index] for index in indices))


def _renamed(names: dict[int, int], indices: Indices, target: Indices) -> dict[int, int] | None:
    """The renaming with these indices added, or None where it would not be one."""
    renamed = dict(names)
    for index, other in zip(indices, target, strict=True):
        if renamed.setdefault(index, other) != other:
            return None
    return renamed if len({*renamed.values()}) == len(renamed) else None


@lru_cache(maxsize=1024)
def _arranged(
    one: Indices, two: Indices, mirrored: bool, other: bool, kept: frozenset[int], later: int
) -> tuple[bool, tuple[Indices, Indices], Indices, Indices]:
    """Whether the second factor is on the left; inputs and output of the node; our indices for its axes.

    The larger one is on the left; of two that are as large, the one that is so better placed, or was
    met first (`later`: the sign of when the first was less when the second was).  The axes of the
    result: those of both, those of the left, those of the right one; where one factor has all
    indices, its own.  `mirrored` and `other` say whether the factors are symmetric.  It depends on
    nothing but the indices: products of the same shapes are arranged once.
    """
    turned = len(one) < len(two)
    if turned:
        one, two, mirrored, other = two, one, other, mirrored
    a, b = _facing(one, two, mirrored, other)
    if len(a) == len(b):
        c, d = _facing(two, one, other, mirrored)
        here, there = _turns(a, b, kept), _turns(c, d, kept)
        if there < here or (
            there == here and (later > 0 or (later == 0 and _pattern(c, d) < _pattern(a, b)))
        ):
            turned, a, b = True, c, d
    every = dict.fromkeys(a + b)
    axes: Iterable[int] = a
    if len(every) > len(a):
        axes = dict.fromkeys((*filter(b.__contains__, a), *every))
    output = tuple(filter(kept.__contains__, axes))
    name = dict(zip(every, range(len(every)), strict=True)).__getitem__
    return turned, (tuple(map(name, a)), tuple(map(name, b))), tuple(map(name, output)), output


def _facing(a: Indices, b: Indices, left: bool, right: bool) -> tuple[Indices, Indices]:
    """The indices of a left and a right factor, a symmetric one turned as the other needs it."""
    if left and len(a) == 2:
        a = b if {*a} == {*b} else tuple(sorted(a, key=b.__contains__))
    if right and len(b) == 2:
        b = a if {*a} == {*b} else tuple(sorted(b, key=a.__contains__, reverse=True))
    return a, b


def _pattern(a: Indices, b: Indices) -> list[int]:
    """Where the axes of the left factor meet those of the right one."""
    return [b.index(index) if index in b else -1 for index in a]


def _turns(a: Indices, b: Indices, kept: frozenset[int]) -> int:
    """How many transposes a matrix product of the two needs."""
    if not len(a) == len(b) == 2:
        return 0
    summed = {*a}.intersection(b) - kept
    return (a[0] in summed) + (b[1] in summed) if len(summed) == 1 else 0
