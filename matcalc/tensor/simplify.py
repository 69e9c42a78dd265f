"""The builder: makes nodes in normal form, by the named rules, as soon as they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc import rational
from matcalc.language.dimensions import Dim
from matcalc.tensor import canonical
from matcalc.tensor.map_rules import APPLY_RULES_OF, GENERAL_MAP_RULES, MAP_RULES_OF
from matcalc.tensor.marks import NUMBER, OF_ONE, OPENED, RULED, SUM, SUMS
from matcalc.tensor.nodes import (
    Add,
    Apply,
    Constant,
    Delta,
    Dims,
    Einsum,
    Fuse,
    Graph,
    Indices,
    Map,
    Node,
    Number,
    Partial,
    Variable,
)
from matcalc.tensor.products import labelled, normal_product
from matcalc.tensor.rules import FLATTEN_LIMIT
from matcalc.tensor.term import Factor, Term, marks_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from matcalc.rational import Rational

ADD_FLATTEN_LIMIT = 16
SYMMETRIC = frozenset({"symmetric", "posdef", "diagonal"})
SYMMETRY_KEEPING = frozenset({"inv", "matpower", "expm", "sqrtm", "adj", "pinv"})


class Builder:
    """Constructors like those of Graph, whose results are in normal form.

    Normal form: sums and products flat within a budget, no δ that can be contracted, numbers in the
    coefficients of sums, equal terms collected, factors and indices in canonical order.

    >>> builder, n = Builder(), Dim.named("n")
    >>> x = builder.variable("x", (n,))
    >>> builder.einsum((builder.delta(n), x), ((0, 1), (1,)), (0,)) is x
    True
    """

    __slots__ = ("_mirrored", "_symmetric", "_transposed", "graph", "labelling", "linear")

    def __init__(self, graph: Graph | None = None) -> None:
        self.graph = Graph() if graph is None else graph
        self.linear: dict[Node, object] = {}
        """What differentiation has found out about nodes of this graph."""
        self.labelling = canonical.Work()
        self._symmetric: dict[Node, bool] = {}
        self._mirrored: dict[Node, Node] = {}
        self._transposed: dict[tuple[Node, Indices], Node] = {}

    # leaves

    def number(self, value: Rational) -> Node:
        if value == 0:
            return self.graph.zero(())
        return self.graph.number(rational.normal(value))

    def size(self, size: Dim) -> Node:
        if size.value is not None and not size.names:
            return self.number(size.value)
        return self.graph.size(size)

    def variable(
        self,
        name: str,
        dims: Dims,
        attributes: tuple[str, ...] = (),
        depends: tuple[Node, ...] = (),
    ) -> Variable:
        return self.graph.variable(name, dims, attributes, depends)

    def delta(self, dim: Dim, order: int = 2) -> Delta:
        return self.graph.delta(dim, order)

    def fuse(self, parts: Dims) -> Fuse:
        return self.graph.fuse(parts)

    def constant(self, name: str, params: tuple[int | Dim, ...], dims: Dims) -> Constant:
        return self.graph.constant(name, params, dims)

    def zero(self, dims: Dims) -> Node:
        return self.graph.zero(dims)

    def ones(self, dims: Dims) -> Node:
        """Every entry 1; the number 1 for no dims."""
        if not dims:
            return self.number(1)
        return self.contract([(self.delta(d, 1), (i,)) for i, d in enumerate(dims)], tuple(range(len(dims))))  # fmt: skip

    # products

    def einsum(
        self, operands: tuple[Node, ...], inputs: tuple[Indices, ...], output: Indices
    ) -> Node:
        return self.contract(list(zip(operands, inputs, strict=True)), output)

    def contract(
        self,
        factors: list[Factor],
        output: Indices,
        coefficient: Rational = 1,
        sizes: dict[int, Dim] | None = None,
    ) -> Node:
        """The normal form of coefficient·Σ factors.

        `output` may repeat an index (a diagonal is made of it), and may name one that no factor
        has, whose size is then in `sizes` (the result is the same along it).
        """
        known: dict[int, Dim] = {}
        size_of = known.setdefault
        found = 0
        for node, indices in factors:
            found |= node.mark
            dims = tuple(map(size_of, indices, node.dims))
            assert dims == node.dims or _fit(dims, node.dims), (node, indices, known)
        if output and (len(free := set(output)) < len(output) or not free <= known.keys()):
            factors, output = self._wired(factors, output, known, sizes or {})
        if not found & OPENED:
            found = marks_of(factors, output)
        if found & RULED or not factors:
            return normal_product(Term(self, coefficient, list(factors), output, known), found)
        # no rule has anything to do with variables that hang together
        product = labelled(self, factors, output, known, found)
        return product if coefficient == 1 else self.scale(coefficient, product)

    def _wired(
        self, factors: list[Factor], output: Indices, known: dict[int, Dim], sizes: dict[int, Dim]
    ) -> tuple[list[Factor], Indices]:
        """With wires, so that the output has each index once, from a factor."""
        wired = list(factors)
        axes: list[int] = []
        for index in output:
            if index not in known:
                known[index] = sizes[index]
                wired.append((self.delta(sizes[index], 1), (index,)))
            elif index in axes:
                copy = 1 + max(*known, *output)
                known[copy] = known[index]
                wired.append((self.delta(known[index]), (index, copy)))
                index = copy
            axes.append(index)
        return wired, tuple(axes)

    def transpose(self, node: Node, axes: tuple[int, ...]) -> Node:
        """The axes in another order: axis k of the result is axis axes[k] of the node.

        Sums are transposed term by term, so that like terms meet.
        """
        numbers = tuple(range(len(axes)))
        if axes == numbers:
            return node
        if not node.mark & OF_ONE:
            # no rule has anything to do with it alone
            indices = tuple(map(axes.index, numbers))
            dims = tuple(map(node.dims.__getitem__, axes))
            return self.graph.einsum((node,), (indices,), numbers, dims)
        if isinstance(node, Einsum) and len(node.operands) <= FLATTEN_LIMIT:
            output = tuple([node.output[axis] for axis in axes])
            return self.einsum(node.operands, node.inputs, output)
        if not isinstance(node, Add):
            return self.contract([(node, numbers)], axes)
        # sums within sums may be nested deep, and stand in many others
        made = self._transposed
        stack: list[Node] = [node]
        while stack:
            below = stack[-1]
            if (below, axes) in made:
                stack.pop()
                continue
            if not isinstance(below, Add):
                made[below, axes] = self.contract([(below, numbers)], axes)
                continue
            waiting = [o for o in below.operands if (o, axes) not in made]
            if waiting:
                stack.extend(reversed(waiting))
                continue
            made[below, axes] = self.add(
                below.coefficients,
                tuple([made[operand, axes] for operand in below.operands]),
                tuple(below.dims[axis] for axis in axes),
            )
        return made[node, axes]

    def mirrored(self, node: Node) -> Node:
        """The transpose of a matrix; the same object each time."""
        known = self._mirrored.get(node)
        if known is None:
            known = self._mirrored[node] = self.transpose(node, (1, 0))
            self._mirrored[known] = node
        return known

    def is_symmetric(self, node: Node) -> bool:
        """Whether it equals its transpose: by declaration, or as its normal form shows.

        >>> builder, n = Builder(), Dim.named("n")
        >>> A, S = builder.variable("A", (n, n)), builder.variable("S", (n, n), ("symmetric",))
        >>> builder.is_symmetric(builder.apply("inv", (builder.add((1, 1), (S, A), (n, n)),), (n, n)))
        False
        >>> gram = builder.einsum((A, A), ((0, 1), (0, 2)), (1, 2))
        >>> builder.is_symmetric(builder.apply("inv", (builder.add((1, 1), (S, gram), (n, n)),), (n, n)))
        True
        """
        known = self._symmetric.get(node)
        if known is not None:
            return known
        stack = [node]
        while stack:
            below = stack[-1]
            waiting = [o for o in below.operands if o.order == 2 and o not in self._symmetric]
            if waiting and below not in self._symmetric:
                stack.extend(waiting)
                continue
            stack.pop()
            if below not in self._symmetric:
                self._symmetric[below] = self._symmetric_from_operands(below)
        return self._symmetric[node]

    def _symmetric_from_operands(self, node: Node) -> bool:
        match node:
            case Variable():
                return not SYMMETRIC.isdisjoint(node.attributes)
            case Delta():
                return node.order == 2
            case Map():
                return node.order == 2 and all(
                    operand.order == 0 or self._symmetric[operand] for operand in node.operands
                )
            case Apply() if node.order == 2 and node.function in SYMMETRY_KEEPING:
                base = node.operands[0]
                return self._symmetric[base] or (_is_even_power(node) and self.is_skew(base))
            case Add() | Einsum() if node.order == 2 and node.dims[0] == node.dims[1]:
                # a sum too long to be flattened asks for itself
                self._symmetric[node] = False
                return self.mirrored(node) is node
            case _:
                return False

    def is_skew(self, node: Node) -> bool:
        """Whether it is the negative of its transpose: by declaration, or a sum like A - A'.

        >>> builder, n = Builder(), Dim.named("n")
        >>> A = builder.variable("A", (n, n))
        >>> builder.is_skew(builder.add((2, -2), (A, builder.mirrored(A)), (n, n)))
        True
        """
        if isinstance(node, Variable):
            return "skew" in node.attributes
        if not isinstance(node, Add) or len(node.operands) < 2:
            return False
        if node.order != 2 or node.dims[0] != node.dims[1]:
            return False
        mirrored = self.mirrored(node)
        # both have their terms in the order of the nodes
        return (
            isinstance(mirrored, Add)
            and mirrored.operands == node.operands
            and all(c == -d for c, d in zip(mirrored.coefficients, node.coefficients, strict=True))
        )

    def multiply(self, *nodes: Node) -> Node:
        """Entry by entry; a scalar multiplies every entry."""
        if len(nodes) == 2 and isinstance(nodes[0], Number) and not nodes[1].mark & SUM:
            return self.scale(nodes[0].value, nodes[1])
        axes = tuple(range(max([node.order for node in nodes])))
        return self.contract([(node, axes[: node.order]) for node in nodes], axes)

    # sums

    def scale(self, coefficient: Rational, node: Node) -> Node:
        if coefficient == 1:
            return node
        if coefficient == 0 or node.mark & (SUMS | NUMBER):
            return self.add((coefficient,), (node,), node.dims)
        return self.graph.add((rational.normal(coefficient),), (node,), node.dims)

    def quotient(self, a: Rational, b: Rational) -> Rational:
        return rational.quotient(a, b)

    def add(self, coefficients: Iterable[Rational], operands: Iterable[Node], dims: Dims) -> Node:
        """The normal form of Σ coefficient·operand: nested sums flat, like terms collected."""
        collected: dict[Node, Rational] = {}
        constant: Rational = 0
        for coefficient, operand in zip(coefficients, operands, strict=True):
            if not operand.mark & (SUMS | NUMBER):
                collected[operand] = collected.get(operand, 0) + coefficient
            elif isinstance(operand, Number):
                constant += coefficient * operand.value
            elif isinstance(operand, Add) and len(operand.operands) <= ADD_FLATTEN_LIMIT:
                for inner, node in zip(operand.coefficients, operand.operands, strict=True):
                    if isinstance(node, Number):
                        constant += coefficient * inner * node.value
                    else:
                        collected[node] = collected.get(node, 0) + coefficient * inner
            else:
                collected[operand] = collected.get(operand, 0) + coefficient
        if 0 in collected.values():
            collected = {node: c for node, c in collected.items() if c != 0}
        nodes = sorted(collected, key=canonical.SERIAL)
        kept = [
            c if type(c) is int else rational.normal(c) for c in map(collected.__getitem__, nodes)
        ]
        if constant != 0:
            constant = rational.normal(constant)
            if not nodes:
                return self.graph.number(constant)
            nodes.append(self.graph.number(1))
            kept.append(constant)
        if len(nodes) == 1 and kept[0] == 1:
            return nodes[0]
        return self.graph.add(tuple(kept), tuple(nodes), dims)

    # functions

    def map(self, function: str, operands: tuple[Node, ...], primes: int = 0) -> Node:
        for apply in MAP_RULES_OF.get(function, GENERAL_MAP_RULES):
            result = apply(self, function, operands)
            if result is not None:
                return result
        return self.graph.map(function, operands, primes)

    def power(self, base: Node, exponent: Rational) -> Node:
        """Entry by entry, a rational exponent."""
        return self.map("pow", (base, self.number(exponent)))

    def reciprocal(self, node: Node) -> Node:
        return self.power(node, -1)

    def apply(
        self,
        function: str,
        operands: tuple[Node, ...],
        dims: Dims,
        params: tuple[tuple[str, int], ...] = (),
    ) -> Node:
        if operands[0].mark or len(operands) > 1:
            for apply in APPLY_RULES_OF.get(function, ()):
                result = apply(self, function, operands)
                if result is not None:
                    return result
        return self.graph.apply(function, operands, dims, params)

    def matrix_power(self, base: Node, exponent: int) -> Node:
        """The power of a square matrix, an integer exponent of either sign."""
        if exponent == 0:
            return self.delta(base.dims[0])
        if exponent < 0:
            base, exponent = self.apply("inv", (base,), base.dims), -exponent
        if exponent == 1:
            return base
        return self.apply("matpower", (base, self.number(exponent)), base.dims)

    def formula(self, text: str, parameters: Mapping[str, Node]) -> Node:
        """A formula of the function table with these nodes for its parameters."""
        from matcalc.tensor.lower import lower_formula

        return lower_formula(self, text, parameters)

    def partial(self, variable: Node, by: Iterable[Node]) -> Node:
        """∂A/∂X∂Y…; the order of differentiation is made canonical, its axes stay as asked."""
        asked = tuple(by)
        order = sorted(range(len(asked)), key=lambda k: (asked[k].serial, k))
        made: Partial = self.graph.partial(variable, [asked[k] for k in order])
        start = variable.order
        starts: dict[int, int] = {}
        for k in order:
            starts[k] = start
            start += asked[k].order
        axes = list(range(variable.order))
        for k, node in enumerate(asked):
            axes.extend(range(starts[k], starts[k] + node.order))
        return self.transpose(made, tuple(axes))


def _is_even_power(node: Apply) -> bool:
    if node.function != "matpower" or not isinstance(exponent := node.operands[1], Number):
        return False
    return exponent.value.denominator == 1 and exponent.value.numerator % 2 == 0


def _fit(one: Iterable[Dim], other: Iterable[Dim]) -> bool:
    """Whether dimensions are equal, if not by name then as numbers."""
    return all(
        a == b or (a.value is not None and a.value == b.value)
        for a, b in zip(one, other, strict=True)
    )
