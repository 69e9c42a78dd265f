"""The tensor graph: immutable nodes, interned by a Graph, with ordered axes and no names of indices.

Equal means identical within one Graph: compare with `is`.  `serial` counts nodes in the order of
their making, so sorting by it is the same in every run.  Constructors here are plain: they check
shapes and intern; every simplification is a named rule in `rules`, applied by `simplify.Builder`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from matcalc.language.dimensions import Dim
from matcalc.tensor import marks

if TYPE_CHECKING:
    from matcalc.rational import Rational

Dims = tuple[Dim, ...]
Indices = tuple[int, ...]


LONGEST_KEPT = 256
"""Walks up to this one are kept."""


class Node:
    """A tensor of the shape `dims`, made from `operands`; `order` is the number of its axes.

    `mark` says what rules may ask of it; `below` is what `postorder` found, empty before.
    """

    __slots__ = ("below", "dims", "operands", "order", "serial")
    mark: int = 0
    dims: Dims
    order: int
    operands: tuple[Node, ...]
    serial: int
    below: tuple[Node, ...]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.serial}>"


class Number(Node):
    """An exact rational."""

    __slots__ = ("value",)
    mark = marks.NUMBER
    value: Rational


class Size(Node):
    """A dimension used as a value."""

    __slots__ = ("size",)
    mark = marks.SIZE
    size: Dim


class Variable(Node):
    """A named tensor.  `operands` are the variables that it is an unspecified function of.

    The unnamed bilinear product is one too: its structure tensor, named `⋆`, of the dims of the
    result, the left operand and the right one.
    """

    __slots__ = ("attributes", "mark", "name")
    name: str
    attributes: tuple[str, ...]


class Delta(Node):
    """The copy tensor: 1 where all indices are equal.  Of order 1 it is ones(n), of order 2 eye(n)."""

    __slots__ = ()
    mark = marks.DELTA


class Fuse(Node):
    """The flattening of the axes `dims[:-1]`, the last one fastest, into the axis `dims[-1]`: 0 or 1.

    vec(A)[k] = Σ A[i,j]·Fuse(n, m)[j,i,k], column-major.
    """

    __slots__ = ()
    mark = marks.FUSE


class Constant(Node):
    """A constant with a name: `pi` (), `e` (position, Dim), `block` (Dim before, Dim, Dim after): the 0/1
    matrix of the shape (Dim, total) that puts a block in its place, `duplication` (Dim,), `vech` (Dim,),
    `lower` / `upper` (Dim,): the 0/1 mask of the triangle with the diagonal.
    """

    __slots__ = ("name", "params")
    mark = marks.CONSTANT
    name: str
    params: tuple[int | Dim, ...]


class Einsum(Node):
    """Σ over every index that `output` does not name, of the product of the operands.

    `inputs[k]` are the indices of the axes of operand k; every index of `output` is some input's.
    """

    __slots__ = ("inputs", "output")
    mark = marks.PRODUCT
    inputs: tuple[Indices, ...]
    output: Indices


class Add(Node):
    """Σ of coefficient times operand, all of the same dims.  Without operands it is zero of its dims."""

    __slots__ = ("coefficients", "mark")
    coefficients: tuple[Rational, ...]


class Map(Node):
    """A function applied entry by entry to operands of equal dims; `pow`'s exponent may be a scalar.

    `primes` counts the derivatives taken of a function that is declared `elementwise`.
    """

    __slots__ = ("function", "mark", "primes")
    function: str
    primes: int


class Apply(Node):
    """A function of whole tensors: inv, det, logdet, matpower (X; or X, k), softmax, ..."""

    __slots__ = ("function", "mark", "params")
    function: str
    params: tuple[tuple[str, int], ...]


class Partial(Node):
    """∂A/∂X of a declared dependence, in jacobian axes; `operands` are A, then each X."""

    __slots__ = ()


def postorder(*roots: Node) -> tuple[Node, ...]:
    """Every node below the roots once, operands before users, without recursion.

    Below a root that is not large it is found once: what reads an answer reads it often.
    """
    if len(roots) == 1:
        root = roots[0]
        # kept without the root: what holds itself would wait for the collector
        return (*root.below, root) if root.below else _below(root)
    found: dict[Node, None] = {}
    for root in roots:
        if root.below:
            found.update(dict.fromkeys(root.below))
            found[root] = None
        elif not root.operands:
            found[root] = None
        elif root not in found:
            _walk(root, found)
    return tuple(found)


def _below(root: Node) -> tuple[Node, ...]:
    found: dict[Node, None] = {}
    _walk(root, found)
    walk = tuple(found)
    if len(walk) <= LONGEST_KEPT:
        root.below = walk[:-1]
    return walk


def _walk(root: Node, found: dict[Node, None]) -> None:
    """Add what is below a root, and has not been found yet."""
    stack = [(root, iter(root.operands))]
    while stack:
        node, operands = stack[-1]
        for operand in operands:
            if operand not in found:
                if operand.operands:
                    stack.append((operand, iter(operand.operands)))
                    break
                found[operand] = None
        else:
            found[node] = None
            stack.pop()


class Graph:
    """Makes nodes, each distinct one once.

    >>> graph, n = Graph(), Dim.named("n")
    >>> x = graph.variable("x", (n,))
    >>> graph.einsum((x, x), ((0,), (0,)), ()) is graph.einsum((x, x), ((0,), (0,)), ())
    True
    """

    __slots__ = (
        "_applies",
        "_constants",
        "_count",
        "_deltas",
        "_einsums",
        "_fuses",
        "_maps",
        "_numbers",
        "_partials",
        "_sizes",
        "_sums",
        "_variables",
        "_zeros",
    )

    def __init__(self) -> None:
        self._count = 0
        self._numbers: dict[Rational, Number] = {}
        self._sizes: dict[Dim, Size] = {}
        self._variables: dict[object, Variable] = {}
        self._deltas: dict[tuple[Dim, int], Delta] = {}
        self._fuses: dict[Dims, Fuse] = {}
        self._constants: dict[object, Constant] = {}
        self._einsums: dict[object, Einsum] = {}
        self._zeros: dict[Dims, Add] = {}
        self._sums: dict[object, Add] = {}
        self._maps: dict[object, Map] = {}
        self._applies: dict[object, Apply] = {}
        self._partials: dict[tuple[Node, ...], Partial] = {}

    def __len__(self) -> int:
        return self._count

    def _add(self, node: Node, dims: Dims, operands: tuple[Node, ...]) -> None:
        node.dims = dims
        node.order = len(dims)
        node.operands = operands
        node.serial = self._count
        node.below = ()
        self._count += 1

    def number(self, value: Rational) -> Number:
        node = self._numbers.get(value)
        if node is None:
            node = self._numbers[value] = Number()
            node.value = value
            self._add(node, (), ())
        return node

    def size(self, size: Dim) -> Size:
        node = self._sizes.get(size)
        if node is None:
            node = self._sizes[size] = Size()
            node.size = size
            self._add(node, (), ())
        return node

    def variable(
        self,
        name: str,
        dims: Dims,
        attributes: tuple[str, ...] = (),
        depends: tuple[Node, ...] = (),
    ) -> Variable:
        key = (name, dims, attributes, depends)
        node = self._variables.get(key)
        if node is None:
            node = self._variables[key] = Variable()
            node.name = name
            node.attributes = attributes
            node.mark = marks.of_variable(attributes) if attributes else 0
            self._add(node, dims, depends)
        return node

    def delta(self, dim: Dim, order: int = 2) -> Delta:
        assert order >= 1
        key = (dim, order)
        node = self._deltas.get(key)
        if node is None:
            node = self._deltas[key] = Delta()
            self._add(node, (dim,) * order, ())
        return node

    def fuse(self, parts: Dims) -> Fuse:
        assert parts
        node = self._fuses.get(parts)
        if node is None:
            node = self._fuses[parts] = Fuse()
            total = parts[0]
            for part in parts[1:]:
                total = total * part
            self._add(node, (*parts, total), ())
        return node

    def constant(self, name: str, params: tuple[int | Dim, ...], dims: Dims) -> Constant:
        key = (name, params)
        node = self._constants.get(key)
        if node is None:
            node = self._constants[key] = Constant()
            node.name = name
            node.params = params
            self._add(node, dims, ())
        return node

    def einsum(
        self,
        operands: tuple[Node, ...],
        inputs: tuple[Indices, ...],
        output: Indices,
        dims: Dims | None = None,
    ) -> Einsum:
        """Σ over the indices that `output` lacks; `dims` are given by who knows that all axes fit."""
        key = (operands, inputs, output)
        node = self._einsums.get(key)
        if node is None:
            if dims is None:
                sizes: dict[int, Dim] = {}
                for operand, indices in zip(operands, inputs, strict=True):
                    for index, dim in zip(indices, operand.dims, strict=True):
                        known = sizes.setdefault(index, dim)
                        assert known is dim or known == dim, (known, dim)
                dims = tuple([sizes[index] for index in output])
            node = self._einsums[key] = Einsum()
            node.inputs = inputs
            node.output = output
            self._add(node, dims, operands)
        return node

    def add(
        self, coefficients: tuple[Rational, ...], operands: tuple[Node, ...], dims: Dims
    ) -> Add:
        if not operands:
            return self.zero(dims)
        key = (coefficients, operands)
        node = self._sums.get(key)
        if node is None:
            for operand in operands:
                assert operand.dims is dims or operand.dims == dims, (dims, operands)
            node = self._sums[key] = Add()
            node.coefficients = coefficients
            node.mark = marks.of_sum(coefficients, operands)
            self._add(node, dims, operands)
        return node

    def zero(self, dims: Dims) -> Add:
        node = self._zeros.get(dims)
        if node is None:
            node = self._zeros[dims] = Add()
            node.coefficients = ()
            node.mark = marks.ZERO
            self._add(node, dims, ())
        return node

    def map(self, function: str, operands: tuple[Node, ...], primes: int = 0) -> Map:
        key = (function, operands, primes)
        node = self._maps.get(key)
        if node is None:
            node = self._maps[key] = Map()
            node.function = function
            node.primes = primes
            node.mark = marks.of_map(function, operands[0].mark)
            self._add(node, operands[0].dims, operands)
        return node

    def apply(
        self,
        function: str,
        operands: tuple[Node, ...],
        dims: Dims,
        params: tuple[tuple[str, int], ...] = (),
    ) -> Apply:
        key = (function, operands, params)
        node = self._applies.get(key)
        if node is None:
            node = self._applies[key] = Apply()
            node.function = function
            node.params = params
            node.mark = marks.of_function(function, operands[0].mark)
            self._add(node, dims, operands)
        return node

    def partial(self, variable: Node, by: Iterable[Node]) -> Partial:
        operands = (variable, *by)
        node = self._partials.get(operands)
        if node is None:
            node = self._partials[operands] = Partial()
            dims = tuple([dim for operand in operands for dim in operand.dims])
            self._add(node, dims, operands)
        return node


def is_zero(node: Node) -> bool:
    """Whether it is the zero tensor as a node (not whether it happens to vanish)."""
    return node.mark == marks.ZERO
