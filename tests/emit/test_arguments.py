"""What emitted functions take: tensors, derivatives of dependences, functions and sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from matcalc.emit.module import emit
from matcalc.emit.run import Program, compile_module
from matcalc.errors import MatcalcError
from matcalc.language.dimensions import ONE, Dim
from tests.emit.sample import (
    A,
    B,
    F,
    T,
    X,
    check,
    difference,
    g,
    inputs_of,
    m,
    module_of,
    n,
    power,
    product,
    s,
    v,
    x,
    y,
    z,
)


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
