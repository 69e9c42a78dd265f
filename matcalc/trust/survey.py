"""What has to be known of expressions before sizes and values are drawn for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle, islice
from typing import Any, cast

from matcalc.language import typed
from matcalc.language.dimensions import TRIANGLE, Dim
from matcalc.tensor import nodes
from matcalc.trust.field import SplitMix
from matcalc.trust.primitives import has_kinks, has_roots, is_fraction, is_transcendental

Sizes = dict[str, int]
LEVELS = 3
"""Ever smaller choices of sizes."""
LARGEST_LEAST = 60
_MAKES_DIMS = frozenset(("einsum", "star", "derivative", "differential"))
"""Operators with operands whose dimensions need not be those of an operand, or that have to be noted."""


class Survey:
    """The dimension names (literal ones too), the least size of each, and the integer scalars.

    >>> n = Dim.named("n")
    >>> survey = Survey()
    >>> _ = survey.add_typed(typed.Typed("variable", (), typed.Variable("x", (n,)), (n,)))
    >>> survey.names
    ['n']
    """

    __slots__ = (
        "_dims",
        "_names",
        "calls",
        "differentials",
        "integers",
        "least",
        "nested",
        "nodes",
        "roots",
    )

    def __init__(self) -> None:
        self._dims: set[Dim] = set()
        self._names: dict[str, None] = {}
        self.least: Sizes = {}
        self.integers: set[str] = set()
        self.nodes = 0
        self.calls: set[tuple[str, tuple[int, ...]]] = set()
        """The functions that are called, with the orders of the arguments."""
        self.differentials = False
        """Whether D(F) stands in one of the expressions."""
        self.nested = False
        """Whether D(F) or a derivative does."""
        self.roots = False
        """Whether there is a power whose exponent is no whole number: (u^2)^(1/2) has a kink."""

    @property
    def names(self) -> list[str]:
        """In order of appearance."""
        return list(self._names)

    def add_dims(self, dims: Iterable[Dim]) -> None:
        """Take note of the names in dimensions."""
        for dim in dims:
            if dim not in self._dims:
                self._dims.add(dim)
                if dim.name is not None:
                    self._names[dim.name] = None
                    continue
                for monomial, _ in dim.terms:
                    for name in monomial:
                        if name[0] == TRIANGLE:
                            self.add_dims(dim.sides)
                        else:
                            self._names[name] = None

    def _unit_vector(self, place: object, dims: tuple[Dim, ...]) -> None:
        """e(5, n) is at home in five dimensions and more."""
        if isinstance(place, int) and len(dims[0].terms) == 1 and place <= LARGEST_LEAST:
            for name in dims[0].terms[0][0]:
                self.least[name] = max(place, self.least.get(name, 1))

    def add_typed(self, root: typed.Typed) -> list[typed.Typed]:
        """Take note of all below a typed tree, whose nodes these are, operands first."""
        order = list(typed.postorder(root))
        self.nodes += len(order)
        variables: dict[typed.Variable, None] = {}
        for node in order:
            op = node.op
            if op == "variable":
                if node.data not in variables:
                    self._variable(node.data, variables)
            elif not node.children or op in _MAKES_DIMS:
                self._special(node, variables)
            elif op == "call":
                name, params = node.data
                self._call(name, params, node.children)
            elif op == "power":
                exponent = node.children[1]
                self.roots |= exponent.op != "number" or is_fraction(exponent)
            elif op == "matpower" and node.data is None:
                for below in typed.postorder(node.children[1]):
                    if below.op == "variable":
                        self.integers.add(cast(typed.Variable, below.data).name)
        return order

    def _variable(self, variable: typed.Variable, known: dict[typed.Variable, None]) -> None:
        if not variable.depends:
            known[variable] = None
            self.add_dims(variable.dims)
            return
        waiting = [variable]
        while waiting:
            current = waiting.pop()
            if current not in known:
                known[current] = None
                self.add_dims(current.dims)
                waiting.extend(current.depends)

    def _special(self, node: typed.Typed, variables: dict[typed.Variable, None]) -> None:
        self.add_dims(node.dims)
        match node.op:
            case "size":
                self.add_dims((cast(Dim, node.data),))
            case "constant":
                name, params = cast("tuple[str, tuple[object, ...]]", node.data)
                self.add_dims(p for p in params if isinstance(p, Dim))
                if name == "e":
                    self._unit_vector(params[0], node.dims)
            case "derivative":
                self.nested = True
                self._variable(cast(typed.Variable, node.data), variables)
            case "differential":
                self.nested = self.differentials = True
            case _:
                pass

    def _call(
        self, name: str, params: tuple[object, ...], args: Sequence[typed.Typed | nodes.Node]
    ) -> None:
        # with an axis it is of vectors
        self.calls.add((name, (1,) if params else tuple([len(a.dims) for a in args])))

    def is_transcendental(self, functions: frozenset[str]) -> bool:
        """Whether one of them is, these being declared by the user, so that modulo a prime nothing can
        be evaluated.  Within a derivative it might not have to be."""
        if not self.nested:
            for name, orders in self.calls:
                if name not in functions and is_transcendental(name, orders):
                    return True
        return False

    def has_kinks(self, functions: frozenset[str]) -> bool:
        """Whether one of them has kinks, these being declared by the user."""
        return any(name not in functions and has_kinks(name, orders) for name, orders in self.calls)

    def has_roots(self, functions: frozenset[str]) -> bool:
        """Whether roots are taken, which may be those of squares."""
        return self.roots or any(
            name not in functions and has_roots(name, orders) for name, orders in self.calls
        )

    def add_graph(self, root: nodes.Node) -> list[nodes.Node]:
        """Take note of all below a node of the tensor graph: these nodes, operands first."""
        order = list(nodes.postorder(root))
        self.nodes += len(order)
        known = self._dims
        node: Any
        for node in order:
            kind = type(node)
            # what has operands has their dimensions, but for a dependence
            if kind is nodes.Variable or not node.operands:
                if not known.issuperset(node.dims):
                    self.add_dims(node.dims)
                if kind is nodes.Size:
                    self.add_dims((node.size,))
                elif kind is nodes.Constant:
                    self.add_dims(p for p in node.params if isinstance(p, Dim))
                    if node.name == "e":
                        self._unit_vector(node.params[0], node.dims)
            elif kind is nodes.Map:
                self._call(node.function, (), node.operands)
                if node.function == "pow":
                    exponent = node.operands[1]
                    self.roots |= (
                        not isinstance(exponent, nodes.Number) or exponent.value.denominator != 1
                    )
            elif kind is nodes.Apply:
                self._call(node.function, node.params, node.operands)
                if node.function.startswith("matpower"):
                    for below in nodes.postorder(node.operands[1]):
                        if isinstance(below, nodes.Variable):
                            self.integers.add(below.name)
        return order

    def assignments(self, level: int, seed: int, rigid: bool) -> Iterator[Sizes]:
        """Sizes to try, the most telling first; literal sizes vary too unless `rigid`.

        At level 0 all differ (as far as that stays small), later levels are smaller.
        """
        names = list(self._names)
        if rigid:
            names = [name for name in names if name[0] != "#"]
        seen = set()
        for sizes in _choices(len(names), level, seed):
            chosen = dict(zip(names, sizes, strict=True))
            for name, least in self.least.items():
                if chosen.get(name, least) < least:
                    chosen[name] = least
            key = tuple(chosen.values())
            if key not in seen:
                seen.add(key)
                yield chosen


def _choices(count: int, level: int, seed: int) -> Iterator[tuple[int, ...]]:
    if count == 0:
        yield ()
        return
    if level == 1:
        yield tuple(islice(cycle((2, 3)), count))
        yield tuple(islice(cycle((1, 2)), count))
        yield tuple(islice(cycle((3, 2)), count))
        yield (2,) * count
        return
    if level == 2:
        yield tuple(islice(cycle((1, 2)), count))
        yield tuple(islice(cycle((2, 1)), count))
        yield (2,) * count
        yield (1,) * count
        return
    if count == 1:
        yield from ((4,), (1,), (2,), (3,), (5,))
        return
    up = tuple(range(2, count + 2)) if count <= 6 else tuple(islice(cycle((2, 3, 4, 5)), count))
    with_one = tuple(size - 1 for size in up)
    yield up[::-1]
    yield with_one
    yield up
    yield with_one[::-1]
    rng = SplitMix(seed)
    for _ in range(4):
        shuffled = list(up)
        for i in range(count - 1, 0, -1):
            j = rng.next() % (i + 1)
            shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
        yield tuple(shuffled)
    yield (2,) * count
    yield (3,) * count
