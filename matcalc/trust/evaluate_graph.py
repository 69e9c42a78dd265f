"""The value of a tensor graph at a point, over plain scalars."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING, Any, cast

from matcalc.errors import InternalError
from matcalc.tensor.nodes import (
    Add,
    Apply,
    Constant,
    Delta,
    Einsum,
    Fuse,
    Indices,
    Map,
    Node,
    Number,
    Partial,
    Size,
    Variable,
    postorder,
)
from matcalc.trust import jets, linear_algebra
from matcalc.trust.constants import unit_vector
from matcalc.trust.contraction import Wire, einsum, materialise
from matcalc.trust.evaluate_typed import call
from matcalc.trust.field import Field, Mismatch
from matcalc.trust.sample import Point
from matcalc.trust.tensors import Part, Tensor, combine, filled, scalar

if TYPE_CHECKING:
    from matcalc.rational import Rational

Value = Tensor | Wire
Memo = dict[Node, Value]


def evaluate(root: Node, point: Point, memo: Memo | None = None) -> Tensor:
    """The value of a node, the memo holds those of nodes at the point; raises as
    `evaluate_typed.evaluate` does.

    >>> from matcalc.tensor.nodes import Graph
    >>> from matcalc.trust.field import Field
    >>> graph = Graph()
    >>> evaluate(graph.add((2, 3), (graph.number(1), graph.number(5)), ()), Point(Field(0), {}, 1)).parts
    {0: [17.0]}
    """
    if memo is None:
        memo = {}
    fresh = [node for node in postorder(root) if node not in memo]
    try:
        fill(memo, fresh, point)
    except BaseException:
        # what has not been watched is not known
        for node in fresh:
            memo.pop(node, None)
        raise
    return dense(memo[root], point)


class Contraction:
    """A node whose axes after the first `lead` are contracted with directions, each of so many axes.

    Sums and products are contracted before they are multiplied out, so the tensor of all its
    entries is never made.
    """

    __slots__ = ("_coefficients", "_dims", "_order", "_terms")

    def __init__(self, root: Node, lead: int, directions: list[int]) -> None:
        self._dims = root.dims[:lead]
        self._coefficients: tuple[Rational, ...] = (1,)
        terms: tuple[Node, ...] = (root,)
        if isinstance(root, Add):
            self._coefficients, terms = root.coefficients, root.operands
        self._terms: list[tuple[tuple[Node, ...], tuple[Indices, ...], Indices]] = []
        needed: list[Node] = []
        for term in terms:
            if isinstance(term, Einsum):
                operands, inputs, axes = term.operands, term.inputs, term.output
            else:
                axes = tuple(range(term.order))
                operands, inputs = (term,), (axes,)
            at = lead
            for order in directions:
                inputs = (*inputs, axes[at : at + order])
                at += order
            if at != len(axes):
                raise Mismatch("the answer has other axes than the derivative")
            self._terms.append((operands, inputs, axes[:lead]))
            needed += operands
        self._order = list(postorder(*needed))

    def at(self, point: Point, directions: list[Tensor], memo: Memo) -> Tensor:
        """The value at a point; the memo holds those of nodes there."""
        fill(memo, self._order, point)
        field, shape, value_of = point.field, point.shape(self._dims), memo.__getitem__
        values = []
        for operands, inputs, output in self._terms:
            values.append(
                einsum(field, [*map(value_of, operands), *directions], inputs, output, shape)
            )
        if self._coefficients == (1,):
            return values[0]
        return combine(field, _factors(field, self._coefficients), values, shape)


def _factors(field: Field, coefficients: tuple[Rational, ...]) -> list[Any]:
    return [c if type(c) is int else field.number(c) for c in coefficients]


def fill(memo: Memo, order: list[Node], point: Point) -> None:
    """Evaluate these nodes, operands first, that are not known."""
    value_of, variable = memo.__getitem__, point.variable
    node: Any
    for node in order:
        if node in memo:
            continue
        kind = type(node)
        if kind is Variable and not node.operands:
            memo[node] = variable(node.name, node.dims, node.attributes)
        elif kind is Partial:
            memo[node] = _partial(node, memo, point)
        elif kind in _HANDLERS:
            memo[node] = _HANDLERS[kind](node, point, *map(value_of, node.operands))
        else:
            raise InternalError(f"verification knows no kind {kind.__name__}")
    if not point.field.prime:
        point.watch([value for value in map(value_of, order) if type(value) is Tensor])


def dense(value: Value, point: Point) -> Tensor:
    """A value with its entries stored."""
    return materialise(point.field, value) if isinstance(value, Wire) else value


# kinds: each of the node, the point and the values of the operands


def _number(node: Number, point: Point) -> Value:
    return scalar(point.field.number(node.value))


def _size(node: Size, point: Point) -> Value:
    return scalar(point.field.number(node.size.evaluate(point.sizes)))


def _dependence(node: Variable, point: Point, *inputs: Tensor) -> Value:
    return point.dependence(node.name, node.dims, list(inputs), node.attributes)


def _delta(node: Delta, point: Point) -> Value:
    return Wire("delta", point.shape(node.dims))


def _fuse(node: Fuse, point: Point) -> Value:
    return Wire("fuse", point.shape(node.dims))


def _constant(node: Constant, point: Point) -> Value:
    field, shape, params = point.field, point.shape(node.dims), node.params
    zero, one = field.number(0), field.number(1)

    def entries(ones: set[tuple[int, ...]]) -> Tensor:
        part: Part = [zero] * prod(shape)
        for place in ones:
            flat = 0
            for i, n in zip(place, shape, strict=True):
                if not i < n:
                    raise Mismatch(f"an entry {place} of {shape}")
                flat = flat * n + i
            part[flat] = one
        return Tensor(shape, {0: part})

    match node.name:
        case "pi":
            return point.pi()
        case "e":
            return unit_vector(point, params[0], shape[0])
        case "block":
            start = _literal(params[0], point)
            return entries({(i, start + i) for i in range(shape[0])})
        case "duplication":
            n = _literal(params[0], point)
            place = _triangle(n)
            return entries(
                {(j * n + i, place[max(i, j), min(i, j)]) for i in range(n) for j in range(n)}
            )
        case "vech":
            n = _literal(params[0], point)
            return entries({(k, i, j) for (i, j), k in _triangle(n).items()})
        case "lower":
            return entries({(i, j) for i in range(shape[0]) for j in range(i + 1)})
        case "upper":
            return entries({(i, j) for j in range(shape[0]) for i in range(j + 1)})
        case name:
            raise InternalError(f"verification knows no constant {name}")


def _literal(param: Any, point: Point) -> int:
    return param if isinstance(param, int) else cast(int, param.evaluate(point.sizes))


def _triangle(n: int) -> dict[tuple[int, int], int]:
    """Where the entries of the lower triangle stand in vech."""
    pairs = [(i, j) for j in range(n) for i in range(j, n)]
    return {pair: k for k, pair in enumerate(pairs)}


def _einsum(node: Einsum, point: Point, *operands: Value) -> Value:
    return einsum(point.field, list(operands), node.inputs, node.output)


def _add(node: Add, point: Point, *terms: Value) -> Value:
    field, shape = point.field, point.shape(node.dims)
    if not terms:
        return filled(shape, field.number(0))
    stored = [dense(term, point) for term in terms]
    return combine(field, _factors(field, node.coefficients), stored, shape)


def _map(node: Map, point: Point, *operands: Value) -> Value:
    args = [dense(operand, point) for operand in operands]
    if node.function == "pow" and "pow" not in point.functions:
        return jets.general_power(point.field, args[0], args[1])
    return call(node.function, (), args, point, node.primes)


def _apply(node: Apply, point: Point, *operands: Value) -> Value:
    args = [dense(operand, point) for operand in operands]
    if node.function == "matpower":
        return linear_algebra.real_matrix_power(point.field, args[0], args[1])
    if node.function == "matpower_derivative":

        def raised(field: Field, matrix: Tensor) -> Tensor:
            return linear_algebra.real_matrix_power(field, matrix, args[1])

        return linear_algebra.jacobian(point.field, raised, args[0])
    return call(node.function, node.params, args, point)


def _partial(node: Node, memo: Memo, point: Point) -> Value:
    """Of a dependence by some of its inputs: it needs the values of all of them."""
    variable = cast(Variable, node.operands[0])
    places = {operand: place for place, operand in enumerate(variable.operands)}
    by = []
    for operand in node.operands[1:]:
        if operand not in places:
            raise InternalError(f"a derivative of {variable.name} by what it is no function of")
        by.append(places[operand])
    inputs = [cast(Tensor, memo[operand]) for operand in variable.operands]
    return point.partial(variable.name, variable.dims, inputs, by, variable.attributes)


_HANDLERS: dict[type[Node], Callable[..., Value]] = {
    Number: _number,
    Size: _size,
    Variable: _dependence,
    Delta: _delta,
    Fuse: _fuse,
    Constant: _constant,
    Einsum: _einsum,
    Add: _add,
    Map: _map,
    Apply: _apply,
}
