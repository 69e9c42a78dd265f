"""The value of a typed tree at a point, over jets, straight from the meaning of its operators."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, cast

from matcalc.errors import InternalError
from matcalc.functions import FUNCTIONS, STRUCTURAL, Function, split_primes
from matcalc.language.dimensions import Dim
from matcalc.language.typed import Typed, Variable, postorder
from matcalc.trust import jets, linear_algebra, operators
from matcalc.trust.constants import constant
from matcalc.trust.contraction import einsum
from matcalc.trust.primitives import ENTRYWISE, MATRIX, definition
from matcalc.trust.sample import Point
from matcalc.trust.scope import Scope
from matcalc.trust.tensors import (
    Tensor,
    filled,
    multiply,
    scalar,
    transpose,
)


def evaluate(
    root: Typed,
    point: Point,
    scope: Scope | None = None,
    known: dict[int, Tensor] | None = None,
) -> Tensor:
    """The value of a typed expression.

    `known` holds the values of nodes by their id, at this point in this scope; it gets those that are
    found.  Raises Retry where the point is outside of the domain, TooLarge past the budget, Mismatch
    where the sizes cannot be had.

    >>> x = Typed("variable", (), Variable("x", ()), ())
    >>> from matcalc.trust.field import Field
    >>> point = Point(Field(0), {}, 1)
    >>> evaluate(Typed("add", (x, x), (1, -1), ()), point).parts
    {0: [0.0]}
    """
    if known is None:
        return _run(_walk(root, point), root, scope or Scope(point), {})
    return _run(_ordered(root, known), root, scope or Scope(point), known)


def _walk(root: Typed, point: Point) -> list[Typed]:
    """The nodes in the order of evaluation, without those below a derivative."""
    found: list[Typed] | None = point.walks.get(id(root))
    if found is None:
        # its last node is the root, so no other tree gets this id
        found = point.walks[id(root)] = _ordered(root, {})
    return found


def _ordered(root: Typed, known: dict[int, Tensor]) -> list[Typed]:
    """The nodes whose values are not known, operands first."""
    order: list[Typed] = []
    seen: set[int] = set()
    stack = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
        elif id(node) not in seen and id(node) not in known:
            seen.add(id(node))
            stack.append((node, True))
            if node.op not in ("derivative", "differential"):
                stack.extend((child, False) for child in reversed(node.children))
    return order


def _run(order: list[Typed], root: Typed, scope: Scope, memo: dict[int, Tensor]) -> Tensor:
    point = scope.point
    watch = not point.field.prime
    for node in order:
        if id(node) in memo:
            continue
        handler = _HANDLERS.get(node.op)
        if handler is not None:
            value = handler(node, [memo[id(child)] for child in node.children], point)
        elif node.op == "variable":
            value = scope.variable(cast(Variable, node.data))
        elif node.op == "derivative":
            value = _derivative(node, scope)
        elif node.op == "differential":
            value = _differential(node, scope)
        else:
            raise InternalError(f"verification knows no operator {node.op}")
        if watch:
            point.watch(value)
        memo[id(node)] = value
    return memo[id(root)]


def _derivative(node: Typed, scope: Scope) -> Tensor:
    """Once for every entry of the variable, with a fresh nilpotent in its direction."""
    (child,) = node.children
    variable = cast(Variable, node.data)
    point = scope.point
    shape = point.shape(variable.dims)
    order, touched = _walk(child, point), _depends(child, variable.name, point)
    base: dict[int, Tensor] = {}
    if id(child) in touched:
        # what does not depend on the variable is evaluated once
        for part in order:
            if id(part) not in touched:
                _run([part], part, scope, base)
    else:
        return filled(point.shape(child.dims) + shape, point.field.number(0))
    zero, one = point.field.number(0), point.field.number(1)
    count = prod(shape)
    columns = []
    inner, bit = scope.with_nilpotent()
    for place in range(count):
        direction = [zero] * count
        direction[place] = one
        moved = inner.derivative(variable, Tensor(shape, {0: direction}), bit)
        value = _run(order, child, moved, dict(base))
        columns.append(linear_algebra.coefficient(point.field, value, bit))
    return linear_algebra.stack_last(point.field, columns, shape)


def _depends(root: Typed, name: str, point: Point) -> set[int]:
    key = (id(root), name)
    found: set[int] | None = point.walks.get(key)
    if found is not None:
        return found
    touched: set[int] = set()
    for node in postorder(root):
        if node.op == "variable":
            hit = _reaches(cast(Variable, node.data), name)
        elif node.op == "differential":
            hit = True
        else:
            hit = any(id(child) in touched for child in node.children)
        if hit:
            touched.add(id(node))
    point.walks[key] = touched
    return touched


def _reaches(variable: Variable, name: str) -> bool:
    waiting = [variable]
    while waiting:
        current = waiting.pop()
        if current.name == name:
            return True
        waiting.extend(current.depends)
    return False


def _differential(node: Typed, scope: Scope) -> Tensor:
    """dF, where every tensor X moves along the tensor named dX."""
    (child,) = node.children
    point = scope.point
    directions: dict[str, Tensor] = {}
    waiting = [cast(Variable, n.data) for n in postorder(child) if n.op == "variable"]
    while waiting:
        variable = waiting.pop()
        name = "d" + variable.name
        if variable.name in directions:
            continue
        if variable.depends and not point.knows(name):
            waiting.extend(variable.depends)
        else:
            directions[variable.name] = point.variable(name, variable.dims)
    inner, bit = scope.with_nilpotent()
    value = _run(_walk(child, point), child, inner.moved(directions, bit), {})
    return linear_algebra.coefficient(point.field, value, bit)


# operators

Handler = Callable[[Typed, list[Tensor], Point], Tensor]


def _number(node: Typed, args: list[Tensor], point: Point) -> Tensor:
    return scalar(point.field.number(cast(Any, node.data)))


def _size(node: Typed, args: list[Tensor], point: Point) -> Tensor:
    return scalar(point.field.number(cast(Dim, node.data).evaluate(point.sizes)))


def _add(node: Typed, args: list[Tensor], point: Point) -> Tensor:
    return operators.add(point.field, cast("tuple[int, ...]", node.data), args)


def _hadamard(node: Typed, args: list[Tensor], point: Point) -> Tensor:
    return multiply(point.field, args[0], args[1])


def _divide(node: Typed, args: list[Tensor], point: Point) -> Tensor:
    return jets.divide(point.field, args[0], args[1])


def _matmul(node: Typed, args: list[Tensor], point: Point) -> Tensor:
    return operators.matmul(point.field, cast(str, node.data), args[0], args[1])


def _frobenius(node: Typed, args: list[Tensor], point: Point) -> Tensor:
    return operators.frobenius(point.field, args[0], args[1])


def _kron(node: Typed, args: list[Tensor], point: Point) -> Tensor:
    rows = (node.children[0].row, node.children[1].row)
    return operators.kron(point.field, args[0], args[1], rows, point.shape(node.dims))


def _khatrirao(node: Typed, args: list[Tensor], point: Point) -> Tensor:
    return operators.khatrirao(point.field, args[0], args[1], point.shape(node.dims))


def _outer(node: Typed, args: list[Tensor], point: Point) -> Tensor:
    return operators.outer(point.field, args[0], args[1])


def _star(node: Typed, args: list[Tensor], point: Point) -> Tensor:
    left, right = node.children
    structure = point.variable("⋆", node.dims + left.dims + right.dims)
    out = tuple(("o", i) for i in range(len(node.dims)))
    one = tuple(("l", i) for i in range(len(left.dims)))
    two = tuple(("r", i) for i in range(len(right.dims)))
    return einsum(point.field, [structure, *args], ((*out, *one, *two), one, two), out)


def _einsum(node: Typed, args: list[Tensor], point: Point) -> Tensor:
    inputs, output = cast("tuple[tuple[str, ...], str]", node.data)
    return einsum(
        point.field,
        list(args),
        tuple(tuple(letters) for letters in inputs),
        tuple(output),
        point.shape(node.dims),
    )


def _transpose(node: Typed, args: list[Tensor], point: Point) -> Tensor:
    return transpose(args[0]) if len(args[0].shape) == 2 else args[0]


def _power(node: Typed, args: list[Tensor], point: Point) -> Tensor:
    return jets.general_power(point.field, args[0], args[1])


def _matpower(node: Typed, args: list[Tensor], point: Point) -> Tensor:
    if isinstance(node.data, int):
        return linear_algebra.matrix_power(point.field, args[0], node.data)
    return linear_algebra.real_matrix_power(point.field, args[0], args[1])


def _call(node: Typed, args: list[Tensor], point: Point) -> Tensor:
    name, params = cast("tuple[str, tuple[tuple[str, int], ...]]", node.data)
    row = FUNCTIONS.get(name)
    if row is not None and row.kind == STRUCTURAL and name not in point.functions:
        return _structural(node, name, args, dict(params).get("axis"), point)
    return call(name, params, args, point)


def _structural(
    node: Typed, name: str, args: list[Tensor], axis: int | None, point: Point
) -> Tensor:
    field = point.field
    match name:
        case "tr":
            return linear_algebra.trace(field, operators.as_matrix(args[0], False))
        case "sum":
            return operators.total(field, args[0], axis)
        case "mean":
            return operators.mean(field, args[0], axis)
        case "frob":
            return operators.frobenius(field, args[0], args[1])
        case "kron":
            return _kron(node, args, point)
        case "khatrirao":
            return _khatrirao(node, args, point)
        case "outer":
            return operators.outer(field, args[0], args[1])
        case "diag":
            return operators.diag(field, args[0])
        case "vec":
            return operators.vec(args[0])
        case "vech":
            return operators.vech(args[0]).reshape(point.shape(node.dims))
        case "tril" | "triu":
            return operators.triangle(field, args[0], lower=name == "tril")
        case "hstack" | "vstack":
            rows = [child.row for child in node.children]
            place = 1 if name == "hstack" else 0
            return operators.stack(field, args, rows, place, point.shape(node.dims))
        case _:
            raise InternalError(f"verification knows no function {name}")


_HANDLERS: dict[str, Handler] = {
    "number": _number,
    "size": _size,
    "constant": constant,
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
    bare, written = split_primes(name)
    row = FUNCTIONS.get(name)
    if row is None or bare in point.functions:
        return point.elementwise(bare, primes + written, args[0])
    field = point.field
    entrywise = ENTRYWISE.get(name)
    if entrywise is not None:
        return entrywise(field, args[0])
    axis = dict(params).get("axis")
    if name in MATRIX:
        native = MATRIX[name]
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


def _defined(row: Function, args: list[Tensor], point: Point) -> Tensor:
    """By the table's definition.  What a formula with complex numbers makes of real ones is real."""
    root, imaginary = definition(row, tuple(len(a.shape) for a in args))
    scope = Scope(point, given=dict(zip(row.parameters, args, strict=True)))
    value = _run(_walk(root, point), root, scope, {})
    if imaginary and jets.is_real(args[0]):
        return jets.real_part(value)
    return value
