"""The value of a typed tree at a point, over jets, straight from the meaning of its operators."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from matcalc.errors import InternalError
from matcalc.functions import FUNCTIONS, Function, split_primes
from matcalc.language.typed import Typed, Variable, postorder
from matcalc.trust import jets, linear_algebra, operators
from matcalc.trust.constants import constant
from matcalc.trust.contraction import einsum
from matcalc.trust.nested import change, depends, varying
from matcalc.trust.primitives import ENTRYWISE, MATRIX, definition, ordered
from matcalc.trust.sample import Point
from matcalc.trust.scope import Scope
from matcalc.trust.tensors import Tensor, filled, multiply, pair, scalar, transpose

Known = dict[Typed, Tensor]
"""Values of nodes, each node an object of its own."""


def evaluate(
    root: Typed, point: Point, scope: Scope | None = None, known: Known | None = None
) -> Tensor:
    """The value of a typed expression.

    `known` holds the values of nodes at this point in this scope; it gets those that are found.
    Raises Retry where the point is outside of the domain, TooLarge past the budget, Mismatch where the
    sizes cannot be had.

    >>> x = Typed("variable", (), Variable("x", ()), ())
    >>> from matcalc.trust.field import Field
    >>> point = Point(Field(0), {}, 1)
    >>> evaluate(Typed("add", (x, x), (1, -1), ()), point).parts
    {0: [0.0]}
    """
    if scope is None:
        scope = Scope(point)
    if known is None:
        return _run(_walk(root, point), scope, {})
    if root not in known:
        order = ordered(root, known)
        try:
            _run(order, scope, known)
        except BaseException:
            # what has not been watched is not known
            for node in order:
                known.pop(node, None)
            raise
    return known[root]


def _walk(root: Typed, point: Point) -> list[Typed]:
    """The nodes in the order of evaluation, without those below a derivative."""
    found: list[Typed] | None = point.walks.get(root)
    if found is None:
        found = point.walks[root] = ordered(root, {})
    return found


def _run(order: list[Typed], scope: Scope, memo: Known) -> Tensor:
    """The value of the last node, with all others in the memo."""
    value_of, variable = memo.__getitem__, scope.variable
    for node in order:
        op = node.op
        if op == "variable":
            value = variable(node.data)
        else:
            handler = _HANDLERS.get(op)
            if handler is None:
                value = _nested(node, scope)
            else:
                value = handler(node, scope, *map(value_of, node.children))
        memo[node] = value
    if not scope.field.prime:
        scope.point.watch(map(value_of, order))
    return value


def _nested(node: Typed, scope: Scope) -> Tensor:
    """Of what evaluates its operand in scopes of its own."""
    match node.op:
        case "derivative":
            return _derivative(node, scope)
        case "differential":
            return _differential(node, scope)
        case op:
            raise InternalError(f"verification knows no operator {op}")


def _derivative(node: Any, scope: Scope) -> Tensor:
    """Once for every entry of the variable, with a fresh nilpotent in its direction."""
    (child,) = node.children
    variable: Variable = node.data
    point, field = scope.point, scope.field
    shape = point.shape(variable.dims)
    order, touched = _walk(child, point), depends(child, variable.name, point)
    if child not in touched:
        return filled(point.shape(child.dims) + shape, field.number(0))
    # what does not depend on the variable is evaluated once
    base: Known = {}
    still = [part for part in order if part not in touched]
    if still:
        _run(still, scope, base)
    moving = [part for part in order if part in touched]
    zero, one = field.number(0), field.number(1)
    count = prod(shape)
    columns = []
    inner, bit = scope.with_nilpotent()
    for place in range(count):
        direction = [zero] * count
        direction[place] = one
        moved = inner.derivative(variable, Tensor(shape, {0: direction}), bit)
        value = _run(moving, moved, dict(base))
        columns.append(linear_algebra.coefficient(field, value, bit))
    return linear_algebra.stack_last(field, columns, shape)


def _differential(node: Typed, scope: Scope) -> Tensor:
    """dF, where every tensor X moves along the tensor named dX."""
    (child,) = node.children
    point = scope.point
    directions = {v.name: change(v, point) for v in varying(postorder(child))}
    inner, bit = scope.differential(directions)
    value = _run(_walk(child, point), inner, {})
    return linear_algebra.coefficient(scope.field, value, bit)


# operators: each of the node, the scope and the values of the operands; what the data of a node is
# depends on its operator

Handler = Callable[..., Tensor]


def _number(node: Any, scope: Scope) -> Tensor:
    return Tensor((), {0: [scope.field.number(node.data)]})


def _size(node: Any, scope: Scope) -> Tensor:
    return scalar(scope.field.number(node.data.evaluate(scope.point.sizes)))


def _constant(node: Typed, scope: Scope) -> Tensor:
    return constant(node, scope.point)


def _add(node: Any, scope: Scope, *terms: Tensor) -> Tensor:
    return operators.add(scope.field, node.data, terms)


def _hadamard(node: Typed, scope: Scope, a: Tensor, b: Tensor) -> Tensor:
    return multiply(scope.field, a, b)


def _divide(node: Typed, scope: Scope, a: Tensor, b: Tensor) -> Tensor:
    return jets.divide(scope.field, a, b)


def _matmul(node: Any, scope: Scope, a: Tensor, b: Tensor) -> Tensor:
    left, right, output = operators.MATMUL[node.data]
    return pair(a.shape, left, b.shape, right, output).of(scope.field, a, b)


def _frobenius(node: Typed, scope: Scope, a: Tensor, b: Tensor) -> Tensor:
    return operators.frobenius(scope.field, a, b)


def _kron(node: Typed, scope: Scope, a: Tensor, b: Tensor) -> Tensor:
    rows = (node.children[0].row, node.children[1].row)
    return operators.kron(scope.field, a, b, rows, scope.point.shape(node.dims))


def _khatrirao(node: Typed, scope: Scope, a: Tensor, b: Tensor) -> Tensor:
    return operators.khatrirao(scope.field, a, b, scope.point.shape(node.dims))


def _outer(node: Typed, scope: Scope, a: Tensor, b: Tensor) -> Tensor:
    return operators.outer(scope.field, a, b)


def _star(node: Typed, scope: Scope, a: Tensor, b: Tensor) -> Tensor:
    left, right = node.children
    structure = scope.point.variable("⋆", node.dims + left.dims + right.dims)
    out = tuple(("o", i) for i in range(len(node.dims)))
    one = tuple(("l", i) for i in range(len(left.dims)))
    two = tuple(("r", i) for i in range(len(right.dims)))
    return einsum(scope.field, [structure, a, b], ((*out, *one, *two), one, two), out)


def _einsum(node: Any, scope: Scope, *args: Tensor) -> Tensor:
    inputs, output = node.data
    return einsum(
        scope.field,
        list(args),
        tuple(map(tuple, inputs)),
        tuple(output),
        scope.point.shape(node.dims),
    )


def _transpose(node: Typed, scope: Scope, a: Tensor) -> Tensor:
    return transpose(a) if len(a.shape) == 2 else a


def _power(node: Typed, scope: Scope, base: Tensor, exponent: Tensor) -> Tensor:
    return jets.general_power(scope.field, base, exponent)


def _matpower(node: Any, scope: Scope, base: Tensor, *exponent: Tensor) -> Tensor:
    if isinstance(node.data, int):
        return linear_algebra.matrix_power(scope.field, base, node.data)
    return linear_algebra.real_matrix_power(scope.field, base, *exponent)


def _call(node: Any, scope: Scope, *args: Tensor) -> Tensor:
    name, params = node.data
    structural = REARRANGING.get(name)
    if structural is not None and name not in scope.point.functions:
        return structural(node, scope, *args)
    return call(name, params, list(args), scope.point)


def _axis(node: Any) -> int | None:
    _, params = node.data
    return dict(params).get("axis") if params else None


def _tr(node: Typed, scope: Scope, a: Tensor) -> Tensor:
    return linear_algebra.trace(scope.field, operators.as_matrix(a, False))


def _sum(node: Typed, scope: Scope, a: Tensor) -> Tensor:
    return operators.total(scope.field, a, _axis(node))


def _mean(node: Typed, scope: Scope, a: Tensor) -> Tensor:
    return operators.mean(scope.field, a, _axis(node))


def _diag(node: Typed, scope: Scope, a: Tensor) -> Tensor:
    return operators.diag(scope.field, a)


def _vec(node: Typed, scope: Scope, a: Tensor) -> Tensor:
    return operators.vec(a)


def _vech(node: Typed, scope: Scope, a: Tensor) -> Tensor:
    return operators.vech(a).reshape(scope.point.shape(node.dims))


def _tril(node: Typed, scope: Scope, a: Tensor) -> Tensor:
    return operators.triangle(scope.field, a, lower=True)


def _triu(node: Typed, scope: Scope, a: Tensor) -> Tensor:
    return operators.triangle(scope.field, a, lower=False)


def _stacked(place: int) -> Handler:
    def stack(node: Typed, scope: Scope, *blocks: Tensor) -> Tensor:
        rows = [child.row for child in node.children]
        return operators.stack(scope.field, list(blocks), rows, place, scope.point.shape(node.dims))

    return stack


REARRANGING: dict[str, Handler] = {
    "tr": _tr,
    "sum": _sum,
    "mean": _mean,
    "frob": _frobenius,
    "kron": _kron,
    "khatrirao": _khatrirao,
    "outer": _outer,
    "diag": _diag,
    "vec": _vec,
    "vech": _vech,
    "tril": _tril,
    "triu": _triu,
    "hstack": _stacked(1),
    "vstack": _stacked(0),
}
_HANDLERS: dict[str, Handler] = {
    "number": _number,
    "size": _size,
    "constant": _constant,
    "add": _add,
    "hadamard": _hadamard,
    "divide": _divide,
    "matmul": _matmul,
    "frobenius": _frobenius,
    "kron": _kron,
    "khatrirao": _khatrirao,
    "outer": _outer,
    "star": _star,
    "einsum": _einsum,
    "transpose": _transpose,
    "power": _power,
    "matpower": _matpower,
    "call": _call,
}


# functions of the table


def call(
    name: str,
    params: tuple[tuple[str, int], ...],
    args: list[Tensor],
    point: Point,
    primes: int = 0,
) -> Tensor:
    """A function of the table, or a declared elementwise one, of tensors of jets."""
    row = None if name in point.functions else FUNCTIONS.get(name)
    if row is None:
        return _declared(name, primes, args[0], point)
    field = point.field
    entrywise = ENTRYWISE.get(name)
    if entrywise is not None:
        return entrywise(field, args[0])
    axis = dict(params).get("axis") if params else None
    native = MATRIX.get(name)
    if native is not None:
        x = args[0]
        if name in ("max", "argmax"):
            if axis is None and len(x.shape) > 1:
                flat = native(field, x.reshape((prod(x.shape),)))
                return flat.reshape(x.shape) if name == "argmax" else flat
            return operators.along(field, lambda v: native(field, v), x, axis)
        return native(field, x if x.shape else x.reshape((1, 1)))
    if axis is not None:
        return operators.along(field, lambda v: _defined(row, [v], point), args[0], axis)
    return _defined(row, args, point)


def _declared(name: str, primes: int, u: Tensor, point: Point) -> Tensor:
    bare, written = split_primes(name)
    return point.elementwise(bare, primes + written, u)


def _defined(row: Function, args: list[Tensor], point: Point) -> Tensor:
    """By the table's definition.  What a formula with complex numbers makes of real ones is real."""
    found = definition(row, tuple([len(a.shape) for a in args]))
    scope = Scope(point, known=dict(zip(row.parameters, args, strict=True)))
    value = _run(found.order, scope, {})
    if found.imaginary and jets.is_real(args[0]):
        return jets.real_part(value)
    return value
