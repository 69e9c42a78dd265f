"""Lowering of what is differentiated: variables with a structure are free of it until the answer is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from matcalc.language.typed import Typed, Variable
from matcalc.tensor import nodes
from matcalc.tensor.lower import lower_all, lower_variable
from matcalc.tensor.nodes import Node
from matcalc.tensor.simplify import Builder
from matcalc.tensor.structure import derivative, freed, is_structured, restored


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

    __slots__ = ("_builder", "_environment", "_structure", "_structured")

    def __init__(self, builder: Builder, by: Iterable[Variable], structure: str) -> None:
        self._builder = builder
        self._structure = structure
        # no node for a variable without structure: what is made first is printed first
        self._structured: list[nodes.Variable] = [
            lower_variable(builder, v) for v in dict.fromkeys(by) if is_structured(v.attributes)
        ]
        self._environment = {node.name: freed(builder, node) for node in self._structured}

    def lowered(self, expressions: Sequence[Typed]) -> tuple[Node, ...]:
        """The tensors of expressions, the variables free of their structure."""
        return lower_all(self._builder, expressions, self._environment, self._derived)

    def differentiated(self, node: Node, by: Variable) -> Node:
        """The derivative of such a tensor, in the convention for structured variables."""
        variable = lower_variable(self._builder, by)
        return self._derived(self._builder, node, self._environment.get(by.name, variable))

    def restored(self, node: Node) -> Node:
        """A tensor with the structure of its variables."""
        return restored(self._builder, node, self._structured) if self._structured else node

    def _derived(self, builder: Builder, node: Node, variable: Node) -> Node:
        return derivative(builder, node, variable, self._structure)
