"""The value of a tensor graph at a point, over plain scalars."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, cast

from matcalc.errors import InternalError
from matcalc.tensor.nodes import (
    Add,
    Apply,
    Constant,
    Delta,
    Einsum,
    Fuse,
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

Value = Tensor | Wire
Memo = dict[Node, Value]


def evaluate(root: Node, point: Point) -> Tensor:
    """The value of a node; raises as `evaluate_typed.evaluate` does.

    >>> from matcalc.tensor.nodes import Graph
    >>> from matcalc.trust.field import Field
    >>> graph = Graph()
    >>> evaluate(graph.add((2, 3), (graph.number(1), graph.number(5)), ()), Point(Field(0), {}, 1)).parts
    {0: [17.0]}
    """
    memo: Memo = {}
    fill(memo, [root], point)
    return dense(memo[root], point)


def contracted(root: Node, directions: list[Tensor], lead: int, point: Point) -> Tensor:
    """The value with the axes after the first `lead` contracted with the directions, in order.

    Sums and products are contracted before they are multiplied out, so the tensor of all its
    entries is never made.
    """
    if not directions:
        return evaluate(root, point)
    field = point.field
    if isinstance(root, Add):
        terms = list(zip(root.coefficients, root.operands, strict=True))
    else:
        terms = [(1, root)]
    memo: Memo = {}
    needed: list[Node] = []
    for _, term in terms:
        needed.extend(term.operands if isinstance(term, Einsum) else (term,))
    fill(memo, needed, point)
    shape = point.shape(root.dims[:lead])
    values = []
    for _, term in terms:
        operands: list[Value]
        if isinstance(term, Einsum):
            operands, inputs = [memo[o] for o in term.operands], term.inputs
            axes = term.output
        else:
            operands, inputs = [memo[term]], (tuple(range(term.order)),)
            axes = inputs[0]
        more = []
        at = lead
        for direction in directions:
            more.append(axes[at : at + len(direction.shape)])
            at += len(direction.shape)
        if at != len(axes):
            raise Mismatch("the answer has other axes than the derivative")
        values.append(einsum(field, [*operands, *directions], (*inputs, *more), axes[:lead], shape))
    return combine(field, [field.number(c) for c, _ in terms], values, shape)


def fill(memo: Memo, roots: list[Node], point: Point) -> None:
    """Evaluate everything below the roots."""
    watch = not point.field.prime
    for node in postorder(*roots):
        if node in memo:
            continue
        handler = _HANDLERS.get(type(node))
        if handler is None:
            raise InternalError(f"verification knows no kind {type(node).__name__}")
        value = handler(node, memo, point)
        if watch and isinstance(value, Tensor):
            point.watch(value)
        memo[node] = value


def dense(value: Value, point: Point) -> Tensor:
    """A value with its entries stored."""
    return materialise(point.field, value) if isinstance(value, Wire) else value


def _number(node: Number, memo: Memo, point: Point) -> Value:
    return scalar(point.field.number(node.value))


def _size(node: Size, memo: Memo, point: Point) -> Value:
    return scalar(point.field.number(node.size.evaluate(point.sizes)))


def _variable(node: Variable, memo: Memo, point: Point) -> Value:
    if node.operands:
        inputs = [cast(Tensor, memo[operand]) for operand in node.operands]
        return point.dependence(node.name, node.dims, inputs)
    return point.variable(node.name, node.dims, node.attributes)


def _delta(node: Delta, memo: Memo, point: Point) -> Value:
    return Wire("delta", point.shape(node.dims))


def _fuse(node: Fuse, memo: Memo, point: Point) -> Value:
    return Wire("fuse", point.shape(node.dims))


def _constant(node: Constant, memo: Memo, point: Point) -> Value:
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


def _einsum(node: Einsum, memo: Memo, point: Point) -> Value:
    return einsum(point.field, [memo[o] for o in node.operands], node.inputs, node.output)


def _add(node: Add, memo: Memo, point: Point) -> Value:
    field, shape = point.field, point.shape(node.dims)
    if not node.operands:
        return filled(shape, field.number(0))
    terms = [dense(memo[o], point) for o in node.operands]
    return combine(field, [field.number(c) for c in node.coefficients], terms, shape)


def _map(node: Map, memo: Memo, point: Point) -> Value:
    args = [dense(memo[o], point) for o in node.operands]
    if node.function == "pow" and "pow" not in point.functions:
        return jets.general_power(point.field, args[0], args[1])
    return call(node.function, (), args, point, node.primes)


def _apply(node: Apply, memo: Memo, point: Point) -> Value:
    args = [dense(memo[o], point) for o in node.operands]
    if node.function == "matpower":
        return linear_algebra.real_matrix_power(point.field, args[0], args[1])
    if node.function == "matpower_derivative":

        def raised(field: Field, matrix: Tensor) -> Tensor:
            return linear_algebra.real_matrix_power(field, matrix, args[1])

        return linear_algebra.jacobian(point.field, raised, args[0])
    return call(node.function, node.params, args, point)


def _partial(node: Partial, memo: Memo, point: Point) -> Value:
    variable = cast(Variable, node.operands[0])
    places = {operand: place for place, operand in enumerate(variable.operands)}
    by = []
    for operand in node.operands[1:]:
        if operand not in places:
            raise InternalError(f"a derivative of {variable.name} by what it is no function of")
        by.append(places[operand])
    inputs = [cast(Tensor, memo[operand]) for operand in variable.operands]
    return point.partial(variable.name, variable.dims, inputs, by)


_HANDLERS: dict[type[Node], Callable[[Any, Memo, Point], Value]] = {
    Number: _number,
    Size: _size,
    Variable: _variable,
    Delta: _delta,
    Fuse: _fuse,
    Constant: _constant,
    Einsum: _einsum,
    Add: _add,
    Map: _map,
    Apply: _apply,
    Partial: _partial,
}
