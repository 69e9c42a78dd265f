"""What the stages want to know of all nodes below an answer, found in one walk."""

from __future__ import annotations

from matcalc.language.dimensions import Dim
from matcalc.tensor.nodes import Apply, Constant, Fuse, Node, Size, Variable


class Survey:
    """The nodes below these roots, in no order, and what they hold.

    `variables` and `dimensions` are the names of either, `functions` those of functions of whole
    tensors; `fused` says whether axes are fused.

    >>> from matcalc.tensor.nodes import Graph
    >>> graph, n = Graph(), Dim.named("n")
    >>> A = graph.variable("A", (n, n))
    >>> survey = Survey(graph.apply("det", (A,), ()), graph.size(n))
    >>> survey.variables, survey.dimensions, survey.functions, survey.fused
    ({'A'}, {'n'}, {'det'}, False)
    """

    __slots__ = ("dimensions", "functions", "fused", "nodes", "roots", "variables")

    def __init__(self, *roots: Node) -> None:
        self.roots = roots
        self.variables: set[str] = set()
        self.dimensions: set[str] = set()
        self.functions: set[str] = set()
        self.fused = False
        self.nodes: set[Node] = set()
        level = set(roots)
        while level:
            self.nodes |= level
            level = {operand for node in level for operand in node.operands} - self.nodes
        for node in self.nodes:
            if isinstance(node, Variable):
                self.variables.add(node.name)
            elif isinstance(node, Apply):
                self.functions.add(node.function)
            elif not node.operands:
                self._see(node)

    def _see(self, leaf: Node) -> None:
        if isinstance(leaf, Size):
            self.dimensions.update(leaf.size.names)
        elif isinstance(leaf, Constant):
            for param in leaf.params:
                if isinstance(param, Dim):
                    self.dimensions.update(param.names)
        elif isinstance(leaf, Fuse):
            self.fused = True
