"""Bounds on degrees as rational functions of the random numbers, for Schwartz and Zippel's lemma.

A degree is a pair: of the numerators, and of one denominator that all entries have in common.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import prod
from typing import Any, cast

from matcalc.errors import InternalError
from matcalc.functions import FUNCTIONS, STRUCTURAL
from matcalc.language import typed
from matcalc.language.typed import Typed
from matcalc.tensor import nodes
from matcalc.trust.primitives import definition
from matcalc.trust.sample import DEGREE, Dims, Point

Degree = tuple[int, int]
CAP = 1 << 64
CONSTANT: Degree = (0, 0)
LARGEST_EXPONENT = 4
ENOUGH = 2_000_000
"""Multiplications for an exponent."""
PRODUCTS = frozenset(
    ("matmul", "hadamard", "frobenius", "kron", "khatrirao", "outer", "einsum")
)  # fmt: skip
"""Operators of the typed tree whose degree is the sum of those of the operands."""


def product(*degrees: Degree) -> Degree:
    """Of a product, summed or not.

    >>> product((1, 0), (2, 1))
    (3, 1)
    """
    n = d = 0
    for m, e in degrees:
        n += m
        d += e
    return (n if n < CAP else CAP), (d if d < CAP else CAP)


def total(*degrees: Degree) -> Degree:
    """Of a sum of unlike terms."""
    n, d = CONSTANT
    for m, e in degrees:
        if d or e:
            n, d = min(max(n + e, m + d), CAP), min(d + e, CAP)
        elif m > n:
            n = m
    return n, d


def power(degree: Degree, exponent: int, entries: int) -> Degree:
    """Of an entry by entry power."""
    n, d = degree
    if exponent < 0:
        n, d = inverse((n, d), entries)
        exponent = -exponent
    return min(n * exponent, CAP), min(d * exponent, CAP)


def inverse(degree: Degree, m: int) -> Degree:
    """Of the inverse of an m×m matrix, or of m reciprocals over their common denominator."""
    n, d = degree
    return min(d + (m - 1) * n, CAP), min(m * n, CAP)


def derivative(degree: Degree, order: int) -> Degree:
    """Of a derivative along random directions."""
    n, d = degree
    return min(n + order * d, CAP), min((order + 1) * d, CAP)


def _structured(attributes: tuple[str, ...], size: int) -> Degree:
    if "orthogonal" in attributes:
        # Cayley: (1 - S)(1 + S)⁻¹
        return product((1, 0), inverse((1, 0), size))
    return (2, 0) if "posdef" in attributes else (1, 0)


def _within(attributes: tuple[str, ...], degree: Degree, size: int) -> Degree:
    """Of a dependence of this degree, brought into a structure."""
    if "orthogonal" in attributes:
        return product(degree, inverse(degree, size))
    return product(degree, degree) if "posdef" in attributes else degree


def _unspecified(arguments: list[Degree]) -> Degree:
    n, d = total(*arguments)
    return min(DEGREE * (n + 1) + 1, CAP), min(DEGREE * d, CAP)


def _matrix_function(name: str, argument: Degree, point: Point, dims: Dims) -> Degree:
    shape = point.shape(dims) or (1,)
    m = min(shape)
    n, d = argument
    match name:
        case "inv":
            return inverse(argument, m)
        case "det":
            return min(m * n, CAP), min(m * d, CAP)
        case "pinv":
            return product(argument, inverse(product(argument, argument), m))
        case _:
            row = FUNCTIONS[name]
            order = definition(row, (len(dims),)).order
            return of_typed(order, point, {row.parameters[0]: argument}, m)


def of_typed(
    order: list[Typed], point: Point, given: Mapping[str, Degree] | None = None, size: int = 0
) -> Degree:
    """The degree of a rational typed expression at the point's sizes, the last of these nodes.

    `given` are degrees of parameters of a definition, whose dimensions are all of size `size`.
    """
    known: dict[Typed, Degree] = {}
    leaves = {} if given is None else dict(given)
    degree_of = known.__getitem__
    shape = point.shape if given is None else partial(_square, size)
    for node in order:
        op = node.op
        if op in PRODUCTS:
            known[node] = product(*map(degree_of, node.children))
        elif op == "variable":
            leaf: typed.Variable = node.data
            if leaves or leaf.depends or leaf.attributes:
                known[node] = _of_variable(leaf, leaves, shape)
            else:
                known[node] = (1, 0)
        elif op == "transpose":
            known[node] = known[node.children[0]]
        elif op == "add":
            known[node] = total(*map(degree_of, node.children))
        elif op == "derivative":
            # an operand that does not reach the variable is not among these nodes
            known[node] = derivative(known.get(node.children[0], CONSTANT), 1)
        else:
            args = list(map(degree_of, node.children))
            known[node] = _of_operator(node, args, point, shape, given is not None, size)
    return known[order[-1]]


def _square(size: int, dims: Dims) -> tuple[int, ...]:
    return (size,) * len(dims)


def _of_variable(
    leaf: typed.Variable, leaves: dict[str, Degree], shape: Callable[[Dims], tuple[int, ...]]
) -> Degree:
    found = leaves.get(leaf.name)
    if found is None:
        found = (1, 0)
        if leaf.depends:
            found = _unspecified([_of_variable(other, leaves, shape) for other in leaf.depends])
            if leaf.attributes:
                found = _within(leaf.attributes, found, max(shape(leaf.dims), default=1))
        elif leaf.attributes:
            found = _structured(leaf.attributes, max(shape(leaf.dims), default=1))
        leaves[leaf.name] = found
    return found


def _of_operator(
    node: Typed,
    args: list[Degree],
    point: Point,
    shape: Callable[[Dims], tuple[int, ...]],
    inside: bool,
    size: int,
) -> Degree:
    match node.op:
        case "number" | "size":
            return CONSTANT
        case "constant":
            return (1, 0)
        case "divide":
            return product(args[0], inverse(args[1], prod(shape(node.children[1].dims))))
        case "star":
            return product((1, 0), *args)
        case "power":
            exponent = _exponent(node.children[1], point)
            return power(args[0], exponent, prod(shape(node.children[0].dims)))
        case "matpower":
            k = node.data if isinstance(node.data, int) else LARGEST_EXPONENT
            base = inverse(args[0], shape(node.dims)[0]) if k < 0 else args[0]
            return power(base, abs(k), 1)
        case "differential":
            return derivative(args[0], 1)
        case "call":
            return _call(node, args, point, inside, size)
        case op:
            raise InternalError(f"no degree of the operator {op} is known")


def _call(node: Typed, args: list[Degree], point: Point, inside: bool, size: int) -> Degree:
    name = cast("tuple[str, object]", node.data)[0]
    row = FUNCTIONS.get(name)
    if row is None or name in point.functions:
        return _unspecified(args)
    if row.kind == STRUCTURAL:
        if name in ("hstack", "vstack"):
            return total(*args)
        return product(*args)
    dims = node.children[0].dims
    if inside:
        dims = ()
        n, d = args[0]
        if name == "inv":
            return inverse((n, d), size)
        if name == "det":
            return min(size * n, CAP), min(size * d, CAP)
    return _matrix_function(name, args[0], point, dims)


def _exponent(node: Typed, point: Point) -> int:
    """The integer that an exponent is; evaluated anew, as its numbers are few."""
    if node.op == "number" and isinstance(node.data, int):
        return node.data
    from matcalc.trust.evaluate_typed import evaluate

    # it was evaluated there before, which may have left little of the budget
    point.field.budget = max(point.field.budget, ENOUGH)
    whole = point.field.integer(evaluate(node, point).parts[0][0])
    return LARGEST_EXPONENT if whole is None else whole


def of_graph(order: list[nodes.Node], point: Point) -> Degree:
    """The degree of a rational node of the tensor graph, the last of these, at the point's sizes."""
    known: dict[nodes.Node, Degree] = {}
    degree_of = known.__getitem__
    node: Any
    for node in order:
        kind = type(node)
        if kind is nodes.Einsum:
            known[node] = product(*map(degree_of, node.operands))
        elif kind is nodes.Add:
            known[node] = total(*map(degree_of, node.operands))
        elif kind in _SCALARS:
            known[node] = CONSTANT
        elif kind is nodes.Variable and not node.operands and not node.attributes:
            known[node] = (1, 0)
        else:
            known[node] = _of_node(node, list(map(degree_of, node.operands)), point)
    return known[order[-1]]


_SCALARS = frozenset((nodes.Number, nodes.Size, nodes.Delta, nodes.Fuse))


def _of_node(node: nodes.Node, args: list[Degree], point: Point) -> Degree:
    match node:
        case nodes.Variable():
            if node.operands:
                found = _unspecified(args)
                if node.attributes:
                    found = _within(node.attributes, found, max(point.shape(node.dims), default=1))
                return found
            if node.attributes:
                return _structured(node.attributes, max(point.shape(node.dims), default=1))
            return (1, 0)
        case nodes.Constant():
            return (1, 0)
        case nodes.Map():
            if node.function != "pow":
                return _unspecified(args)
            return power(args[0], _whole(node.operands[-1]), prod(point.shape(node.dims)))
        case nodes.Apply():
            if not node.function.startswith("matpower"):
                return _matrix_function(node.function, args[0], point, node.operands[0].dims)
            k = _whole(node.operands[1])
            m = point.shape(node.dims)[0]
            return power(inverse(args[0], m) if k < 0 else args[0], abs(k), 1)
        case nodes.Partial():
            if cast(nodes.Variable, node.operands[0]).attributes:
                return derivative(args[0], len(args) - 1)
            return _unspecified(args)
        case _:
            return CONSTANT


def _whole(exponent: nodes.Node) -> int:
    return int(exponent.value) if isinstance(exponent, nodes.Number) else LARGEST_EXPONENT


def error_probability(one: Degree, two: Degree, prime: int) -> float:
    """That two different rational functions of these degrees agree at a random point modulo a
    prime: at most the degree of their difference over the prime.

    >>> error_probability((3, 0), (3, 0), 2**61 - 1)
    1.3010426069826053e-18
    """
    n, d = total(one, two)
    return min(1.0, max(n, d, 1) / prime)
