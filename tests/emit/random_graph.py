"""Random tensor graphs: products in sums in products, of shared parts, with diagonals and traces."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from matcalc.language.dimensions import Dim
from matcalc.tensor.nodes import Graph, Node

SIZES = {"k": 1, "m": 2, "n": 3}
DIMS = tuple(Dim.named(name) for name in SIZES)
MAPS = ("exp", "sigmoid", "relu", "sign", "abs", "tanh")


class RandomGraph:
    """Makes nodes; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.graph = Graph()
        n = DIMS[2]
        self.nodes: list[Node] = [
            self.graph.variable("S", (n, n), ("posdef",)),
            self.graph.variable("X", (n, n)),
        ]
        for name in "ABCDEFG":
            self.nodes.append(self.graph.variable(name, self.dims(3)))

    def dims(self, most: int) -> tuple[Dim, ...]:
        return tuple(self.random.choice(DIMS) for _ in range(self.random.randint(0, most)))

    def grown(self, steps: int) -> Node:
        """The last node of several, each made of those before it."""
        for _ in range(steps):
            make = self.random.choice((self.product, self.product, self.sum, self.map))
            self.nodes.append(make())
        return self.nodes[-1]

    def node(self) -> Node:
        """One of the nodes so far, a late one more often."""
        return self.nodes[-1 - int(len(self.nodes) * self.random.random() ** 2)]

    def product(self) -> Node:
        """Σ of a few factors whose indices meet by chance; a diagonal or an identity now and then."""
        factors = [self.node() for _ in range(self.random.randint(1, 4))]
        if self.random.random() < 0.3:
            factors.append(self.graph.delta(self.random.choice(DIMS), self.random.randint(1, 2)))
        inputs: list[tuple[int, ...]] = []
        known: dict[int, Dim] = {}
        for factor in factors:
            indices = []
            for dim in factor.dims:
                fitting = [index for index, other in known.items() if other == dim]
                index = len(known)
                if fitting and self.random.random() < 0.7:
                    index = self.random.choice(fitting)
                known[index] = dim
                indices.append(index)
            inputs.append(tuple(indices))
        output = [index for index in known if self.random.random() < 0.5][:3]
        self.random.shuffle(output)
        return self.graph.einsum(tuple(factors), tuple(inputs), tuple(output))

    def sum(self) -> Node:
        """A sum of products that have the shape of one of the nodes."""
        first = self.node()
        fitting = [node for node in self.nodes if node.dims == first.dims]
        terms = [first, *self.random.sample(fitting, min(len(fitting), self.random.randint(1, 3)))]
        terms = list(dict.fromkeys(terms))
        if self.random.random() < 0.5 and len(first.dims) == 2 and first.dims[0] == first.dims[1]:
            terms.append(self.graph.einsum((first,), ((0, 1),), (1, 0)))
        if self.random.random() < 0.3 and first.dims:
            ones = tuple(self.graph.delta(dim, 1) for dim in first.dims)
            axes = tuple(range(first.order))
            terms.append(self.graph.einsum(ones, tuple((axis,) for axis in axes), axes))
        listed = (1, -1, 2, Fraction(1, 2), Fraction(-3, 2))
        coefficients = tuple(self.random.choice(listed) for _ in terms)
        return self.graph.add(coefficients, tuple(terms), first.dims)

    def map(self) -> Node:
        inner = self.node()
        if self.random.random() < 0.3:
            return self.graph.map("pow", (inner, self.graph.number(2)))
        return self.graph.map(self.random.choice(MAPS), (inner,))
