"""A derivative as a sum of products of small factors: what its code returns in compressed form.

A Hessian such as 2·V'V ⊗ I has m·k·m·k entries, but V'V has k·k: what says which entries stand
where (deltas, flattenings, blocks, triangles) is no data.  So each term is kept as its factors, and
a contraction with a direction never makes the whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from matcalc.emit.wiring import is_wire
from matcalc.language.dimensions import Dim
from matcalc.tensor.nodes import (
    Add,
    Constant,
    Delta,
    Einsum,
    Fuse,
    Graph,
    Map,
    Node,
    Partial,
    Variable,
    postorder,
)

if TYPE_CHECKING:
    from matcalc.rational import Rational

Indices = tuple[int, ...]


class Compressed:
    """An answer whose data are `factors`: `whole` is the answer again, made of the variables `names`.

    `graph` is where the nodes are made.

    >>> from matcalc.tensor.nodes import Graph
    >>> k, m, n = (Dim.named(name) for name in "kmn")
    >>> graph = Graph()
    >>> V = graph.variable("V", (n, k))
    >>> hessian = graph.einsum((V, V, graph.delta(m)), ((0, 1), (0, 2), (3, 4)), (3, 1, 4, 2))
    >>> found = Compressed(hessian, ["V", "U"])
    >>> [(variable.name, str(variable.dims)) for variable in found.names]
    [('F1', '(Dim(k), Dim(k))')]
    """

    __slots__ = ("_data", "_taken", "_variables", "graph", "whole")

    def __init__(self, answer: Node, taken: Iterable[str]) -> None:
        self.graph = Graph()
        self._variables: dict[Node, Variable] = {}
        self._taken = set(taken)
        self._data = _with_data(answer)
        if isinstance(answer, Add):
            terms = tuple(self._term(operand) for operand in answer.operands)
            self.whole: Node = self.graph.add(answer.coefficients, terms, answer.dims)
        else:
            self.whole = self._term(answer)

    @property
    def factors(self) -> tuple[Node, ...]:
        return tuple(self._variables)

    @property
    def names(self) -> tuple[Variable, ...]:
        """The variables that stand for the factors, in their order."""
        return tuple(self._variables.values())

    def along(self, axes: Indices, name: str) -> tuple[Variable, Node]:
        """A direction with these axes of the answer, and the answer contracted with it."""
        direction = self.graph.variable(name, tuple(self.whole.dims[axis] for axis in axes))
        coefficients: tuple[Rational, ...] = (1,)
        terms: tuple[Node, ...] = (self.whole,)
        if isinstance(self.whole, Add):
            coefficients, terms = self.whole.coefficients, self.whole.operands
        made = tuple(self._contracted(term, direction, axes) for term in terms)
        dims = tuple(dim for axis, dim in enumerate(self.whole.dims) if axis not in axes)
        return direction, self.graph.add(coefficients, made, dims)

    def _contracted(self, term: Node, direction: Node, axes: Indices) -> Node:
        output = tuple(range(term.order))
        operands: tuple[Node, ...] = (term,)
        inputs: tuple[Indices, ...] = (output,)
        if isinstance(term, Einsum):
            operands, inputs, output = term.operands, term.inputs, term.output
        along = tuple(output[axis] for axis in axes)
        rest = tuple(index for axis, index in enumerate(output) if axis not in axes)
        return self.graph.einsum((*operands, direction), (*inputs, along), rest)

    def _term(self, node: Node) -> Node:
        if not isinstance(node, Einsum) or node not in self._data:
            return self._factor(node) if node in self._data else node
        data = [place for place, operand in enumerate(node.operands) if operand in self._data]
        structure = [place for place in range(len(node.operands)) if place not in data]
        shown = {index for place in structure for index in node.inputs[place]} | {*node.output}
        classes = _classes(node)
        operands = [node.operands[place] for place in structure]
        inputs = [node.inputs[place] for place in structure]
        for group in _connected(node, data, shown):
            for made, indices in self._product(node, group, shown, classes):
                operands.append(made)
                inputs.append(indices)
        if len(operands) == 1 and inputs[0] == node.output:
            return operands[0]
        return self.graph.einsum(tuple(operands), tuple(inputs), node.output)

    def _product(
        self, node: Einsum, group: list[int], shown: set[int], classes: dict[int, int]
    ) -> list[tuple[Node, Indices]]:
        """The operands that sums connect: their product where that is small, or each alone."""
        listed = [(node.operands[place], node.inputs[place]) for place in group]
        found = dict.fromkeys(i for _, one in listed for i in one if i in shown)
        # in the order of the answer's axes
        places = {index: place for place, index in reversed([*enumerate(node.output)])}
        indices = tuple(sorted(found, key=lambda index: places.get(index, len(places))))
        if len(listed) > 1 or len(indices) < len(listed[0][1]):
            atoms = _atoms(node, classes)
            kept = [classes[index] for index in indices]
            sizes = _sizes(node)
            smaller = len(set(kept)) < len(atoms) and set(kept) <= set(atoms)
            made = Counter(sizes[index] for index in indices)
            if smaller or any(made <= Counter(operand.dims) for operand, _ in listed):
                operands, inputs = zip(*listed, strict=True)
                return [(self._factor(self.graph.einsum(operands, inputs, indices)), indices)]
        return [(self._factor(operand), names) for operand, names in listed]

    def _factor(self, node: Node) -> Variable:
        """The variable that stands for a factor, one for each."""
        known = self._variables.get(node)
        if known is not None:
            return known
        if isinstance(node, Variable) and not node.operands:
            name = node.name
        else:
            count = 1
            while f"F{count}" in self._taken:
                count += 1
            name = f"F{count}"
            self._taken.add(name)
        self._variables[node] = self.graph.variable(name, node.dims)
        return self._variables[node]


def _with_data(answer: Node) -> set[Node]:
    """The nodes that depend on what is given."""
    found: set[Node] = set()
    for node in postorder(answer):
        given = isinstance(node, Variable | Partial | Map)
        if given or any(operand in found for operand in node.operands):
            found.add(node)
    return found


def _connected(node: Einsum, data: list[int], shown: set[int]) -> list[list[int]]:
    """The operands in groups: two that are summed over an index of both are in one."""
    groups: list[list[int]] = []
    for place in data:
        inner = {*node.inputs[place]} - shown
        met = [g for g in groups if any(inner & {*node.inputs[other]} for other in g)]
        groups = [g for g in groups if g not in met]
        groups.append(sorted([place, *(other for g in met for other in g)]))
    return sorted(groups)


def _sizes(node: Einsum) -> dict[int, Dim]:
    return {
        index: dim
        for operand, indices in zip(node.operands, node.inputs, strict=True)
        for index, dim in zip(indices, operand.dims, strict=True)
    }


def _classes(node: Einsum) -> dict[int, int]:
    """For each index one that deltas make equal to it."""
    found = {index: index for indices in node.inputs for index in indices}
    for operand, indices in zip(node.operands, node.inputs, strict=True):
        if isinstance(operand, Delta):
            same = {found[index] for index in indices}
            for index, known in found.items():
                if known in same:
                    found[index] = min(same)
    return found


def _atoms(node: Einsum, classes: dict[int, int]) -> list[int]:
    """What the axes of the result are made of, each by its class: flattened ones of several."""
    parts: dict[int, Indices] = {}
    for operand, indices in zip(node.operands, node.inputs, strict=True):
        if isinstance(operand, Fuse) or (isinstance(operand, Constant) and is_wire(operand)):
            parts[classes[indices[-1]]] = tuple(classes[index] for index in indices[:-1])
    atoms = [classes[index] for index in node.output]
    # as many rounds as there are flattenings: each takes one of them apart
    for _ in parts:
        atoms = [part for atom in atoms for part in parts.get(atom, (atom,))]
    return atoms
