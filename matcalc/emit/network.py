"""Index sums as one product: nested products flattened, deltas resolved."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from matcalc.language.dimensions import Dim
from matcalc.tensor import marks
from matcalc.tensor.nodes import Constant, Delta, Dims, Einsum, Graph, Node

if TYPE_CHECKING:
    from matcalc.rational import Rational

Indices = tuple[int, ...]
Factor = tuple[Node, Indices]

WIRED = frozenset({"block", "vech", "lower", "upper"})
"""Constants that the code of an index sum reads as a place, not as an array."""
WIRES = marks.DELTA | marks.FUSE | marks.CONSTANT
"""The marks of the nodes that the code of an index sum may have no array for."""


class Network:
    """coefficient·Σ Π factors: Σ over every index that `output` does not name.

    `output` may repeat an index, whose diagonal is then all that is not zero, and may name one that
    no factor has, along which the value is the same.
    """

    __slots__ = ("coefficient", "dims", "factors", "output")

    def __init__(
        self,
        coefficient: Rational,
        factors: tuple[Factor, ...],
        output: Indices,
        dims: dict[int, Dim],
    ) -> None:
        self.coefficient = coefficient
        self.factors = factors
        self.output = output
        self.dims = dims

    def scaled(self, coefficient: Rational) -> Network:
        if coefficient == 1:
            return self
        return Network(self.coefficient * coefficient, self.factors, self.output, self.dims)

    @property
    def used(self) -> frozenset[int]:
        """The indices of the factors."""
        return frozenset([index for _, indices in self.factors for index in indices])

    @property
    def plain(self) -> bool:
        """Whether no index of the output is repeated."""
        return len({*self.output}) == len(self.output)

    @property
    def is_expansion(self) -> bool:
        """Whether nothing is summed: the factors are smaller than what they make, or turned."""
        expanded = len({*self.output}) > max((len(i) for _, i in self.factors), default=0)
        return self.used <= {*self.output} and (expanded or len(self.factors) == 1)


def atom(node: Node) -> Network:
    """A node as a product of one factor.

    >>> atom(Graph().variable("x", (Dim.named("n"),))).output
    (0,)
    """
    dims = dict(enumerate(node.dims))
    axes = tuple(dims)
    return Network(1, ((node, axes),), axes, dims)


def joined(values: tuple[Node, ...], node: Einsum) -> Network:
    """The product of these values for a node's operands, none of which says that indices are one."""
    dims: dict[int, Dim] = {}
    for value, indices in zip(values, node.inputs, strict=True):
        dims.update(zip(indices, value.dims, strict=True))
    return Network(1, tuple(zip(values, node.inputs, strict=True)), node.output, dims)


def is_wired(node: Einsum) -> bool:
    """Whether its code needs to know which flattenings, blocks or triangles are among its factors."""
    for operand in node.operands:
        if operand.mark & (marks.FUSE | marks.CONSTANT) and (
            not isinstance(operand, Constant) or operand.name in WIRED
        ):
            return True
    return False


class Joiner:
    """Puts a product together from parts, while it learns which of their indices are one.

    `parent` has the indices that are another one; of most products there are none.
    """

    __slots__ = ("coefficient", "dims", "factors", "parent")

    def __init__(self) -> None:
        self.coefficient: Rational = 1
        self.factors: list[Factor] = []
        self.dims: dict[int, Dim] = {}
        self.parent: dict[int, int] = {}

    def meet(self, indices: Indices, dims: Dims) -> None:
        """Learn the sizes of indices."""
        self.dims.update(zip(indices, dims, strict=True))

    def find(self, index: int) -> int:
        parent, root = self.parent, index
        while root in parent:
            root = parent[root]
        while index != root:
            parent[index], index = root, parent[index]
        return root

    def unite(self, indices: Iterable[int]) -> None:
        """They are one index."""
        first, *others = map(self.find, indices)
        for other in others:
            # an earlier turn may have joined it
            root = self.find(other)
            if root != first:
                self.parent[root] = first

    def fresh(self, dim: Dim) -> int:
        index = len(self.dims) + 1_000_000
        self.dims[index] = dim
        return index

    def add(self, network: Network, indices: Indices) -> None:
        """Multiply by a product whose axes get these indices, which have been met."""
        renamed: dict[int, int] = {}
        for index, own in zip(network.output, indices, strict=True):
            if index in renamed:
                self.unite((renamed[index], own))
            else:
                renamed[index] = own
        for node, inner in network.factors:
            for index in inner:
                if index not in renamed:
                    renamed[index] = self.fresh(network.dims[index])
            self.factors.append((node, tuple(renamed[index] for index in inner)))
        self.coefficient = self.coefficient * network.coefficient

    def network(self, graph: Graph, output: Indices) -> Network:
        """The product; an index that is summed over and that no factor has counts its size."""
        factors, out, dims = self.factors, output, self.dims
        if self.parent:
            factors = [(node, tuple(map(self.find, indices))) for node, indices in factors]
            out = tuple(map(self.find, output))
            dims = {index: dims[index] for index in dict.fromkeys(map(self.find, dims))}
        used = {*out}
        for _, indices in factors:
            used.update(indices)
        coefficient = self.coefficient
        if len(used) < len(dims):
            for index, size in dims.items():
                if index in used:
                    continue
                if size.value is not None:
                    coefficient = coefficient * size.value
                else:
                    factors.append((graph.size(size), ()))
        return Network(coefficient, tuple(factors), out, dims)


def is_unit(node: Node) -> bool:
    """A tensor of ones, as a vector or as a product of such vectors."""
    if isinstance(node, Einsum):
        return bool(node.operands) and all(
            isinstance(operand, Delta) and operand.order == 1 for operand in node.operands
        )
    return isinstance(node, Delta) and node.order == 1
