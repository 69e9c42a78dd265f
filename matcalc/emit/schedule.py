"""What is computed in which order: products in pairs, common parts once, factors taken out of sums.

A pass over the graph that keeps every value.  Index sums come out as products of two factors at a
time, in the order that `order` finds; the rest is as it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from matcalc.emit.contractor import Contractor
from matcalc.emit.mirror import halved
from matcalc.emit.network import Joiner, Network, atom, is_unit, is_wired, joined
from matcalc.emit.products import Products
from matcalc.emit.rebuild import again, uses_of
from matcalc.emit.refine import refined
from matcalc.emit.sums import common_factors, content, grouped
from matcalc.rational import quotient
from matcalc.tensor import marks
from matcalc.tensor.nodes import (
    Add,
    Delta,
    Dims,
    Einsum,
    Graph,
    Map,
    Node,
    Number,
    Variable,
    postorder,
)

if TYPE_CHECKING:
    from matcalc.rational import Rational

Indices = tuple[int, ...]

STEP = "[u > 0]"
"""The function of entries (1 + sign(u))/2; no name, so that no user's function is called so."""
JOINED = marks.PRODUCT | marks.SUMS | marks.DELTA | marks.NUMBER
"""The marks of the operands that a product may take in."""
MOST_INLINED = 48
"""A product of more factors is not multiplied out of those that it is made of."""
MOST_TERMS = 32
"""Of a longer sum no common factors are sought."""


class Schedule:
    """The nodes to compute, and all that is below them in postorder.

    `notes` say where the order of contraction is the fastest: `m ≥ n`, each once.
    """

    __slots__ = ("notes", "order", "roots")

    def __init__(self, roots: list[Node], order: Sequence[Node], notes: tuple[str, ...]) -> None:
        self.roots = roots
        self.order = order
        self.notes = notes


def scheduled(
    roots: Sequence[Node],
    sizes: Mapping[str, int] | None = None,
    *,
    squares: bool = True,
    order: Sequence[Node] | None = None,
) -> Schedule:
    """The nodes, of the same values, as what is best computed for these sizes, or for unknown ones.

    `order` has all nodes below the roots in postorder, where that is known; `squares` is whether X'·diag(v)·X may be B'·B with a square root in B.

    >>> from matcalc.language.dimensions import Dim
    >>> graph, n = Graph(), Dim.named("n")
    >>> A, x = graph.variable("A", (n, n)), graph.variable("x", (n,))
    >>> product = graph.einsum((A, A, x), ((0, 1), (1, 2), (2,)), (0,))
    >>> (node,) = scheduled([product]).roots
    >>> node.operands[0] is A, node.operands[1].operands == (A, x)
    (True, True)
    """
    if order is None:
        order = postorder(*roots)
    return _Scheduler(roots, sizes or {}, squares).schedule(order)


class _Scheduler:
    """The pass: each node's form while its one user may still take it in, then its node."""

    __slots__ = ("contractor", "forms", "graph", "made", "products", "roots", "sums", "uses")

    def __init__(self, roots: Sequence[Node], sizes: Mapping[str, int], squares: bool) -> None:
        self.graph = Graph()
        self.products = Products(self.graph, squares)
        self.contractor = Contractor(self.graph, self.products, sizes, eager=squares)
        self.roots = roots
        self.made: dict[Node, Node] = {}
        self.forms: dict[Node, Network] = {}
        self.sums: dict[Node, list[Network]] = {}
        self.uses: Mapping[Node, int] = {}

    def schedule(self, order: Sequence[Node]) -> Schedule:
        self.uses = uses_of(self.roots, order)
        for node in order:
            if isinstance(node, Variable):
                # the code reads a variable by its name, whatever it depends on
                self.made[node] = node
            elif isinstance(node, Einsum) and not is_wired(node):
                terms = self._both_ways(node)
                if terms is None:
                    self.forms[node] = self._product(node)
                else:
                    self.sums[node] = terms
            elif isinstance(node, Add) and node.operands:
                self._meet_sum(node)
            else:
                self.made[node] = again(self.graph, node, tuple(map(self.value, node.operands)))
        roots = [self.value(root) for root in self.roots]
        below = postorder(*roots)
        better = refined(self.graph, roots, below)
        if better != roots:
            below = postorder(*better)
        return Schedule(better, below, tuple(self.contractor.notes))

    def value(self, node: Node) -> Node:
        """The node that computes the value."""
        made = self.made.get(node)
        if made is None:
            form = self.forms.get(node)
            made = self._sum(self.sums[node], node.dims) if form is None else self._finished(form)
            self.made[node] = made
        return made

    # forms

    def _product(self, node: Einsum) -> Network:
        """The product with what it alone uses multiplied out."""
        for operand in node.operands:
            if operand.mark & JOINED:
                break
        else:
            return joined(tuple([self.made[operand] for operand in node.operands]), node)
        joiner = Joiner()
        for operand, indices in zip(node.operands, node.inputs, strict=True):
            joiner.meet(indices, operand.dims)
            if isinstance(operand, Delta):
                joiner.unite(indices)
            elif isinstance(operand, Number):
                joiner.coefficient = joiner.coefficient * operand.value
            elif operand in self.sums and self.uses[operand] == 1 and len(node.operands) > 1:
                joiner.add(self._opened(operand), indices)
            else:
                self._take(joiner, operand, indices, len(node.operands) + len(joiner.factors))
        return joiner.network(self.graph, node.output)

    def _both_ways(self, node: Einsum) -> list[Network] | None:
        """(A + A')·x as A·x + A'·x, where A + A' is for this alone; no other sum, which may cancel."""
        if len(node.operands) != 2:
            return None
        for number, operand in enumerate(node.operands):
            terms = self.sums.get(operand)
            if terms is None:
                continue
            other = node.operands[1 - number]
            if len(terms) != 2 or self.uses[operand] > 1 or other.order != 1 or node.order != 1:
                continue
            (one, *_), (two, *_) = (term.factors or ((None, ()),) for term in terms)
            single = all(len(term.factors) == 1 and term.plain for term in terms)
            if not single or one[0] is not two[0] or not isinstance(one[0], Variable):
                continue
            if terms[0].coefficient != terms[1].coefficient:
                continue
            made: list[Network] = []
            for term in terms:
                joiner = Joiner()
                for indices, dims in zip(node.inputs, (n.dims for n in node.operands), strict=True):
                    joiner.meet(indices, dims)
                joiner.add(term, node.inputs[number])
                self._take(joiner, other, node.inputs[1 - number], 2)
                made.append(_over_axes(joiner.network(self.graph, node.output)))
            return made
        return None

    def _taken(self, node: Node, others: int) -> Network | None:
        """An operand as a product of its own factors, where nobody else needs its value."""
        form = self.forms.get(node)
        if form is None or len(form.factors) + others > MOST_INLINED:
            return None
        return form if self.uses[node] == 1 or _is_cheap(form) else None

    def _take(self, joiner: Joiner, node: Node, indices: Indices, others: int) -> None:
        """Multiply a product by an operand, which has these indices."""
        form = self._taken(node, others)
        if form is None:
            joiner.factors.append((self.value(node), indices))
        else:
            joiner.add(form, indices)

    def _meet_sum(self, node: Add) -> None:
        """A sum as a list of products over its axes."""
        step = self._step(node)
        if step is not None:
            self.forms[node] = step
            return
        terms: list[Network] = []
        for coefficient, operand in zip(node.coefficients, node.operands, strict=True):
            if operand in self.sums and self.uses[operand] == 1 and len(terms) < MOST_TERMS:
                terms += [term.scaled(coefficient) for term in self.sums[operand]]
                continue
            form = self._term(operand)
            if form is None:
                form = atom(self.value(operand))
            elif len(node.operands) > 1:
                form = _over_axes(form)
            terms.append(form.scaled(coefficient))
        if len(terms) == 1:
            self.forms[node] = terms[0]
        else:
            self.sums[node] = terms

    def _term(self, node: Node) -> Network | None:
        """A term of a sum as a product, where it is more than its value."""
        match node:
            case Number():
                return Network(node.value, (), (), {})
            case Delta():
                joiner = Joiner()
                axes = tuple(range(node.order))
                joiner.meet(axes, node.dims)
                joiner.unite(axes)
                return joiner.network(self.graph, axes)
            case _:
                return self._taken(node, 0)

    def _step(self, node: Add) -> Network | None:
        """1 + sign(u) is twice the mask of u > 0, where sign has been taken of a half at 0."""
        if len(node.operands) != 2 or node.coefficients[0] != node.coefficients[1]:
            return None
        for one, sign in (node.operands, node.operands[::-1]):
            if not isinstance(sign, Map) or sign.function != "sign" or self.uses[sign] > 1:
                continue
            if is_unit(one) or (isinstance(one, Number) and one.value == 1):
                mask = self.graph.map(STEP, (self.value(sign.operands[0]),))
                return atom(mask).scaled(2 * node.coefficients[0])
        return None

    def _opened(self, node: Node) -> Network:
        """A sum in a product: the factors that all its terms have, and the sum of what is left."""
        terms = self.sums[node]
        if len(terms) > MOST_TERMS or not all(term.plain for term in terms):
            return atom(self.value(node))
        common, rests = common_factors(terms, self.products.symmetric)
        axes = tuple(range(node.order))
        dims = dict(zip(axes, node.dims, strict=True))
        needed = {index for rest in rests for index in rest.used}
        used = tuple([axis for axis in axes if axis in needed])
        unit, inner = self._total(rests, used)
        return Network(unit, (*common, (inner, used)), axes, dims)

    # nodes

    def _sum(self, terms: list[Network], dims: Dims) -> Node:
        """The node of a sum of products over the axes."""
        if len(terms) <= MOST_TERMS:
            terms = grouped(terms, self._total, self.products.symmetric, self.contractor.entries)
        coefficients: dict[Node, Rational] = {}
        # what is placed is added to an array of its own, which should need no change of sign
        plain = [term.coefficient for term in terms if term.plain]
        signed = len(plain) < len(terms) and max(plain, default=-1) < 0
        for term in terms:
            coefficient, node = self.contractor.core(term, signed=signed)
            coefficients[node] = coefficients.get(node, 0) + coefficient
        kept = {node: c for node, c in coefficients.items() if c != 0}
        if len(kept) == 1:
            ((node, coefficient),) = kept.items()
            return node if coefficient == 1 else self.graph.add((coefficient,), (node,), dims)
        # y - x is one step where -x + y is two
        half = halved(kept, self.products)
        if half is not None:
            listed, exchange = half
            part = self.graph.add(tuple(kept[node] for node in listed), tuple(listed), dims)
            turned = self.graph.einsum((part,), (exchange,), tuple(range(len(dims))))
            return self.graph.add((1, 1), (part, turned), dims)
        first = next(iter(kept.values()), 1)
        listed = sorted(kept, key=lambda node: kept[node] < 0) if first < 0 else list(kept)
        return self.graph.add(tuple([kept[node] for node in listed]), tuple(listed), dims)

    def _total(self, terms: list[Network], axes: Indices) -> tuple[Rational, Node]:
        """The sum of products over some of their axes, apart from a number: one form for all signs."""
        dims = tuple([terms[0].dims[axis] for axis in axes])
        before = content([term.coefficient for term in terms])
        rests = [_restricted(term.scaled(quotient(1, before)), axes) for term in terms]
        node = self._sum(rests, dims)
        if not isinstance(node, Add) or not node.operands:
            return before, node
        pairs = [*zip(node.coefficients, node.operands, strict=True)]
        # an array made for the sum first: NumPy then needs no other
        pairs.sort(key=lambda pair: (_rank(pair[1]), self.products.place(pair[1])))
        unit = content([coefficient for coefficient, _ in pairs])
        kept = tuple([quotient(coefficient, unit) for coefficient, _ in pairs])
        if len(kept) == 1:
            return before * unit, pairs[0][1]
        return before * unit, self.graph.add(kept, tuple([operand for _, operand in pairs]), dims)

    def _finished(self, network: Network) -> Node:
        coefficient, node = self.contractor.core(network, signed=True)
        return node if coefficient == 1 else self.graph.add((coefficient,), (node,), node.dims)


def _rank(node: Node) -> int:
    """Ones first, then what is made for a sum, then what is given."""
    return 0 if is_unit(node) or isinstance(node, Number) else 1 + isinstance(node, Variable)


def _is_cheap(form: Network) -> bool:
    """Whether it is better multiplied out, however often its value is needed."""
    return form.is_expansion and (form.coefficient == 1 or len(form.factors) == 1)


def _over_axes(network: Network) -> Network:
    """The product with the place of each axis for its index."""
    names: dict[int, int] = {}
    for axis, index in enumerate(network.output):
        names.setdefault(index, axis)
    count = len(network.output)
    for index in network.dims:
        if index not in names:
            names[index] = count
            count += 1
    if [*names] == [*names.values()]:
        return network
    return Network(
        network.coefficient,
        tuple([(node, tuple([names[i] for i in indices])) for node, indices in network.factors]),
        tuple([names[index] for index in network.output]),
        {names[index]: dim for index, dim in network.dims.items()},
    )


def _restricted(network: Network, axes: Indices) -> Network:
    """The product over some of its axes; along the others it is the same."""
    if axes != network.output:
        network = Network(network.coefficient, network.factors, axes, network.dims)
    return _over_axes(network)
