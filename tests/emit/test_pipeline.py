"""Emitted derivatives against finite differences of emitted values, through the tensor package."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from matcalc.emit.module import emit
from matcalc.emit.run import compile_module
from matcalc.errors import MatcalcError
from matcalc.language.dimensions import Dim
from matcalc.language.layouts import LAYOUTS
from matcalc.tensor.differentiate import differentiate
from matcalc.tensor.layout import arrange
from matcalc.tensor.nodes import Node, Variable
from matcalc.tensor.simplify import Builder

SIZES = {"m": 3, "n": 4, "p": 2}
m, n, p = (Dim.named(name) for name in SIZES)
VECTOR = (0,)


class Tools:
    """A builder, with the tensors of the problems below."""

    def __init__(self) -> None:
        self.b = Builder()
        self.A = self.b.variable("A", (m, n))
        self.B = self.b.variable("B", (n, p))
        self.X = self.b.variable("X", (n, n))
        self.x = self.b.variable("x", (n,))
        self.z = self.b.variable("z", (m,))
        self.s = self.b.variable("s", ())

    def mm(self, *factors: Node) -> Node:
        """The product of matrices, the last of which may be a vector."""
        inputs = tuple((axis, axis + 1)[: factor.order] for axis, factor in enumerate(factors))
        output = (0,) if factors[-1].order == 1 else (0, len(factors))
        return self.b.einsum(factors, inputs, output)

    def sum(self, node: Node) -> Node:
        return self.b.einsum((node,), (tuple(range(node.order)),), ())

    def dot(self, one: Node, two: Node) -> Node:
        axes = tuple(range(one.order))
        return self.b.einsum((one, two), (axes, axes), ())

    def pow(self, node: Node, top: int, bottom: int = 1) -> Node:
        exponent = self.b.number(top if bottom == 1 else Fraction(top, bottom))
        return self.b.map("pow", (node, exponent))

    def times(self, one: Node, two: Node) -> Node:
        axes = tuple(range(one.order))
        return self.b.einsum((one, two), (axes, axes), axes)

    def vec(self, node: Node) -> Node:
        rows, columns = node.dims
        return self.b.einsum((node, self.b.fuse((columns, rows))), ((0, 1), (1, 0, 2)), (2,))

    def kron(self, one: Node, two: Node) -> Node:
        (a, c), (d, e) = one.dims, two.dims
        fuses = self.b.fuse((a, d)), self.b.fuse((c, e))
        return self.b.einsum((one, two, *fuses), ((0, 1), (2, 3), (0, 2, 4), (1, 3, 5)), (4, 5))

    def stacked(self, one: Node, two: Node) -> Node:
        size, other = one.dims[0], two.dims[0]
        total = size + other
        first = self.b.constant("block", (Dim(()), size, total), (size, total))
        second = self.b.constant("block", (size, other, total), (other, total))
        terms = (
            self.b.einsum((one, first), (VECTOR, (0, 1)), (1,)),
            self.b.einsum((two, second), (VECTOR, (0, 1)), (1,)),
        )
        return self.b.add((1, 1), terms, (total,))


PROBLEMS: dict[str, tuple[Callable[[Tools], Node], str]] = {
    "x'X x": (lambda t: t.dot(t.x, t.mm(t.X, t.x)), "x"),
    "A x": (lambda t: t.mm(t.A, t.x), "x"),
    "A x by A": (lambda t: t.mm(t.A, t.x), "A"),
    "A X B": (lambda t: t.mm(t.A, t.X, t.B), "X"),
    "X X X": (lambda t: t.mm(t.X, t.X, t.X), "X"),
    "X∘X": (lambda t: t.times(t.X, t.X), "X"),
    "sin(A x)": (lambda t: t.b.map("sin", (t.mm(t.A, t.x),)), "x"),
    "x/|x|": (lambda t: t.b.einsum((t.x, t.pow(t.dot(t.x, t.x), -1, 2)), ((0,), ()), (0,)), "x"),
    "x x'": (lambda t: t.b.einsum((t.x, t.x), ((0,), (1,)), (0, 1)), "x"),
    "diag(x)": (lambda t: t.b.einsum((t.x,), ((0,),), (0,)), "x"),
    "inv(X)": (lambda t: t.b.apply("inv", (t.X,), t.X.dims), "X"),
    "det(X)": (lambda t: t.b.apply("det", (t.X,), ()), "X"),
    "logdet(s X)": (
        lambda t: t.b.apply("logdet", (t.times(t.X, t.b.map("exp", (t.X,))),), ()),
        "X",
    ),
    "expm(X)": (lambda t: t.b.apply("expm", (t.X,), t.X.dims), "X"),
    "sqrtm(X)": (lambda t: t.b.apply("sqrtm", (t.X,), t.X.dims), "X"),
    "pinv(A)": (lambda t: t.b.apply("pinv", (t.A,), (n, m)), "A"),
    "nuclear(A)": (lambda t: t.b.apply("nuclear", (t.A,), ()), "A"),
    "softmax(x)": (lambda t: t.b.apply("softmax", (t.x,), t.x.dims), "x"),
    "logsumexp(A x)": (lambda t: t.b.apply("logsumexp", (t.mm(t.A, t.x),), ()), "x"),
    "sum of log(1 + exp(A x))": (
        lambda t: t.sum(t.b.map("softplus", (t.mm(t.A, t.x),))),
        "x",
    ),
    "vec(A X)": (lambda t: t.vec(t.mm(t.A, t.X)), "X"),
    "X ⊗ B": (lambda t: t.kron(t.X, t.B), "X"),
    "tr(X ⊗ X)": (lambda t: t.b.einsum((t.kron(t.X, t.X),), ((0, 0),), ()), "X"),
    "stack of x and A x": (lambda t: t.stacked(t.x, t.mm(t.A, t.x)), "x"),
    "s^3 X": (lambda t: t.b.einsum((t.pow(t.s, 3), t.X), ((), (0, 1)), (0, 1)), "s"),
    "nothing of x": (lambda t: t.mm(t.X, t.X), "x"),
    "gelu": (lambda t: t.b.map("gelu", (t.x,)), "x"),
}


def tensors() -> dict[str, Any]:
    random = np.random.default_rng(7)
    shapes = {"A": (3, 4), "B": (4, 2), "X": (4, 4), "x": (4,), "z": (3,), "s": ()}
    found = {name: random.uniform(0.3, 1.0, shape) for name, shape in shapes.items()}
    found["X"] = found["X"] + 3 * np.eye(4)
    return found


def jacobian(function: Callable[..., Any], given: dict[str, Any], by: str) -> Any:
    """Central differences, the axes of the function before those of the variable."""
    step = 1e-5
    columns = []
    for place in np.ndindex(np.shape(given[by])):
        sides = []
        for sign in (1, -1):
            moved = np.array(given[by])
            moved[place] += sign * step
            sides.append(np.asarray(function(**{**given, by: moved})))
        columns.append((sides[0] - sides[1]) / (2 * step))
    return np.stack(columns, axis=-1).reshape(*columns[0].shape, *np.shape(given[by]))


def wanted(array: Any, y_order: int, layout: str) -> Any:
    """The jacobian's axes arranged as the contract says, by hand."""
    y, x = list(range(y_order)), list(range(y_order, array.ndim))
    match layout:
        case "jacobian":
            return array
        case "numerator":
            return array.transpose(y + x[::-1])
        case "denominator":
            return array.transpose(x + y[::-1])
        case _:
            rows = math.prod(array.shape[:y_order])
            return array.transpose(y[::-1] + x[::-1]).reshape(rows, -1)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", PROBLEMS)
def test_the_derivative_is_the_one_of_the_value(name: str, layout: str) -> None:
    make, by = PROBLEMS[name]
    tools = Tools()
    value = make(tools)
    variable = getattr(tools, by)
    answer = differentiate(tools.b, value, variable)
    arranged = arrange(tools.b, answer, value.order, (variable.order,), layout)
    variables = (tools.A, tools.B, tools.X, tools.x, tools.z, tools.s)
    assert all(isinstance(node, Variable) for node in variables)
    text = emit(
        value,
        arranged,
        variables,
        expression=name,
        layout=layout,
        shape=tuple(map(str, arranged.dims)),
        verified="numeric",
    )
    module, given = compile_module(text), tensors()
    numeric = wanted(jacobian(module["value"], given, by), value.order, layout)
    found = module["derivative"](**given)
    assert np.shape(found) == numeric.shape, text
    np.testing.assert_allclose(found, numeric, rtol=1e-6, atol=1e-6, err_msg=text)


def test_second_derivatives() -> None:
    tools = Tools()
    value = tools.b.apply("logsumexp", (tools.mm(tools.A, tools.x),), ())
    first = differentiate(tools.b, value, tools.x)
    second = differentiate(tools.b, first, tools.x)
    variables = tuple(node for node in (tools.A, tools.x) if isinstance(node, Variable))
    text = emit(
        first, second, variables, expression="", layout="jacobian", shape=("n", "n"), verified=""
    )
    module = compile_module(text)
    given = {name: array for name, array in tensors().items() if name in "Ax"}
    numeric = jacobian(module["value"], given, "x")
    np.testing.assert_allclose(module["derivative"](**given), numeric, rtol=1e-6, atol=1e-6)


def test_an_unknown_library_is_refused() -> None:
    tools = Tools()
    with pytest.raises(MatcalcError, match="no code for fortran"):
        emit(
            None, tools.s, (), expression="", layout="jacobian", shape=(), verified="",
            target="fortran",
        )  # fmt: skip
