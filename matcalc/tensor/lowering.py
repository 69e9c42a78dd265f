"""Lowering of what is differentiated: variables with a structure are free of it until the answer is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from matcalc.language.typed import Typed, Variable
from matcalc.tensor.lower import lower_all, lower_variable
from matcalc.tensor.nodes import Node
from matcalc.tensor.simplify import Builder
from matcalc.tensor.structure import derivative, freed, is_structured
from matcalc.tensor.substitute import substitute


class Lowering:
    """Makes nodes of typed expressions in which these variables are differentiated by.

    >>> from matcalc.language.dimensions import Dim
    >>> n = Dim.named("n")
    >>> S = Variable("S", (n, n), ("symmetric",))
    >>> lowering = Lowering(Builder(), [S], "projected")
    >>> (value,) = lowering.lowered([Typed("call", (Typed("variable", (), S, S.dims),), ("det", ()), ())])
    >>> lowering.restored(lowering.differentiated(value, S)).dims
    (Dim(n), Dim(n))
    """

    __slots__ = ("_builder", "_environment", "_restored", "_structure")

    def __init__(self, builder: Builder, by: Iterable[Variable], structure: str) -> None:
        self._builder = builder
        self._structure = structure
        self._environment: dict[str, Node] = {}
        self._restored: dict[Node, Node] = {}
        # no node for a variable without structure: what is made first is printed first
        for variable in _inner_first(v for v in dict.fromkeys(by) if is_structured(v.attributes)):
            # a dependence without structure on one that is free of it
            node = lower_variable(builder, variable, self._environment)
            free = self._environment[node.name] = freed(builder, node)
            self._restored[free] = lower_variable(builder, variable)

    def lowered(self, expressions: Sequence[Typed]) -> tuple[Node, ...]:
        """The tensors of expressions, the variables free of their structure."""
        return lower_all(self._builder, expressions, self._environment, self._derived)

    def differentiated(self, node: Node, by: Variable) -> Node:
        """The derivative of such a tensor, in the convention for structured variables."""
        variable = self._environment.get(by.name)
        if variable is None:
            variable = lower_variable(self._builder, by, self._environment)
        return self._derived(self._builder, node, variable)

    def restored(self, node: Node) -> Node:
        """A tensor with the structure of its variables."""
        return substitute(self._builder, node, self._restored) if self._restored else node

    def _derived(self, builder: Builder, node: Node, variable: Node) -> Node:
        return derivative(builder, node, variable, self._structure)


def _inner_first(variables: Iterable[Variable]) -> list[Variable]:
    """Each after those that it depends on."""
    found = list(variables)
    if len(found) > 1:
        found.sort(key=_depth)
    return found


def _depth(variable: Variable) -> int:
    """How far down its dependences reach."""
    depth, level = 0, variable.depends
    while level:
        depth += 1
        level = tuple(dict.fromkeys(below for other in level for below in other.depends))
    return depth
