"""From a product of factors to the nodes that compute it, two factors at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import prod
from operator import itemgetter
from typing import TYPE_CHECKING

from matcalc.emit.axes import Axes
from matcalc.emit.few import is_few
from matcalc.emit.network import Factor, Network
from matcalc.emit.order import best_order, condition, regimes_of
from matcalc.emit.plan import Existing, Plan
from matcalc.emit.products import Products
from matcalc.language.dimensions import Dim
from matcalc.tensor.nodes import Add, Dims, Graph, Map, Node, Number, Variable

if TYPE_CHECKING:
    from matcalc.rational import Rational

Indices = tuple[int, ...]

_Regimes = tuple[Sequence[Mapping[str, int]], dict[Dim, list[int]]]
"""Sizes of names, and what each dimension is with them."""

MOST_FACTORS = 96
"""A product of more is left to the code of index sums, which contracts neighbours."""
NOMINAL = 64
"""What a named dimension is taken to be where no size is given and what is small is looked for."""


class Contractor:
    """Contracts products; `notes` has where the orders that it found are the fastest."""

    __slots__ = ("_nominal", "_regimes", "eager", "graph", "notes", "products", "sizes")

    def __init__(
        self, graph: Graph, products: Products, sizes: Mapping[str, int], *, eager: bool
    ) -> None:
        self.eager = eager
        self.graph = graph
        self.products = products
        self.sizes = sizes
        self.notes: dict[str, None] = {}
        self._nominal: dict[Dim, int] = {}
        self._regimes: dict[frozenset[Dim], _Regimes] = {}

    def core(self, network: Network, *, signed: bool) -> tuple[Rational, Node]:
        """The node of a product, apart from a number that its smallest part could not take.

        With `signed` that part takes the sign, too.
        """
        output = network.output
        if len(network.factors) == 1 and network.factors[0][1] == output and network.plain:
            # a tensor as it stands
            factors = [*network.factors]
            flips = signed and network.coefficient == -1
            coefficient = self._flipped(factors) if flips else network.coefficient
            return coefficient, factors[0][0]
        factors, scalars = self._reduced(network)
        if not factors:
            if not scalars:
                return network.coefficient, self._wired(None, output, network)
            scalar = self._scalar(scalars)
            return network.coefficient, self._wired((scalar, ()), output, network)
        if len(factors) > MOST_FACTORS:
            listed = [*factors, *((node, ()) for node in scalars)]
            used = network.used
            kept = tuple(dict.fromkeys(index for index in output if index in used))
            whole = self.graph.einsum(
                tuple(node for node, _ in listed), tuple(indices for _, indices in listed), kept
            )
            return network.coefficient, self._wired((whole, kept), output, network)
        coefficient, core = self._contracted(factors, scalars, network, signed)
        return coefficient, self._wired(core, output, network)

    def _scalar(self, scalars: list[Node]) -> Node:
        """The product of numbers."""
        node = scalars[0]
        for other in scalars[1:]:
            node, _ = self.products.make((node, ()), (other, ()), frozenset())
        return node

    def _reduced(self, network: Network) -> tuple[list[Factor], list[Node]]:
        """The factors with diagonals taken and with lone sums done; those that are numbers apart."""
        seen = {*network.output}
        needed = {*network.output}
        plain = True
        for _, indices in network.factors:
            needed |= seen.intersection(indices)
            seen.update(indices)
            if not indices or len({*indices}) < len(indices):
                plain = False
        if plain and len(needed) == len(seen):
            return [*network.factors], []
        factors: list[Factor] = []
        scalars: list[Node] = []
        for node, indices in network.factors:
            kept = tuple([index for index in dict.fromkeys(indices) if index in needed])
            if kept != indices:
                node = self.graph.einsum((node,), (indices,), kept)
            if kept:
                factors.append((node, kept))
            else:
                scalars.append(node)
        return factors, scalars

    def _contracted(
        self,
        factors: list[Factor],
        scalars: list[Node],
        network: Network,
        signed: bool,
    ) -> tuple[Rational, Factor]:
        """The factors in pairs; the smallest thing on the way is scaled, not the largest."""
        coefficient = network.coefficient
        if signed and coefficient == -1:
            coefficient = self._flipped(factors)
        unscaled = not scalars and (coefficient == 1 or (coefficient == -1 and not signed))
        if unscaled and len(factors) == 1:
            return coefficient, factors[0]
        if self.eager and len(factors) > 1:
            factors = _unsquared(factors)
        output = frozenset(network.output)
        if unscaled and len(factors) == 2:
            core = self.products.make(factors[0], factors[1], output)
        else:
            plan = self._plan(factors, network)
            if unscaled:
                core = plan.build(factors, self.products, [])
            else:
                whole = self.entries([network.dims[index] for index in network.output])
                lighter = plan.lightest < whole
                pushed: list[Node] = []
                if lighter or (scalars and plan.smallest == plan.parts[0]):
                    pushed = scalars
                    unit = -1 if coefficient < 0 and not signed else 1
                    if coefficient != unit and lighter:
                        pushed = [*pushed, self.graph.number(coefficient * unit)]
                        coefficient = unit
                    scalars = []
                core = plan.build(factors, self.products, pushed)
                for scalar in scalars:
                    core = self.products.make((scalar, ()), core, frozenset(core[1]))
        node, axes = core
        square = len(axes) == 2 and node.dims[0] == node.dims[1]
        if square and network.plain and self.products.mirrored(factors, axes):
            self.products.set_symmetric(node)
        return coefficient, core

    def _plan(self, factors: list[Factor], network: Network) -> Plan:
        """The order of contraction of factors."""
        listed = tuple([indices for _, indices in factors])
        existing: Existing | None = None
        if len(factors) > 2 and not (is_few(listed) and not self.products.are_met(factors)):
            existing = Existing(self.products, factors, frozenset(network.output))
            if len(factors) == 3 and not existing.is_begun():
                existing = None
        if existing is None and not self.sizes:
            plan = _planned(listed, network.output, tuple([node.dims for node, _ in factors]))
        else:
            used = {i: network.dims[i] for indices in listed for i in sorted(indices)}
            axes = Axes(listed, frozenset(network.output)) if existing is None else existing
            regimes, values = self._values(frozenset(used.values()))
            sizes = {index: values[dim] for index, dim in used.items()}
            known = None if existing is None else existing.is_made
            order = best_order(axes.inputs, axes.output, sizes, known, axes.turns(network.output))
            entries = {index: self.nominal(dim) for index, dim in used.items()}
            plan = Plan(axes, order.tree, entries, condition(order, regimes))
        if plan.where is not None:
            self.notes.setdefault(plan.where)
        return plan

    def _values(self, dims: frozenset[Dim]) -> _Regimes:
        """The regimes of some dimensions."""
        found = self._regimes.get(dims)
        if found is None:
            regimes = regimes_of(dims, self.sizes)
            found = self._regimes[dims] = regimes, {dim: _column(dim, regimes) for dim in dims}
        return found

    def _flipped(self, factors: list[Factor]) -> int:
        """A change of sign made in a difference among the factors; the sign that is left."""
        for place, (node, indices) in enumerate(factors):
            if isinstance(node, Add) and sorted(node.coefficients) == [-1, 1]:
                turned = tuple(-coefficient for coefficient in node.coefficients)
                factors[place] = self.graph.add(turned, node.operands, node.dims), indices
                return 1
        return -1

    def entries(self, dims: Iterable[Dim]) -> int:
        """How many entries a tensor of these dims is taken to have."""
        return prod(map(self.nominal, dims))

    def nominal(self, dim: Dim) -> int:
        """What a dimension is taken to be."""
        value = self._nominal.get(dim)
        if value is None:
            value = self._nominal[dim] = nominal(dim, self.sizes)
        return value

    def _wired(self, core: Factor | None, output: Indices, network: Network) -> Node:
        """The axes in the order of the output; diagonals and axes that nothing depends on made."""
        node, indices = (self.graph.number(1), ()) if core is None else core
        if indices == output or (indices == output[::-1] and self.products.symmetric(node)):
            return node
        if len(indices) == len(output) and {*indices} == {*output}:
            return self.graph.einsum((node,), (indices,), output)
        operands: list[Node] = [node]
        inputs: list[Indices] = [indices]
        axes: list[int] = []
        fresh = max((*output, *indices), default=0) + 1
        for index in output:
            if index in axes:
                operands.append(self.graph.delta(network.dims[index]))
                inputs.append((index, fresh))
                index, fresh = fresh, fresh + 1
            elif index not in indices:
                operands.append(self.graph.delta(network.dims[index], 1))
                inputs.append((index,))
            axes.append(index)
        if core is None:
            del operands[0], inputs[0]
        return self.graph.einsum(tuple(operands), tuple(inputs), tuple(axes))


@lru_cache(maxsize=1024)
def _planned(listed: tuple[Indices, ...], output: Indices, shapes: tuple[Dims, ...]) -> Plan:
    """The order of contraction of a few factors of these shapes where no product is there already.

    It depends on nothing but the indices of the factors, those of the result in the order wanted, and
    the dimensions: products of the same shapes are planned once.
    """
    axes = Axes(listed, frozenset(output))
    dims: dict[int, Dim] = {}
    for indices, shape in zip(listed, shapes, strict=True):
        known = dict(zip(indices, shape, strict=True))
        dims.update((index, known[index]) for index in sorted(indices))
    regimes = regimes_of(dims.values(), {})
    sizes = {index: _column(dim, regimes) for index, dim in dims.items()}
    order = best_order(axes.inputs, axes.output, sizes, None, axes.turns(output))
    entries = {index: nominal(dim, {}) for index, dim in dims.items()}
    return Plan(axes, order.tree, entries, condition(order, regimes))


def nominal(dim: Dim, sizes: Mapping[str, int]) -> int:
    """What a dimension is taken to be, with these sizes of names."""
    name = dim.name
    if name is not None:
        return sizes.get(name, NOMINAL)
    return dim.evaluate({n: sizes.get(n, NOMINAL) for n in dim.names if n[0] != "#"})


def _column(dim: Dim, regimes: Sequence[Mapping[str, int]]) -> list[int]:
    """What a dimension is in each regime."""
    name = dim.name
    return [*map(dim.evaluate if name is None else itemgetter(name), regimes)]


def _unsquared(factors: list[Factor]) -> list[Factor]:
    """R * O**2 as R * O * O, which NumPy computes in the place of R where that is no one else's."""
    for node, _ in factors:
        if isinstance(node, Map) and node.function == "pow":
            break
    else:
        return factors
    found: list[Factor] = []
    twice: list[Factor] = []
    for place, (node, indices) in enumerate(factors):
        if len(indices) > 1 and isinstance(node, Map) and node.function == "pow":
            base, exponent = node.operands
            square = isinstance(exponent, Number) and exponent.value == 2
            others = (other for k, (_, other) in enumerate(factors) if k != place)
            alike = any({*indices} == {*other} for other in others)
            if alike and square and isinstance(base, Variable):
                twice += [(base, indices)] * 2
                continue
        found.append((node, indices))
    return found + twice if found else factors
