"""Whether two nodes have the same values: what is printed is read back and compared so."""

from __future__ import annotations

from matcalc.tensor.nodes import Node
from matcalc.trust import degree
from matcalc.trust.evaluate_graph import Contraction, Memo
from matcalc.trust.points import Comparison, Verdict, compare
from matcalc.trust.sample import Point
from matcalc.trust.survey import Survey
from matcalc.trust.tensors import Tensor


class _Nodes(Comparison):
    """Two nodes, each contracted with a random vector along every axis."""

    def __init__(self, a: Node, b: Node, functions: frozenset[str], rigid: bool) -> None:
        self.functions = functions
        self.rigid = rigid
        self.walks: dict[object, object] = {}
        self.survey = Survey()
        self.orders = [self.survey.add_graph(a), self.survey.add_graph(b)]
        self.integers = frozenset(self.survey.integers)
        self.dims = a.dims
        self.contractions = [Contraction(node, 0, [1] * len(a.dims)) for node in (a, b)]

    def both(self, point: Point) -> tuple[Tensor, Tensor]:
        vectors = [
            point.draw(f"axis:{axis}", (n,)) for axis, n in enumerate(point.shape(self.dims))
        ]
        one, two = self.contractions
        memo: Memo = {}
        return one.at(point, vectors, memo), two.at(point, vectors, memo)

    def error_probability(self, point: Point) -> float:
        axes = len(self.dims)
        (n, d), (m, e) = (degree.of_graph(order, point) for order in self.orders)
        return degree.error_probability((n + axes, d), (m + axes, e), point.field.prime)


def comparison(
    a: Node, b: Node, seed: int, functions: frozenset[str] = frozenset(), rigid: bool = False
) -> Verdict:
    """How the values of two nodes of equal order compare; variables are the same if their names are.

    The nodes may be of different graphs.  `rigid` keeps literal sizes.
    """
    return compare(_Nodes(a, b, functions, rigid), seed)


def agree(a: Node, b: Node, seed: int) -> bool:
    """Whether two nodes have the same dims and values at random points.

    False too where they could not be compared (no point in the domain, too large).

    >>> from matcalc.language.dimensions import Dim
    >>> from matcalc.tensor.nodes import Graph
    >>> graph, n = Graph(), Dim.named("n")
    >>> A = graph.variable("A", (n, n))
    >>> agree(A, graph.einsum((A,), ((0, 1),), (1, 0)), 1), agree(A, A, 1)
    (False, True)
    """
    if len(a.dims) != len(b.dims):
        return False
    if a.dims != b.dims and any(
        x != y and (x.value is None or x.value != y.value)
        for x, y in zip(a.dims, b.dims, strict=True)
    ):
        return False
    return comparison(a, b, seed).ok
