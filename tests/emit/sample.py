"""Nodes of every kind and size, and their code against plain dense NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from matcalc.emit.module import emit
from matcalc.emit.run import compile_module
from matcalc.language.dimensions import Dim
from matcalc.tensor.nodes import Graph, Node, Variable, postorder
from tests.emit import reference

SIZES = {"k": 2, "m": 3, "n": 4, "p": 5}
k, m, n, p = (Dim.named(name) for name in SIZES)
g = Graph()
x, y = g.variable("x", (n,)), g.variable("y", (n,))
z = g.variable("z", (m,))
s, t = g.variable("s", ()), g.variable("t", ())
A, B = g.variable("A", (m, n)), g.variable("B", (m, n))
X, Y = g.variable("X", (n, n)), g.variable("Y", (n, n))
S = g.variable("S", (n, n), ("posdef",))
T = g.variable("T", (k, m, n))
v = g.variable("v", (m * n,))
W = g.variable("W", (n + m, p))
F = g.variable("F", (k, p), (), (X,))
ones = g.delta(n, 1)


def variables_of(*roots: Node) -> tuple[Variable, ...]:
    found = [node for node in postorder(*roots) if isinstance(node, Variable) and node.name != "⋆"]
    return tuple(sorted(found, key=lambda node: node.name))


def module_of(root: Node, **more: Any) -> str:
    shape = tuple(str(dim) for dim in root.dims)
    more = {"expression": "F", "layout": "jacobian", "verified": "exact", **more}
    return emit(None, root, more.pop("variables", variables_of(root)), shape=shape, **more)


def inputs_of(variables: tuple[Variable, ...], seed: int = 0) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    tensors = {}
    for variable in variables:
        shape = tuple(dim.evaluate(SIZES) for dim in variable.dims)
        array = random.uniform(0.2, 1.0, shape)
        if len(shape) == 2 and shape[0] == shape[1]:
            array = array + 2 * np.eye(shape[0])
        if "posdef" in variable.attributes:
            array = array + array.T
        tensors[variable.name] = array
    return tensors


def check(root: Node, given: Mapping[str, Any] | None = None) -> str:
    """The module's value is the node's; the text, for a look at it."""
    text = module_of(root)
    inputs = {**inputs_of(variables_of(root)), **(given or {})}
    wanted = reference.evaluate(root, SIZES, inputs)
    function = compile_module(text)["value"]
    parameters = function.__kwdefaults__ or {}
    free = {name: size for name, size in SIZES.items() if name in parameters}
    found = function(**inputs, **free)
    assert np.shape(found) == tuple(dim.evaluate(SIZES) for dim in root.dims), text
    assert np.asarray(found).dtype == float, text
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12, err_msg=text)
    return text


def body(text: str, function: str = "value") -> list[str]:
    """The statements of a function after its docstring."""
    lines = text[text.index(f"def {function}(") :].split("\n\n\n")[0].splitlines()
    end = next(i for i, line in enumerate(lines) if line == '    """')
    return [line.strip() for line in lines[end + 1 :]]


def product(*nodes: Node, over: str, out: str) -> Node:
    """An index sum in letters: product(A, x, over="ij,j", out="i")."""
    inputs = tuple(tuple(map(ord, word)) for word in over.split(","))
    return g.einsum(nodes, inputs, tuple(map(ord, out)))


def power(node: Node, top: int, bottom: int = 1) -> Node:
    return g.map("pow", (node, g.number(Fraction(top, bottom) if bottom > 1 else top)))


def difference(one: Node, two: Node) -> Node:
    return g.add((1, -1), (one, two), one.dims)
