"""Every operator of the typed tree against numpy, on floats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from matcalc.errors import InternalError
from matcalc.language.dimensions import Dim
from matcalc.language.typed import Typed, Variable
from matcalc.trust.evaluate_typed import evaluate
from matcalc.trust.field import Field, Mismatch, Retry
from matcalc.trust.sample import COMPLEX, RANGES, Point
from matcalc.trust.scope import Scope
from tests.trust import trees as t

linalg = pytest.importorskip("scipy.linalg")
special = pytest.importorskip("scipy.special")

SIZES = {"m": 2, "n": 3, "p": 4}
A, B, X = t.variable("A", "m n"), t.variable("B", "n p"), t.variable("X", "m n")
S, P = t.variable("S", "n n"), t.variable("P", "n n", "posdef")
x, y, z = t.variable("x", "n"), t.variable("y", "n"), t.variable("z", "m")
s = t.variable("s")
T3 = t.variable("T", "m n p")
a, b, c, sq, pd, u, v, w, k, t3 = (t.leaf(i) for i in (A, B, X, S, P, x, y, z, s, T3))


def point(seed: int = 1, span: tuple[float, float] | str = RANGES[1]) -> Point:
    return Point(Field(0, 1 << 60), SIZES, seed, span, functions=frozenset(("f",)))


def array(value: Any) -> Any:
    return np.array(value.parts[0]).reshape(value.shape)


def values(at: Point) -> dict[str, Any]:
    return {
        leaf.name: array(at.variable(leaf.name, leaf.dims, leaf.attributes))
        for leaf in (A, B, X, S, P, x, y, z, s, T3)
    }


def kron_columns(a: Any, b: Any) -> Any:
    return np.stack([np.kron(a[:, j], b[:, j]) for j in range(a.shape[1])], axis=1)


def commutation(m: int, n: int) -> Any:
    found = np.zeros((m * n, m * n))
    for i in range(m):
        for j in range(n):
            found[i * n + j, j * m + i] = 1
    return found


def softmax(v: Any) -> Any:
    return np.exp(v) / np.sum(np.exp(v))


CASES: list[tuple[str, Typed, Callable[[dict[str, Any]], Any]]] = [
    ("number", t.number(3), lambda e: 3.0),
    ("size", Typed("size", (), Dim.named("n"), ()), lambda e: 3.0),
    ("add", t.add(a, c, signs=(1, -1)), lambda e: e["A"] - e["X"]),
    ("add scalar", t.add(t.number(1), a, k), lambda e: 1 + e["A"] + e["s"]),
    ("hadamard", t.hadamard(a, c), lambda e: e["A"] * e["X"]),
    ("scalar times", t.hadamard(k, a), lambda e: e["s"] * e["A"]),
    ("times scalar", t.hadamard(a, k), lambda e: e["s"] * e["A"]),
    ("divide", t.divide(a, c), lambda e: e["A"] / e["X"]),
    ("one over", t.divide(t.ONE, u), lambda e: 1 / e["x"]),
    ("over scalar", t.divide(a, k), lambda e: e["A"] / e["s"]),
    ("matrix", t.matmul(a, b), lambda e: e["A"] @ e["B"]),
    ("vector", t.matmul(a, u), lambda e: e["A"] @ e["x"]),
    ("covector", t.matmul(w, a), lambda e: e["z"] @ e["A"]),
    ("inner", t.matmul(u, v), lambda e: e["x"] @ e["y"]),
    ("outer product", t.matmul(u, t.transpose(w)), lambda e: np.outer(e["x"], e["z"])),
    ("frobenius", Typed("frobenius", (a, c), None, ()), lambda e: np.sum(e["A"] * e["X"])),
    ("kron", Typed("kron", (a, b), None, (A.dims[0] * B.dims[0], A.dims[1] * B.dims[1])), lambda e: np.kron(e["A"], e["B"])),
    ("kron column", Typed("kron", (w, b), None, (z.dims[0] * B.dims[0], B.dims[1])), lambda e: np.kron(e["z"][:, None], e["B"])),
    ("kron row", Typed("kron", (a, t.transpose(u)), None, (A.dims[0], A.dims[1] * x.dims[0])), lambda e: np.kron(e["A"], e["x"][None])),
    ("kron vectors", Typed("kron", (w, u), None, (z.dims[0] * x.dims[0],)), lambda e: np.kron(e["z"], e["x"])),
    ("khatrirao", Typed("khatrirao", (a, sq), None, (A.dims[0] * S.dims[0], A.dims[1])), lambda e: kron_columns(e["A"], e["S"])),
    ("outer", Typed("outer", (u, a), None, x.dims + A.dims), lambda e: np.einsum("i,jk->ijk", e["x"], e["A"])),
    ("einsum", Typed("einsum", (a, b), (("ij", "jk"), "ki"), t.dims("p m")), lambda e: (e["A"] @ e["B"]).T),
    ("einsum tuples", Typed("einsum", (a, c), ((("i", "j"), ("i", "j")), ("j",)), t.dims("n")), lambda e: np.sum(e["A"] * e["X"], 0)),
    ("einsum broadcast", Typed("einsum", (u,), (("j",), "ij"), t.dims("m n")), lambda e: np.stack([e["x"]] * 2)),
    ("einsum diagonal", Typed("einsum", (sq, u), (("ii", "i"), ""), ()), lambda e: np.diag(e["S"]) @ e["x"]),
    ("transpose", t.transpose(a), lambda e: e["A"].T),
    ("row", t.transpose(u), lambda e: e["x"]),
    ("power 2", t.power(a, 2), lambda e: e["A"] ** 2),
    ("power 0", t.power(a, 0), lambda e: e["A"] ** 0),
    ("power -3", t.power(a, -3), lambda e: e["A"] ** -3),
    ("power 1/2", t.power(a, t.divide(t.ONE, t.number(2))), lambda e: e["A"] ** 0.5),
    ("power scalar", t.power(a, k), lambda e: e["A"] ** e["s"]),
    ("scalar to matrix", Typed("power", (k, a), None, A.dims), lambda e: e["s"] ** e["A"]),
    ("power matrix", t.power(a, c), lambda e: e["A"] ** e["X"]),
    ("matpower 3", Typed("matpower", (sq,), 3, S.dims), lambda e: e["S"] @ e["S"] @ e["S"]),
    ("matpower 0", Typed("matpower", (sq,), 0, S.dims), lambda e: np.eye(3)),
    ("matpower -2", Typed("matpower", (sq,), -2, S.dims), lambda e: np.linalg.inv(e["S"] @ e["S"])),
    ("matpower real", Typed("matpower", (pd, t.divide(t.ONE, t.number(2))), None, P.dims), lambda e: linalg.sqrtm(e["P"])),
    ("eye", t.constant("eye", Dim.named("n"), shape="n n"), lambda e: np.eye(3)),
    ("ones", t.constant("ones", shape="m n"), lambda e: np.ones((2, 3))),
    ("zeros", t.constant("zeros", shape="m"), lambda e: np.zeros(2)),
    ("e", t.constant("e", 2, Dim.named("n"), shape="n"), lambda e: np.eye(3)[1]),
    ("K", Typed("constant", (), ("K", (Dim.named("m"), Dim.named("n"))), (A.dims[0] * A.dims[1],) * 2), lambda e: commutation(2, 3)),
    ("pi", t.constant("pi"), lambda e: np.pi),
    ("tr", t.call("tr", sq, shape=""), lambda e: np.trace(e["S"])),
    ("sum", t.call("sum", a, shape=""), lambda e: e["A"].sum()),
    ("sum 0", t.call("sum", a, shape="n", axis=0), lambda e: e["A"].sum(0)),
    ("sum 1", t.call("sum", a, shape="m", axis=1), lambda e: e["A"].sum(1)),
    ("mean", t.call("mean", a, shape=""), lambda e: e["A"].mean()),
    ("mean 0", t.call("mean", a, shape="n", axis=0), lambda e: e["A"].mean(0)),
    ("mean of three axes", t.call("mean", t3, shape="m p", axis=1), lambda e: e["T"].mean(1)),
    ("diag", t.call("diag", u, shape="n n"), lambda e: np.diag(e["x"])),
    ("diagonal", t.call("diag", sq, shape="n"), lambda e: np.diag(e["S"])),
    ("vec", Typed("call", (a,), ("vec", ()), (A.dims[0] * A.dims[1],)), lambda e: e["A"].T.ravel()),
    ("vech", t.call("vech", sq, shape="6"), lambda e: np.array([e["S"][i, j] for j in range(3) for i in range(j, 3)])),
    ("tril", t.call("tril", sq), lambda e: np.tril(e["S"])),
    ("triu", t.call("triu", sq), lambda e: np.triu(e["S"])),
    ("hstack", Typed("call", (a, w), ("hstack", ()), (A.dims[0], A.dims[1] + Dim.number(1))), lambda e: np.column_stack([e["A"], e["z"]])),
    ("vstack", Typed("call", (a, sq), ("vstack", ()), (A.dims[0] + S.dims[0], A.dims[1])), lambda e: np.vstack([e["A"], e["S"]])),
    ("vstack row", Typed("call", (a, t.transpose(u)), ("vstack", ()), (A.dims[0] + Dim.number(1), A.dims[1])), lambda e: np.vstack([e["A"], e["x"]])),
    ("vstack vectors", Typed("call", (w, u), ("vstack", ()), (z.dims[0] + x.dims[0],)), lambda e: np.concatenate([e["z"], e["x"]])),
    ("exp", t.call("exp", a), lambda e: np.exp(e["A"])),
    ("log", t.call("log", a), lambda e: np.log(e["A"])),
    ("erf", t.call("erf", a), lambda e: special.erf(e["A"])),
    ("sign", t.call("sign", a), lambda e: np.sign(e["A"])),
    ("det", t.call("det", sq, shape=""), lambda e: np.linalg.det(e["S"])),
    ("inv", t.call("inv", sq), lambda e: np.linalg.inv(e["S"])),
    ("pinv", t.call("pinv", a, shape="n m"), lambda e: np.linalg.pinv(e["A"])),
    ("expm", t.call("expm", sq), lambda e: linalg.expm(e["S"])),
    ("sqrtm", t.call("sqrtm", pd), lambda e: linalg.sqrtm(e["P"])),
    ("nuclear", t.call("nuclear", a, shape=""), lambda e: np.linalg.norm(e["A"], "nuc")),
    ("polar", t.call("polar", a), lambda e: linalg.polar(e["A"])[0]),
    ("max", t.call("max", u, shape=""), lambda e: e["x"].max()),
    ("max 1", t.call("max", a, shape="m", axis=1), lambda e: e["A"].max(1)),
    ("argmax 0", t.call("argmax", a, axis=0), lambda e: (e["A"] == e["A"].max(0)) * 1.0),
    # by their definitions in the table
    ("sin", t.call("sin", a), lambda e: np.sin(e["A"])),
    ("cos", t.call("cos", a), lambda e: np.cos(e["A"])),
    ("tan", t.call("tan", a), lambda e: np.tan(e["A"])),
    ("asin", t.call("asin", a), lambda e: np.arcsin(e["A"])),
    ("acos", t.call("acos", a), lambda e: np.arccos(e["A"])),
    ("atan", t.call("atan", a), lambda e: np.arctan(e["A"])),
    ("sinh", t.call("sinh", a), lambda e: np.sinh(e["A"])),
    ("cosh", t.call("cosh", a), lambda e: np.cosh(e["A"])),
    ("tanh", t.call("tanh", a), lambda e: np.tanh(e["A"])),
    ("sqrt", t.call("sqrt", a), lambda e: np.sqrt(e["A"])),
    ("abs", t.call("abs", t.add(a, c, signs=(1, -1))), lambda e: np.abs(e["A"] - e["X"])),
    ("relu", t.call("relu", t.add(a, c, signs=(1, -1))), lambda e: np.maximum(e["A"] - e["X"], 0)),
    ("sigmoid", t.call("sigmoid", a), lambda e: 1 / (1 + np.exp(-e["A"]))),
    ("softplus", t.call("softplus", a), lambda e: np.log1p(np.exp(e["A"]))),
    ("gelu", t.call("gelu", a), lambda e: e["A"] * special.ndtr(e["A"])),
    ("logdet", t.call("logdet", sq, shape=""), lambda e: np.linalg.slogdet(e["S"])[1]),
    ("adj", t.call("adj", sq), lambda e: np.linalg.det(e["S"]) * np.linalg.inv(e["S"])),
    ("softmax", t.call("softmax", u), lambda e: softmax(e["x"])),
    ("softmax 1", t.call("softmax", a, axis=1), lambda e: np.stack([softmax(r) for r in e["A"]])),
    ("softmax 0", t.call("softmax", a, axis=0), lambda e: np.stack([softmax(r) for r in e["A"].T]).T),
    ("logsumexp 0", t.call("logsumexp", a, shape="n", axis=0), lambda e: np.log(np.exp(e["A"]).sum(0))),
    ("norm", t.call("norm", a, shape=""), lambda e: np.linalg.norm(e["A"])),
    ("normsq", t.call("normsq", a, shape=""), lambda e: np.sum(e["A"] ** 2)),
    ("norm1", t.call("norm1", u, shape=""), lambda e: np.abs(e["x"]).sum()),
]  # fmt: skip


@pytest.mark.parametrize("name, tree, oracle", CASES, ids=[case[0] for case in CASES])
def test_operators_against_numpy(
    name: str, tree: Typed, oracle: Callable[[dict[str, Any]], Any]
) -> None:
    for seed in range(20):
        at = point(seed)
        try:
            found = array(evaluate(tree, at))
            break
        except Retry:
            continue
    expected = np.asarray(oracle(values(at)))
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name, tree, oracle", CASES, ids=[case[0] for case in CASES])
def test_directional_derivatives_against_finite_differences(
    name: str, tree: Typed, oracle: Callable[[dict[str, Any]], Any]
) -> None:
    """Along the same numbers, times 0.3, for every tensor at once."""
    at = point(3)
    start = values(at)
    directions = {name: {1: list(0.3 * value.ravel() ** 2)} for name, value in start.items()}
    for seed in range(20):
        at = point(3 + seed)
        start = values(at)
        directions = {name: {1: list(0.3 * value.ravel() ** 2)} for name, value in start.items()}
        try:
            value = evaluate(tree, at, Scope(at, directions, 1))
            break
        except Retry:
            continue
    h = 1e-6

    def moved(step: float) -> Any:
        shifted = {
            name: value + step * np.reshape(directions[name][1], value.shape)
            for name, value in start.items()
        }
        return np.asarray(oracle(shifted))

    slope = (moved(h) - moved(-h)) / (2 * h)
    found = np.array(value.parts.get(1, [0.0] * slope.size)).reshape(value.shape)
    np.testing.assert_allclose(found, slope, rtol=2e-5, atol=2e-5)


def test_duplication_undoes_vech() -> None:
    at = point()
    symmetric = t.leaf(t.variable("S", "n n", "symmetric"))
    vech = Typed("call", (symmetric,), ("vech", ()), t.dims("6"))
    d = Typed(
        "constant", (), ("duplication", (Dim.named("n"),)), (x.dims[0] * x.dims[0], Dim.number(6))
    )
    back = evaluate(Typed("matmul", (d, vech), "vector", (x.dims[0] * x.dims[0],)), at)
    whole = evaluate(Typed("call", (symmetric,), ("vec", ()), (x.dims[0] * x.dims[0],)), at)
    assert back.parts == whole.parts


def test_a_nested_derivative_is_taken_entry_by_entry() -> None:
    """d(x'Sx)/dx = (S + S')x, and its own derivative along a direction."""
    quadratic = t.matmul(t.matmul(t.transpose(u), sq), u)
    inner = Typed("derivative", (quadratic,), x, x.dims)
    at = point()
    e = values(at)
    both = e["S"] + e["S"].T
    np.testing.assert_allclose(array(evaluate(inner, at)), both @ e["x"])
    scope = Scope(at, {"x": {1: [1.0, 2.0, 3.0]}}, 1)
    found = evaluate(inner, at, scope)
    np.testing.assert_allclose(found.parts[1], both @ [1.0, 2.0, 3.0])
    twice = Typed("derivative", (inner,), x, x.dims * 2)
    np.testing.assert_allclose(array(evaluate(twice, at)), both)
    none = Typed("derivative", (quadratic,), z, z.dims)
    np.testing.assert_allclose(array(evaluate(none, at)), np.zeros(2))


def test_the_differential_moves_every_tensor_along_its_own() -> None:
    product = t.matmul(a, u)
    at = point()
    e = values(at)
    dA, dx = array(at.variable("dA", A.dims)), array(at.variable("dx", x.dims))
    found = array(evaluate(Typed("differential", (product,), None, z.dims), at))
    np.testing.assert_allclose(found, dA @ e["x"] + e["A"] @ dx)


def test_an_elementwise_function_and_its_primes() -> None:
    at = point()
    value = evaluate(t.call("f", u), at, Scope(at, {"x": {1: [1.0] * 3}}, 1))
    prime = evaluate(t.call("f′", u), at)
    np.testing.assert_allclose(value.parts[1], prime.parts[0])
    assert any(abs(v) > 1e-3 for v in prime.parts[0])


def test_a_declared_dependence_has_its_own_partial_derivatives() -> None:
    """The derivative along E is Σ ∂A/∂X·E, of both orders and for two variables."""
    depends = Variable("A", A.dims, (), (x, s))
    at = point()
    inputs = [at.variable("x", x.dims), at.variable("s", ())]
    e1, e2 = [0.3, -0.2, 0.9], [0.5, 0.1, -0.4]
    found = evaluate(t.leaf(depends), at, Scope(at, {"x": {1: e1, 2: e2}}, 2))
    first = array(at.partial("A", A.dims, inputs, [0]))
    second = array(at.partial("A", A.dims, inputs, [0, 0]))
    mixed = array(at.partial("A", A.dims, inputs, [1, 0]))
    np.testing.assert_allclose(np.reshape(found.parts[1], (2, 3)), first @ e1)
    np.testing.assert_allclose(np.reshape(found.parts[3], (2, 3)), second @ e2 @ e1)
    along = evaluate(t.leaf(depends), at, Scope(at, {"x": {1: e1}, "s": {2: [2.0]}}, 2))
    np.testing.assert_allclose(np.reshape(along.parts[3], (2, 3)), 2 * mixed @ e1)
    assert np.abs(second).min() > 1e-6


def test_real_points_stay_real_and_complex_ones_do_not_fail() -> None:
    negative = t.call("log", t.add(u, signs=(-1,)))
    with pytest.raises(Retry):
        evaluate(negative, point())
    value = evaluate(negative, point(span=COMPLEX))
    assert all(isinstance(v, complex) for v in value.parts[0])
    two = t.call("asin", t.add(t.number(2), u))
    with pytest.raises(Retry):
        evaluate(two, point())


def test_shapes_that_do_not_fit_at_these_sizes() -> None:
    wrong = Typed("call", (a,), ("vec", ()), t.dims("200"))
    with pytest.raises(Mismatch):
        evaluate(t.add(wrong, Typed("constant", (), ("ones", ()), t.dims("200"))), point())


def test_an_unknown_operator_is_a_fault_of_ours() -> None:
    with pytest.raises(InternalError, match="frobnicate"):
        evaluate(Typed("frobnicate", (), None, ()), point())


def test_ten_thousand_nested_nodes() -> None:
    tree = k
    for _ in range(10_000):
        tree = t.add(t.hadamard(tree, t.number(-1)), k)
    at = point()
    assert evaluate(tree, at).shape == ()


def test_every_function_of_the_table_has_a_value() -> None:
    from matcalc.functions import CONSTANT, FUNCTIONS, STRUCTURAL

    tried = {str(tree.data).split("'")[1] for _, tree, _ in CASES if tree.op == "call"}
    for row in FUNCTIONS.values():
        if row.kind not in (CONSTANT, STRUCTURAL) and not row.name.endswith(
            ("_derivative", "_second")
        ):
            assert row.name in tried, row.name


def test_what_overflows_is_not_known_afterwards() -> None:
    """A value that another expression has a part of in common with must not be believed."""
    x = t.leaf(t.variable("x"))
    huge = t.power(x, 5000)
    at = Point(Field(0), {}, 1, (2.0, 3.0))
    known: dict[Typed, Any] = {}
    for tree in (t.divide(t.ONE, huge), huge, t.hadamard(huge, t.number(0))):
        with pytest.raises((Retry, OverflowError)):
            evaluate(tree, at, known=known)
        assert huge not in known
    assert evaluate(x, at, known=known) is known[x]
