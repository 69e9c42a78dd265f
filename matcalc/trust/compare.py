"""Whether two nodes have the same values: what is printed is read back and compared so."""

from __future__ import annotations

from matcalc.tensor.nodes import Node
from matcalc.trust import degree, evaluate_graph
from matcalc.trust.points import Comparison, Verdict, compare
from matcalc.trust.sample import Point
from matcalc.trust.survey import Survey
from matcalc.trust.tensors import Tensor


class _Nodes(Comparison):
    """Two nodes, each contracted with a random vector along every axis."""

    def __init__(self, a: Node, b: Node, functions: frozenset[str], rigid: bool) -> None:
        self.a, self.b = a, b
        self.functions = functions
        self.rigid = rigid
        self.walks: dict[object, object] = {}
        self.survey = Survey()
        self.survey.add_graph(a)
        self.survey.add_graph(b)
        self.integers = frozenset(self.survey.integers)
        self.dims = a.dims

    def both(self, point: Point) -> tuple[Tensor, Tensor]:
        vectors = [
            point.draw(f"axis:{axis}", (n,)) for axis, n in enumerate(point.shape(self.a.dims))
        ]
        return (
            evaluate_graph.contracted(self.a, vectors, 0, point),
            evaluate_graph.contracted(self.b, vectors, 0, point),
        )

    def error_probability(self, point: Point) -> float:
        axes = len(self.a.dims)
        n, d = degree.of_graph(self.a, point)
        m, e = degree.of_graph(self.b, point)
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
