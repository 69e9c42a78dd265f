"""Bounds on degrees as rational functions of the random numbers, for Schwartz and Zippel's lemma.

A degree is a pair: of the numerators, and of one denominator that all entries have in common.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import cast

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


def product(*degrees: Degree) -> Degree:
    """Of a product, summed or not.

    >>> product((1, 0), (2, 1))
    (3, 1)
    """
    return min(sum(d[0] for d in degrees), CAP), min(sum(d[1] for d in degrees), CAP)


def total(*degrees: Degree) -> Degree:
    """Of a sum of unlike terms."""
    n, d = CONSTANT
    for m, e in degrees:
        n, d = (
            (max(n, m), d) if (d, e) == (0, 0) else (min(max(n + e, m + d), CAP), min(d + e, CAP))
        )
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


def _leaf(attributes: tuple[str, ...], size: int) -> Degree:
    if "orthogonal" in attributes:
        # Cayley: (1 - S)(1 + S)⁻¹
        return product((1, 0), inverse((1, 0), size))
    return (2, 0) if "posdef" in attributes else (1, 0)


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
            tree, _ = definition(row, (len(dims),))
            return of_typed(tree, point, {row.parameters[0]: argument}, m)


def of_typed(
    root: Typed, point: Point, given: Mapping[str, Degree] | None = None, size: int = 0
) -> Degree:
    """The degree of a rational typed expression at the point's sizes.

    `given` are degrees of parameters of a definition, whose dimensions are all of size `size`.
    """
    known: dict[int, Degree] = {}
    leaves: dict[str, Degree] = {}

    def shape(dims: Dims) -> tuple[int, ...]:
        return (size,) * len(dims) if given else point.shape(dims)

    def variable(leaf: typed.Variable) -> Degree:
        if given and leaf.name in given:
            return given[leaf.name]
        if leaf.name not in leaves:
            if leaf.depends:
                found = _unspecified([variable(other) for other in leaf.depends])
            else:
                found = _leaf(leaf.attributes, max(shape(leaf.dims), default=1))
            leaves[leaf.name] = found
        return leaves[leaf.name]

    for node in typed.postorder(root):
        args = [known[id(child)] for child in node.children]
        match node.op:
            case "number" | "size":
                found = CONSTANT
            case "constant":
                found = (1, 0)
            case "variable":
                found = variable(cast(typed.Variable, node.data))
            case "add":
                found = total(*args)
            case "divide":
                found = product(args[0], inverse(args[1], prod(shape(node.children[1].dims))))
            case "star":
                found = product((1, 0), *args)
            case "transpose":
                found = args[0]
            case "power":
                exponent = _exponent(node.children[1], point)
                found = power(args[0], exponent, prod(shape(node.children[0].dims)))
            case "matpower":
                k = node.data if isinstance(node.data, int) else LARGEST_EXPONENT
                base = inverse(args[0], shape(node.dims)[0]) if k < 0 else args[0]
                found = power(base, abs(k), 1)
            case "derivative":
                found = derivative(args[0], 1)
            case "differential":
                found = derivative(args[0], 1)
            case "call":
                found = _call(node, args, point, given is not None, size)
            case _:
                found = product(*args)
        known[id(node)] = found
    return known[id(root)]


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
    from matcalc.trust.evaluate_typed import evaluate

    whole = point.field.integer(evaluate(node, point).parts[0][0])
    return LARGEST_EXPONENT if whole is None else whole


def of_graph(root: nodes.Node, point: Point) -> Degree:
    """The degree of a rational node of the tensor graph at the point's sizes."""
    known: dict[nodes.Node, Degree] = {}
    for node in nodes.postorder(root):
        args = [known[operand] for operand in node.operands]
        match node:
            case nodes.Variable():
                found = (
                    _unspecified(args)
                    if node.operands
                    else _leaf(node.attributes, max(point.shape(node.dims), default=1))
                )
            case nodes.Constant():
                found = (1, 0)
            case nodes.Einsum():
                found = product(*args)
            case nodes.Add():
                found = total(*args)
            case nodes.Map():
                exponent = node.operands[-1]
                if node.function == "pow":
                    whole = (
                        int(exponent.value)
                        if isinstance(exponent, nodes.Number)
                        else LARGEST_EXPONENT
                    )
                    found = power(args[0], whole, prod(point.shape(node.dims)))
                else:
                    found = _unspecified(args)
            case nodes.Apply():
                if node.function.startswith("matpower"):
                    exponent = node.operands[1]
                    k = (
                        int(exponent.value)
                        if isinstance(exponent, nodes.Number)
                        else LARGEST_EXPONENT
                    )
                    m = point.shape(node.dims)[0]
                    found = power(inverse(args[0], m) if k < 0 else args[0], abs(k), 1)
                else:
                    found = _matrix_function(node.function, args[0], point, node.operands[0].dims)
            case nodes.Partial():
                found = _unspecified(args)
            case _:
                found = CONSTANT
        known[node] = found
    return known[root]


def error_probability(one: Degree, two: Degree, prime: int) -> float:
    """That two different rational functions of these degrees agree at a random point modulo a
    prime: at most the degree of their difference over the prime.

    >>> error_probability((3, 0), (3, 0), 2**61 - 1)
    1.3010426069826053e-18
    """
    n, d = total(one, two)
    return min(1.0, max(n, d, 1) / prime)
