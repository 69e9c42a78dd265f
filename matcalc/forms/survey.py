"""What the stages want to know of all nodes below an answer, found in one walk."""

from __future__ import annotations

from operator import attrgetter

from matcalc.language.dimensions import Dim
from matcalc.tensor.nodes import Apply, Constant, Fuse, Node, Size, Variable

LARGE = 48
"""An expression of no more nodes may repeat what it shares, unless that has shared parts again."""
NAMED = 4
"""The nodes of a part that is worth a name: tanh(W@x), not A@x."""
_serial = attrgetter("serial")


class Survey:
    """The nodes below these roots, operands first, and what they hold.

    `variables` and `dimensions` are the names of either, `functions` those of whole matrices;
    `fused` says whether axes are fused; `repeats` whether parts may stand so often that names for
    them are worth looking for (`sharing.shared`), which is never so where it is false.

    >>> from matcalc.tensor.nodes import Graph
    >>> graph, n = Graph(), Dim.named("n")
    >>> A = graph.variable("A", (n, n))
    >>> survey = Survey(graph.apply("det", (A,), ()), graph.size(n))
    >>> survey.variables, survey.dimensions, survey.functions, survey.repeats
    ({'A'}, {'n'}, {'det'}, False)
    """

    __slots__ = ("dimensions", "functions", "fused", "nodes", "repeats", "variables")

    def __init__(self, *roots: Node) -> None:
        self.variables: set[str] = set()
        self.dimensions: set[str] = set()
        self.functions: set[str] = set()
        self.fused = False
        seen: set[Node] = set()
        level = set(roots)
        while level:
            seen |= level
            level = {operand for node in level for operand in node.operands} - seen
        # what is made of others is made after them
        self.nodes = sorted(seen, key=_serial)
        lengths: dict[Node, int] = {}
        once: set[Node] = set()
        often: set[Node] = set()
        large = False
        for node in self.nodes:
            if isinstance(node, Variable):
                self.variables.add(node.name)
            elif isinstance(node, Apply):
                self.functions.add(node.function)
            elif not node.operands:
                self._see(node)
            length = 1
            for operand in node.operands:
                below = lengths[operand]
                length += below
                if below >= NAMED:
                    (often if operand in once else once).add(operand)
            if length > LARGE:
                # the number itself would grow exponentially
                length, large = LARGE + 1, True
            lengths[node] = length
        # a part that is worth a name, within another one
        self.repeats = large or len(often) > 1

    def _see(self, leaf: Node) -> None:
        if isinstance(leaf, Size):
            self.dimensions.update(leaf.size.names)
        elif isinstance(leaf, Constant):
            for param in leaf.params:
                if isinstance(param, Dim):
                    self.dimensions.update(param.names)
        elif isinstance(leaf, Fuse):
            self.fused = True
