"""Emitted modules against plain dense NumPy: every kind of node, and random index sums."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcalc.emit.run import Program
from matcalc.functions import ENTRYWISE, FUNCTIONS
from matcalc.language.dimensions import ONE, Dim
from matcalc.tensor.nodes import Node
from tests.emit.sample import (
    A,
    B,
    S,
    T,
    W,
    X,
    Y,
    body,
    check,
    difference,
    g,
    inputs_of,
    k,
    m,
    module_of,
    n,
    ones,
    power,
    product,
    s,
    v,
    variables_of,
    x,
    y,
    z,
)

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
