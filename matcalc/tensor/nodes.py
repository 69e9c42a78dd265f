"""The tensor graph: immutable nodes, interned by a Graph, with ordered axes and no names of indices.

Equal means identical within one Graph: compare with `is`.  `serial` counts nodes in the order of
their making, so sorting by it is the same in every run.  Constructors here are plain: they check
shapes and intern; every simplification is a named rule in `rules`, applied by `simplify.Builder`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from matcalc.language.dimensions import Dim

if TYPE_CHECKING:
    from matcalc.rational import Rational

Dims = tuple[Dim, ...]
Indices = tuple[int, ...]


STRUCTURED = 1 << 2
"""The mark of a variable that has attributes."""


class Node:
    """A tensor of the shape `dims`, made from `operands`.

    `mark` is a bit for each kind, by which a rule knows a product that it has nothing to do with.
    """

    __slots__ = ("dims", "operands", "serial")
    mark: int = 0
    dims: Dims
    operands: tuple[Node, ...]
    serial: int

    @property
    def order(self) -> int:
        return len(self.dims)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.serial}>"


class Number(Node):
    """An exact rational."""

    __slots__ = ("value",)
    mark = 1 << 0
    value: Rational


class Size(Node):
    """A dimension used as a value."""

    __slots__ = ("size",)
    mark = 1 << 1
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
    mark = 1 << 3


class Fuse(Node):
    """The flattening of the axes `dims[:-1]`, the last one fastest, into the axis `dims[-1]`: 0 or 1.

    vec(A)[k] = Σ A[i,j]·Fuse(n, m)[j,i,k], column-major.
    """

    __slots__ = ()
    mark = 1 << 4


class Constant(Node):
    """A constant with a name: `pi` (), `e` (position, Dim), `block` (Dim before, Dim, Dim after): the 0/1
    matrix of the shape (Dim, total) that puts a block in its place, `duplication` (Dim,), `vech` (Dim,),
    `lower` / `upper` (Dim,): the 0/1 mask of the triangle with the diagonal.
    """

    __slots__ = ("name", "params")
    mark = 1 << 5
    name: str
    params: tuple[int | Dim, ...]


class Einsum(Node):
    """Σ over every index that `output` does not name, of the product of the operands.

    `inputs[k]` are the indices of the axes of operand k; every index of `output` is some input's.
    """

    __slots__ = ("inputs", "output")
    mark = 1 << 6
    inputs: tuple[Indices, ...]
    output: Indices


class Add(Node):
    """Σ of coefficient times operand, all of the same dims.  Without operands it is zero of its dims."""

    __slots__ = ("coefficients",)
    mark = 1 << 7
    coefficients: tuple[Rational, ...]


class Map(Node):
    """A function applied entry by entry to operands of equal dims; `pow`'s exponent may be a scalar.

    `primes` counts the derivatives taken of a function that is declared `elementwise`.
    """

    __slots__ = ("function", "primes")
    mark = 1 << 8
    function: str
    primes: int


class Apply(Node):
    """A function of whole tensors: inv, det, logdet, matpower (X; or X, k), softmax, ..."""

    __slots__ = ("function", "params")
    mark = 1 << 9
    function: str
    params: tuple[tuple[str, int], ...]


class Partial(Node):
    """∂A/∂X of a declared dependence, in jacobian axes; `operands` are A, then each X."""

    __slots__ = ()


def postorder(*roots: Node) -> Iterator[Node]:
    """Every node below the roots once, operands before users, without recursion."""
    seen: set[Node] = set()
    # what is below a mark waits for its operands, which are above it
    stack: list[Node | None] = [*reversed(roots)]
    while stack:
        node = stack.pop()
        if node is None:
            node = stack.pop()
            assert node is not None
            yield node
        elif node not in seen:
            seen.add(node)
            if node.operands:
                stack += (node, None, *reversed(node.operands))
            else:
                yield node


class Graph:
    """Makes nodes, each distinct one once.

    >>> graph, n = Graph(), Dim.named("n")
    >>> x = graph.variable("x", (n,))
    >>> graph.einsum((x, x), ((0,), (0,)), ()) is graph.einsum((x, x), ((0,), (0,)), ())
    True
    """

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Node] = {}

    def __len__(self) -> int:
        return len(self._known)

    def _intern(
        self, node: Node, dims: Dims, operands: tuple[Node, ...], key: tuple[object, ...]
    ) -> None:
        node.dims = dims
        node.operands = operands
        node.serial = len(self._known)
        self._known[key] = node

    def number(self, value: Rational) -> Number:
        key = (Number, value)
        node = self._known.get(key)
        if node is None:
            node = Number()
            node.value = value
            self._intern(node, (), (), key)
        assert isinstance(node, Number)
        return node

    def size(self, size: Dim) -> Size:
        key = (Size, size)
        node = self._known.get(key)
        if node is None:
            node = Size()
            node.size = size
            self._intern(node, (), (), key)
        assert isinstance(node, Size)
        return node

    def variable(
        self,
        name: str,
        dims: Dims,
        attributes: tuple[str, ...] = (),
        depends: tuple[Node, ...] = (),
    ) -> Variable:
        key = (Variable, name, dims, attributes, depends)
        node = self._known.get(key)
        if node is None:
            node = Variable()
            node.name = name
            node.attributes = attributes
            node.mark = STRUCTURED if attributes else 0
            self._intern(node, dims, depends, key)
        assert isinstance(node, Variable)
        return node

    def delta(self, dim: Dim, order: int = 2) -> Delta:
        assert order >= 1
        key = (Delta, dim, order)
        node = self._known.get(key)
        if node is None:
            node = Delta()
            self._intern(node, (dim,) * order, (), key)
        assert isinstance(node, Delta)
        return node

    def fuse(self, parts: Dims) -> Fuse:
        assert parts
        key = (Fuse, parts)
        node = self._known.get(key)
        if node is None:
            node = Fuse()
            total = parts[0]
            for part in parts[1:]:
                total = total * part
            self._intern(node, (*parts, total), (), key)
        assert isinstance(node, Fuse)
        return node

    def constant(self, name: str, params: tuple[int | Dim, ...], dims: Dims) -> Constant:
        key = (Constant, name, params)
        node = self._known.get(key)
        if node is None:
            node = Constant()
            node.name = name
            node.params = params
            self._intern(node, dims, (), key)
        assert isinstance(node, Constant)
        return node

    def einsum(
        self, operands: tuple[Node, ...], inputs: tuple[Indices, ...], output: Indices
    ) -> Einsum:
        key = (Einsum, operands, inputs, output)
        node = self._known.get(key)
        if node is None:
            sizes: dict[int, Dim] = {}
            for operand, indices in zip(operands, inputs, strict=True):
                for index, dim in zip(indices, operand.dims, strict=True):
                    known = sizes.setdefault(index, dim)
                    assert known is dim or known == dim, (known, dim)
            node = Einsum()
            node.inputs = inputs
            node.output = output
            self._intern(node, tuple(sizes[index] for index in output), operands, key)
        assert isinstance(node, Einsum)
        return node

    def add(
        self, coefficients: tuple[Rational, ...], operands: tuple[Node, ...], dims: Dims
    ) -> Add:
        key = (Add, coefficients, operands, dims)
        node = self._known.get(key)
        if node is None:
            assert all(operand.dims == dims for operand in operands), (dims, operands)
            node = Add()
            node.coefficients = coefficients
            self._intern(node, dims, operands, key)
        assert isinstance(node, Add)
        return node

    def zero(self, dims: Dims) -> Add:
        return self.add((), (), dims)

    def map(self, function: str, operands: tuple[Node, ...], primes: int = 0) -> Map:
        key = (Map, function, operands, primes)
        node = self._known.get(key)
        if node is None:
            node = Map()
            node.function = function
            node.primes = primes
            self._intern(node, operands[0].dims, operands, key)
        assert isinstance(node, Map)
        return node

    def apply(
        self,
        function: str,
        operands: tuple[Node, ...],
        dims: Dims,
        params: tuple[tuple[str, int], ...] = (),
    ) -> Apply:
        key = (Apply, function, operands, params)
        node = self._known.get(key)
        if node is None:
            node = Apply()
            node.function = function
            node.params = params
            self._intern(node, dims, operands, key)
        assert isinstance(node, Apply)
        return node

    def partial(self, variable: Node, by: Iterable[Node]) -> Partial:
        operands = (variable, *by)
        key = (Partial, operands)
        node = self._known.get(key)
        if node is None:
            node = Partial()
            dims = tuple(dim for operand in operands for dim in operand.dims)
            self._intern(node, dims, operands, key)
        assert isinstance(node, Partial)
        return node


def is_zero(node: Node) -> bool:
    """Whether it is the zero tensor as a node (not whether it happens to vanish)."""
    return isinstance(node, Add) and not node.operands
