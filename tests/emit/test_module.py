"""Emitted modules against plain dense NumPy: every kind of node, and random index sums."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcalc.emit.module import emit
from matcalc.emit.run import Program, compile_module
from matcalc.errors import MatcalcError
from matcalc.functions import ENTRYWISE, FUNCTIONS
from matcalc.language.dimensions import ONE, Dim
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


SPELLINGS: list[tuple[Node, str]] = [
    (product(A, x, over="ij,j", out="i"), "A @ x"),
    (product(A, z, over="ij,i", out="j"), "A.T @ z"),
    (product(A, B, over="ij,kj", out="ik"), "A @ B.T"),
    (product(A, B, over="ij,ik", out="jk"), "A.T @ B"),
    (product(A, B, over="ij,ik", out="kj"), "B.T @ A"),
    (product(x, y, over="i,i", out=""), "x @ y"),
    (product(x, z, over="i,j", out="ij"), "np.outer(x, z)"),
    (product(x, z, over="i,j", out="ji"), "np.outer(z, x)"),
    (product(A, B, over="ij,ij", out="ij"), "A * B"),
    (product(A, over="ij", out="ji"), "A.T"),
    (product(X, over="ii", out=""), "np.trace(X)"),
    (product(X, over="ii", out="i"), "np.diagonal(X)"),
    (product(X, Y, over="ij,ji", out=""), "np.sum(X * Y.T)"),
    (product(A, B, over="ij,ij", out=""), "np.sum(A * B)"),
    (product(A, x, over="ij,j", out="ij"), "A * x"),
    (product(A, z, over="ij,i", out="ij"), "A * z[:, None]"),
    (product(s, A, over=",ij", out="ij"), "s * A"),
    (product(A, over="ij", out="j"), "np.sum(A, axis=0)"),
    (product(A, over="ij", out=""), "np.sum(A)"),
    (product(x, X, y, over="i,ij,j", out=""), "x @ (X @ y)"),
    (product(X, Y, X, x, over="ij,jk,kl,l", out="i"), "X @ (Y @ (X @ x))"),
    (product(x, power(y, -1), over="i,i", out="i"), "x / y"),
    (product(A, power(z, -1), over="ij,i", out="ij"), "A / z[:, None]"),
    (product(T, x, over="kij,j", out="ki"), "T @ x"),
    (product(T, over="kij", out="jki"), "np.transpose(T, (2, 0, 1))"),
    (g.delta(n), "np.eye(n)"),
    (ones, "np.ones(n)"),
    (g.delta(n, 3), '_place(1, "iii->i", (n, n, n))'),
    (product(x, g.delta(n), over="i,ij", out="ij"), "np.diag(x)"),
    (product(x, over="i", out="ii"), "np.diag(x)"),
    (
        product(A, g.delta(k), over="ij,pq", out="ipjq"),
        '_place(A[:, None, :], "ijkj->ijk", (m, k, n, k))',
    ),
    (product(A, over="ij", out="ijij"), '_place(A, "ijij->ij", (m, n, m, n))'),
    (product(A, g.fuse((n, m)), over="ij,jik", out="k"), "A.T.reshape(m * n)"),
    (product(v, g.fuse((n, m)), over="k,jik", out="ij"), "v.reshape(n, m).T"),
    (g.zero((m, n)), "np.zeros((m, n))"),
    (g.add((2, -1), (A, B), A.dims), "2 * A - B"),
    (g.add((-1,), (product(A, x, over="ij,j", out="i"),), (m,)), "-(A @ x)"),
    (g.add((Fraction(1, 3), Fraction(1, 2)), (x, y), (n,)), "x / 3 + 0.5 * y"),
    (g.add((1, 1), (x, ones), (n,)), "x + 1"),
    (g.add((3,), (ones,), (n,)), "3 * np.ones(n)"),
    (power(x, 2), "x**2"),
    (power(x, -1), "1 / x"),
    (power(x, 1, 2), "np.sqrt(x)"),
    (power(x, -1, 2), "1 / np.sqrt(x)"),
    (power(x, 1, 3), "x ** (1 / 3)"),
    (power(difference(x, y), 2), "(x - y) ** 2"),
    (g.map("asin", (x,)), "np.arcsin(x)"),
    (g.map("softplus", (x,)), "np.logaddexp(0, x)"),
    (g.apply("matpower", (X, g.number(3)), X.dims), "np.linalg.matrix_power(X, 3)"),
    (g.apply("max", (A,), (n,), (("axis", 0),)), "np.max(A, axis=0)"),
    (g.size(n), "np.float64(n)"),
]


@pytest.mark.parametrize(("node", "code"), SPELLINGS, ids=[code for _, code in SPELLINGS])
def test_a_simple_pattern_is_written_as_people_write_it(node: Node, code: str) -> None:
    text = check(node)
    assert body(text)[-1] == f"return {code}"


def block(before: Dim, size: Dim, total: Dim) -> Node:
    return g.constant("block", (before, size, total), (size, total))


NOTHING = Dim(())
TRIANGLE = Dim.number(6)
KINDS: dict[str, Node] = {
    "number": g.number(Fraction(2, 7)),
    "large number": g.add((10**30,), (x,), (n,)),
    "size": product(g.size(m * n), x, over=",i", out="i"),
    "variable": s,
    "delta of order 4": g.delta(k, 4),
    "loop": product(g.delta(n), x, over="jj,i", out="i"),
    "ones beside": product(x, g.delta(m, 1), over="i,j", out="ij"),
    "ones before": product(x, g.delta(m, 1), over="i,j", out="ji"),
    "ones of length 1": product(x, g.delta(ONE, 1), over="i,j", out="ij"),
    "ones around": product(x, g.delta(m, 1), g.delta(k, 1), over="i,j,k", out="kij"),
    "two deltas": product(g.delta(m), g.delta(n), over="ip,jq", out="ijpq"),
    "scaled delta": product(g.delta(n), s, over="ij,", out="ij"),
    "divided delta": product(g.delta(n), power(s, -1), over="ij,", out="ij"),
    "delta to contract": product(A, g.delta(n), x, over="ij,jk,k", out="i"),
    "spread of a matrix": product(A, g.delta(n, 3), over="ij,jkl", out="ikl"),
    "fuse": g.fuse((k, m)),
    "fuse of three": product(T, g.fuse((k, m, n)), over="abc,abcd", out="d"),
    "fuse of fuse": product(T, g.fuse((k, m)), g.fuse((k * m, n)), over="abc,abd,dce", out="e"),
    "fuse of fuse, backwards": product(
        T, g.fuse((k * m, n)), g.fuse((k, m)), over="abc,dce,abd", out="e"
    ),
    "kron": product(X, A, g.fuse((n, m)), g.fuse((n, n)), over="ij,kl,ikp,jlq", out="pq"),
    "commutation": product(g.fuse((m, n)), g.fuse((n, m)), over="ijk,jil", out="kl"),
    "fuse summed": product(g.fuse((m, n)), x, over="ijk,j", out="i"),
    "fuse kept beside its parts": product(A, g.fuse((m, n)), over="ij,ijk", out="ik"),
    "same flattening": product(A, B, g.fuse((m, n)), g.fuse((m, n)), over="ij,kl,ijp,klp", out=""),
    "two flattenings": product(
        A, g.variable("C", (n, m)), g.fuse((m, n)), g.fuse((n, m)), over="ij,kl,ijp,klp", out=""
    ),
    "diagonal of a fuse": product(g.variable("w", (n * n,)), g.fuse((n, n)), over="k,iik", out="i"),
    "block": block(m, n, m + n),
    "block put": product(A, block(k, n, k + n), over="ij,jk", out="ik"),
    "block put last": product(x, block(m, n, m + n), over="j,jk", out="k"),
    "block cut": product(W, block(n, m, n + m), over="ij,ki", out="kj"),
    "block cut first": product(W, block(NOTHING, n, n + m), over="ij,ki", out="kj"),
    "block of block": product(
        x, block(m, n, m + n), block(k, m + n, k + m + n), over="j,jk,kl", out="l"
    ),
    "block twice": product(block(NOTHING, n, n + m), block(n, m, n + m), over="ij,kj", out="ik"),
    "fuse of blocks": product(A, block(k, n, k + n), g.fuse((m, k + n)), over="ij,jk,ikl", out="l"),
    "pi": product(g.constant("pi", (), ()), x, over=",i", out="i"),
    "unit vector": product(g.constant("e", (2, n), (n,)), X, over="i,ij", out="j"),
    "lower": product(g.constant("lower", (n,), (n, n)), X, over="ij,ij", out="ij"),
    "upper": g.constant("upper", (n,), (n, n)),
    "vech": g.constant("vech", (Dim.number(3),), (TRIANGLE, Dim.number(3), Dim.number(3))),
    "duplication": g.constant("duplication", (Dim.number(3),), (Dim.number(9), TRIANGLE)),
    "add of thin": g.add((2, -3), (product(s, ones, over=",i", out="i"), ones), (n,)),
    "add of columns": g.add(
        (1, 1),
        (product(z, ones, over="i,j", out="ij"), product(x, g.delta(m, 1), over="j,i", out="ij")),
        (m, n),
    ),
    "thin below a map": g.map("exp", (product(s, ones, over=",i", out="i"),)),
    "thin in a product": product(
        g.map("exp", (product(s, ones, over=",i", out="i"),)), X, over="i,ij", out="j"
    ),
    "power of two": g.map("pow", (x, y)),
    "power with a scalar": g.map("pow", (x, s)),
    "power of a number": g.map("pow", (g.number(2), s)),
    "matpower by a variable": g.apply("matpower", (S, g.variable("h", ())), S.dims),
    "matpower of a half": g.apply("matpower", (S, g.number(Fraction(1, 2))), S.dims),
    "sqrtm, not symmetric": g.apply("sqrtm", (X,), X.dims),
    "inner of solve": product(g.apply("inv", (X,), X.dims), x, y, over="ij,i,j", out=""),
}


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_of_node(name: str) -> None:
    check(KINDS[name])


@pytest.mark.parametrize(
    "function",
    [name for name, row in FUNCTIONS.items() if row.kind == ENTRYWISE],
)
def test_each_function_of_entries(function: str) -> None:
    check(g.map(function, (x,)))
    check(g.map(function, (g.add((Fraction(-1, 2),), (s,), ()),))) if function not in {
        "log"
    } else None


@pytest.mark.parametrize(
    ("function", "dims"),
    [
        *[(name, "") for name in ("det", "logdet")],
        *[(name, "nn") for name in ("inv", "adj", "pinv", "expm", "sqrtm", "polar")],
        *[(name, "nnnn") for name in ("expm_derivative", "sqrtm_derivative")],
        ("nuclear", ""),
    ],
)
def test_each_function_of_a_matrix(function: str, dims: str) -> None:
    check(g.apply(function, (S,), (n,) * len(dims)))
    check(g.apply(function, (X,), (n,) * len(dims)))


@pytest.mark.parametrize("function", ["pinv", "polar", "nuclear"])
def test_functions_of_an_oblong_matrix(function: str) -> None:
    dims = {"pinv": (n, m), "polar": (m, n), "nuclear": ()}[function]
    check(g.apply(function, (A,), dims))


@pytest.mark.parametrize("function", ["max", "argmax", "softmax", "logsumexp"])
def test_each_function_of_vectors(function: str) -> None:
    whole = function in {"argmax", "softmax"}
    check(g.apply(function, (x,), (n,) if whole else ()))
    check(g.apply(function, (A,), (m, n) if whole else (n,), (("axis", 0),)))
    check(g.apply(function, (A,), (m, n) if whole else (m,), (("axis", 1),)))


def test_nothing_overflows_at_a_thousand() -> None:
    for function in ("sigmoid", "softplus", "gelu", "relu", "erf", "tanh"):
        text = module_of(g.map(function, (x,)))
        with np.errstate(all="raise", under="ignore"):
            found = Program(text).evaluate({"x": [-1000.0, 0.0, 1000.0]})
        assert np.all(np.isfinite(found))
    for function, dims in (("softmax", (n,)), ("logsumexp", ())):
        text = module_of(g.apply(function, (x,), dims))
        assert np.all(np.isfinite(Program(text).evaluate({"x": [-1000.0, 0.0, 1000.0]})))


def test_the_derivative_of_a_dependence_is_a_keyword() -> None:
    first, second = g.partial(F, (X,)), g.partial(F, (X, X))
    root = product(first, X, over="abij,ij", out="ab")
    random = np.random.default_rng(1)
    given = {"dF_dX": random.random((2, 5, 4, 4)), "d2F_dX2": random.random((2, 5, 4, 4, 4, 4))}
    check(root, {"dF_dX": given["dF_dX"]})
    check(product(second, over="abijkl", out="ab"), {"d2F_dX2": given["d2F_dX2"]})
    text = emit(
        F, first, (F, X), expression="dF/dX", layout="jacobian", shape=("k",), verified="exact"
    )
    names = compile_module(text)
    tensors = inputs_of((F, X))
    np.testing.assert_array_equal(names["value"](**tensors), tensors["F"])
    np.testing.assert_array_equal(names["value"](**tensors, dF_dX=given["dF_dX"]), tensors["F"])
    with pytest.raises(TypeError, match="dF_dX"):
        names["derivative"](**tensors)
    with pytest.raises(ValueError, match=r"dF_dX has the shape \(2, 5, 4, 3\), but dF_dX: k×p×n×n"):
        names["derivative"](**tensors, dF_dX=np.ones((2, 5, 4, 3)))


def test_an_elementwise_function_is_a_keyword() -> None:
    root = g.map("f", (difference(x, y),), 1)
    assert "df(x - y)" in check(root, {"df": np.cos})
    check(g.map("f", (x,), 2), {"d2f": np.sin})
    with pytest.raises(MatcalcError, match="unknown function f"):
        module_of(root, functions=("h",))


def test_the_unnamed_product_has_no_code() -> None:
    star = g.variable("⋆", (m, m, n))
    with pytest.raises(MatcalcError, match="⋆") as caught:
        module_of(product(star, z, x, over="ijk,j,k", out="i"))
    assert caught.value.kind == "unsupported"


def test_a_dimension_that_no_tensor_determines_is_a_keyword() -> None:
    text = module_of(product(s, g.delta(n), over=",ij", out="ij"))
    value = compile_module(text)["value"]
    np.testing.assert_array_equal(value(s=2, n=3), 2 * np.eye(3))
    with pytest.raises(TypeError, match="no tensor determines the dimension n"):
        value(s=2)
    with pytest.raises(ValueError, match="positive integer"):
        value(s=2, n=2.5)
    # accepted where the answer does not need it
    unused = module_of(s, sizes=("n",))
    assert compile_module(unused)["value"](s=2, n=3) == 2


def test_sizes_are_solved_from_sums_and_products() -> None:
    u = g.variable("u", (m * Dim.number(2) + ONE,))
    root = product(u, g.delta(m, 1), over="i,j", out="ij")
    value = compile_module(module_of(root))["value"]
    assert value(u=np.ones(7)).shape == (7, 3)
    with pytest.raises(ValueError, match=r"u has length 8, but u: .* has length 7"):
        value(u=np.ones(8))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"x": np.ones(3)}, "x has length 3, but A: m×n has n = 4"),
        ({"B": np.ones((2, 4))}, "B has 2 rows, but A: m×n has m = 3"),
        ({"X": np.ones((4, 3))}, "X has 3 columns, but A: m×n has n = 4"),
        ({"A": np.ones(4)}, "A has 1 axes, but A: m×n has 2"),
        ({"T": np.ones((2, 3, 5))}, "T has size 5 along axis 3, but A: m×n has n = 4"),
        ({"c": np.ones(6)}, "c has length 6, but c: 5 has length 5"),
        ({"v": np.ones(6)}, "v has length 6, but v: m*n has length 12"),
    ],
)
def test_sizes_are_checked_in_the_words_of_the_problem(given: Any, message: str) -> None:
    c = g.variable("c", (Dim.number(5),))
    everything = (A, B, T, X, c, v, x)
    value = compile_module(module_of(s, variables=(*everything, s)))["value"]
    tensors = inputs_of((*everything, s))
    assert value(**tensors) == tensors["s"]
    with pytest.raises(ValueError) as caught:
        value(**{**tensors, **given})
    assert str(caught.value) == message


def test_names_that_python_keeps_get_an_underscore() -> None:
    words = ("lambda", "np", "x₁", "value", "t1", "float", "_tensor", "ϕ")
    nodes = tuple(g.variable(word, (n,)) for word in words)
    squares = tuple(power(g.map("exp", (node,)), 2) for node in nodes)
    root = g.add((1,) * len(words), squares, (n,))
    text = module_of(root, variables=nodes)
    namespace = compile_module(text)
    tensors = {word: np.full(4, float(k)) for k, word in enumerate(words)}
    wanted = sum(np.exp(array) ** 2 for array in tensors.values())
    np.testing.assert_allclose(Program(text).evaluate(tensors), wanted)
    keywords = namespace["value"].__kwdefaults__ or {}
    # each of these may be given by its own name, too
    assert set(keywords.values()) == {None}
    plain = namespace["value"](**tensors)
    np.testing.assert_allclose(plain, wanted)
    code = namespace["value"].__code__
    assert code.co_varnames[: code.co_kwonlyargcount] == (
        "lambda_", "np_", "x1", "value", "t1", "float", "_tensor_", "φ",
    )  # fmt: skip
    with pytest.raises(TypeError, match="unknown keyword"):
        Program(text).evaluate({**tensors, "other": 1})


@pytest.mark.parametrize(
    "expression",
    [
        'x"""\nimport os  # """',
        'einsum("i,i->", x, x)"',
        "x\\",
        'x\\"""',
        "a\r\n\x00\x0c\u2028\ud800b",
        ('"' * 200) + "\\" * 200,
        ("\\" + '"') * 150,
        "".join("ab" * j + '"""' for j in range(60)),
    ],
)
def test_no_text_breaks_out_of_a_docstring(expression: str) -> None:
    root = power(x, 2)
    text = module_of(root, expression=expression, verified=expression, conditions=(expression,))
    namespace = compile_module(text)
    assert "os" not in namespace
    assert Program(text).evaluate({"x": [3.0]}) == [9.0]
    assert [name for name in namespace if not name.startswith("__")] == [
        "np", "value", "_arguments", "_tensor",
    ]  # fmt: skip


def test_a_shared_node_is_computed_once() -> None:
    shared = g.map("exp", (difference(x, y),))
    root = g.add((1, 1), (power(shared, 2), g.map("sin", (shared,))), (n,))
    assert body(check(root))[-2:] == ["t1 = np.exp(x - y)", "return t1**2 + np.sin(t1)"]


def deep() -> Node:
    node: Node = x
    for step in range(10_000):
        node = g.map("sin", (g.add((1, 1), (node, x if step % 2 else y), (n,)),))
    return node


def long_sum() -> Node:
    terms = tuple(g.add((j,), (power(x, j),), (n,)) for j in range(2, 4000))
    return g.add((1,) * len(terms), terms, (n,))


def long_chain() -> Node:
    half = g.add((Fraction(1, 5),), (X,), X.dims)
    inputs = tuple((j, j + 1) for j in range(600))
    return g.einsum((*[half] * 600, x), (*inputs, (600,)), (0,))


def long_hadamard() -> Node:
    return g.einsum((x, y) * 600, ((0,),) * 1200, (0,))


@pytest.mark.parametrize("make", [deep, long_sum, long_chain, long_hadamard])
def test_large_problems(make: Callable[[], Node]) -> None:
    text = module_of(make())
    assert max(map(len, text.splitlines())) <= 100
    found = Program(text).evaluate(inputs_of(variables_of(make())))
    assert np.shape(found) == (4,) and not np.any(np.isnan(found))


LEAVES: tuple[Node, ...] = (
    *(x, z, s, A, X, T, v, ones, g.delta(n), g.delta(m), g.delta(n, 3), g.delta(ONE, 1)),
    *(g.fuse((m, n)), g.fuse((n, m)), g.fuse((m, n, k)), block(k, m, k + m), g.size(m)),
    *(block(NOTHING, k, k + m), g.variable("u", (k + m,)), g.variable("o", (ONE, n))),
    *(g.map("exp", (x,)), power(z, -1), power(X, -1), g.add((2, 1), (A, B), (m, n))),
    g.map("exp", (product(s, g.delta(m, 1), over=",i", out="i"),)),
)


@st.composite
def index_sums(draw: st.DrawFn) -> Node:
    """A random Einsum: each index of a few per dimension, any of them in the output, twice too."""
    operands = draw(st.lists(st.sampled_from(LEAVES), min_size=1, max_size=5))
    numbers: dict[tuple[Dim, int], int] = {}
    inputs = []
    for operand in operands:
        indices = []
        for dim in operand.dims:
            which = draw(st.integers(0, 2))
            indices.append(numbers.setdefault((dim, which), len(numbers)))
        inputs.append(tuple(indices))
    output = draw(st.permutations(range(len(numbers))))
    output = output[: draw(st.integers(0, min(4, len(output))))]
    return g.einsum(tuple(operands), tuple(inputs), tuple(output))


@settings(max_examples=300, deadline=None)
@given(node=index_sums())
def test_any_index_sum(node: Node) -> None:
    check(node)


@settings(max_examples=60, deadline=None)
@given(one=index_sums(), two=index_sums())
def test_a_product_of_index_sums(one: Node, two: Node) -> None:
    """Sums inside a sum, and inside functions: pieces within pieces."""
    inner = g.einsum((one, two), (tuple(range(one.order)), tuple(range(100, 100 + two.order))), ())
    root = g.add((1, Fraction(-1, 3)), (g.map("tanh", (inner,)), inner), ())
    check(root)


def test_the_code_is_formatted(tmp_path: Path) -> None:
    """What ruff would neither complain of nor format in another way."""
    for number, node in enumerate([*KINDS.values(), *(node for node, _ in SPELLINGS)]):
        (tmp_path / f"module_{number}.py").write_text(module_of(node), encoding="utf-8")
    many = tuple(g.variable(f"tensor_{j}", (n,)) for j in range(30))
    text = module_of(g.add((1,) * 30, many, (n,)), variables=many)
    assert Program(text).evaluate({f"tensor_{j}": [1.0] for j in range(30)}) == [30.0]
    (tmp_path / "many.py").write_text(text, encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    for command in (
        ["check", "--isolated"],
        ["format", "--isolated", "--diff", "--line-length=100"],
    ):
        done = subprocess.run(
            [*ruff, *command, str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
