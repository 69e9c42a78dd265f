"""Every kind of the tensor graph against numpy, on floats."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from matcalc.errors import InternalError
from matcalc.language.dimensions import Dim
from matcalc.tensor.nodes import Graph, Node
from matcalc.trust.evaluate_graph import Contraction, evaluate
from matcalc.trust.field import Field, Retry, random_prime
from matcalc.trust.sample import RANGES, Point

linalg = pytest.importorskip("scipy.linalg")

m, n, p = Dim.named("m"), Dim.named("n"), Dim.named("p")
SIZES = {"m": 2, "n": 3, "p": 4}
g = Graph()
A, B, X = g.variable("A", (m, n)), g.variable("B", (n, p)), g.variable("X", (m, n))
S, P = g.variable("S", (n, n)), g.variable("P", (n, n), ("posdef",))
x, y, s = g.variable("x", (n,)), g.variable("y", (n,)), g.variable("s", ())


def point(seed: int = 1, prime: int = 0) -> Point:
    return Point(Field(prime, 1 << 60), SIZES, seed, RANGES[1])


def array(value: Any) -> Any:
    return np.array(value.parts[0]).reshape(value.shape)


def values(at: Point) -> dict[str, Any]:
    return {
        v.name: array(at.variable(v.name, v.dims, v.attributes)) for v in (A, B, X, S, P, x, y, s)
    }


def lower(k: int) -> Any:
    return np.tril(np.ones((k, k)))


def vech_places() -> Any:
    found = np.zeros((6, 3, 3))
    pairs = [(i, j) for j in range(3) for i in range(j, 3)]
    for place, (i, j) in enumerate(pairs):
        found[place, i, j] = 1
    return found


CASES: list[tuple[str, Node, Callable[[dict[str, Any]], Any]]] = [
    ("number", g.number(Fraction(3, 2)), lambda e: 1.5),
    ("size", g.size(m * n + Dim.number(1)), lambda e: 7.0),
    ("variable", A, lambda e: e["A"]),
    ("delta 1", g.delta(n, 1), lambda e: np.ones(3)),
    ("delta 2", g.delta(n), lambda e: np.eye(3)),
    ("delta 3", g.delta(n, 3), lambda e: np.einsum("ij,jk->ijk", np.eye(3), np.eye(3))),
    ("fuse", g.fuse((m, n)), lambda e: np.eye(6).reshape(2, 3, 6)),
    ("pi", g.constant("pi", (), ()), lambda e: np.pi),
    ("e", g.constant("e", (2, n), (n,)), lambda e: np.eye(3)[1]),
    ("block", g.constant("block", (m, n, m + n), (n, m + n)), lambda e: np.eye(5)[2:]),
    ("lower", g.constant("lower", (n,), (n, n)), lambda e: lower(3)),
    ("upper", g.constant("upper", (n,), (n, n)), lambda e: lower(3).T),
    ("vech", g.constant("vech", (n,), (Dim.number(6), n, n)), lambda e: vech_places()),
    ("matrix product", g.einsum((A, B), ((0, 1), (1, 2)), (0, 2)), lambda e: e["A"] @ e["B"]),
    ("ones", g.einsum((A, g.delta(p, 1)), ((0, 1), (2,)), (2, 0, 1)), lambda e: np.stack([e["A"]] * 4)),
    ("trace of delta", g.einsum((g.delta(n),), ((0, 0),), ()), lambda e: 3.0),
    ("jacobian of AX", g.einsum((A, g.delta(p)), ((0, 2), (1, 3)), (0, 1, 2, 3)), lambda e: np.einsum("ip,kq->ikpq", e["A"], np.eye(4))),
    ("vec", g.einsum((A, g.fuse((n, m))), ((0, 1), (1, 0, 2)), (2,)), lambda e: e["A"].T.ravel()),
    ("kron", g.einsum((A, S, g.fuse((m, n)), g.fuse((n, n))), ((0, 1), (2, 3), (0, 2, 4), (1, 3, 5)), (4, 5)), lambda e: np.kron(e["A"], e["S"])),
    ("vec of vec", g.einsum((g.einsum((A, g.fuse((n, m))), ((0, 1), (1, 0, 2)), (2,)), g.fuse((n, m))), ((2,), (0, 1, 2)), (1, 0)), lambda e: e["A"]),
    ("add", g.add((2, Fraction(-1, 2)), (A, X), (m, n)), lambda e: 2 * e["A"] - e["X"] / 2),
    ("add delta", g.add((1, 3), (S, g.delta(n)), (n, n)), lambda e: e["S"] + 3 * np.eye(3)),
    ("zero", g.zero((m, n)), lambda e: np.zeros((2, 3))),
    ("exp", g.map("exp", (A,)), lambda e: np.exp(e["A"])),
    ("tanh", g.map("tanh", (A,)), lambda e: np.tanh(e["A"])),
    ("pow -1", g.map("pow", (A, g.number(-1))), lambda e: 1 / e["A"]),
    ("pow 1/2", g.map("pow", (A, g.number(Fraction(1, 2)))), lambda e: np.sqrt(e["A"])),
    ("pow s", g.map("pow", (A, s)), lambda e: e["A"] ** e["s"]),
    ("pow of tensors", g.map("pow", (A, X)), lambda e: e["A"] ** e["X"]),
    ("inv", g.apply("inv", (S,), (n, n)), lambda e: np.linalg.inv(e["S"])),
    ("det", g.apply("det", (S,), ()), lambda e: np.linalg.det(e["S"])),
    ("logdet", g.apply("logdet", (S,), ()), lambda e: np.linalg.slogdet(e["S"])[1]),
    ("matpower", g.apply("matpower", (S, g.number(3)), (n, n)), lambda e: e["S"] @ e["S"] @ e["S"]),
    ("expm", g.apply("expm", (S,), (n, n)), lambda e: linalg.expm(e["S"])),
    ("sqrtm", g.apply("sqrtm", (P,), (n, n)), lambda e: linalg.sqrtm(e["P"])),
    ("softmax", g.apply("softmax", (A,), (m, n), (("axis", 1),)), lambda e: np.exp(e["A"]) / np.exp(e["A"]).sum(1, keepdims=True)),
    ("max", g.apply("max", (A,), (n,), (("axis", 0),)), lambda e: e["A"].max(0)),
]  # fmt: skip


@pytest.mark.parametrize("name, node, oracle", CASES, ids=[case[0] for case in CASES])
def test_kinds_against_numpy(
    name: str, node: Node, oracle: Callable[[dict[str, Any]], Any]
) -> None:
    for seed in range(20):
        at = point(seed)
        try:
            found = array(evaluate(node, at))
            break
        except Retry:
            continue
    expected = np.asarray(oracle(values(at)))
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name, node, oracle", CASES, ids=[case[0] for case in CASES])
def test_contraction_before_multiplying_out(
    name: str, node: Node, oracle: Callable[[dict[str, Any]], Any]
) -> None:
    for seed in range(20):
        at = point(seed)
        try:
            whole = array(evaluate(node, at))
            break
        except Retry:
            continue
    lead = min(1, node.order)
    vectors = [at.draw(f"v{k}", (size,)) for k, size in enumerate(whole.shape[lead:])]
    orders = [len(vector.shape) for vector in vectors]
    found = array(Contraction(node, lead, orders).at(at, vectors, {}))
    for vector in reversed(vectors):
        whole = whole @ array(vector)
    np.testing.assert_allclose(found, whole, rtol=1e-8, atol=1e-9)


def test_the_derivative_of_expm_against_frechet() -> None:
    at = point()
    jacobian = array(evaluate(g.apply("expm_derivative", (S,), (n,) * 4), at))
    e = values(at)
    direction = e["P"]
    expected = linalg.expm_frechet(e["S"], direction, compute_expm=False)
    np.testing.assert_allclose(np.einsum("ijpq,pq->ij", jacobian, direction), expected, rtol=1e-8)


def test_the_derivative_of_sqrtm_solves_its_equation() -> None:
    at = point()
    jacobian = array(evaluate(g.apply("sqrtm_derivative", (P,), (n,) * 4), at))
    e = values(at)
    moved = np.einsum("ijpq,pq->ij", jacobian, e["S"])
    root = linalg.sqrtm(e["P"])
    np.testing.assert_allclose(root @ moved + moved @ root, e["S"], rtol=1e-8)


def test_partial_derivatives_of_a_dependence() -> None:
    F = g.variable("F", (m,), (), (X, s))
    at = point(prime=random_prime(2))
    inputs = [evaluate(X, at), evaluate(s, at)]
    found = evaluate(g.partial(F, (X, s)), at)
    assert found.shape == (2, 2, 3)
    assert found.parts == at.partial("F", (m,), inputs, [0, 1]).parts
    with pytest.raises(InternalError):
        evaluate(g.partial(F, (y,)), at)


def test_floats_and_residues_agree() -> None:
    """On rational nodes both fields compute the same function: at the value 1 of every entry."""
    node = g.add(
        (3, Fraction(1, 3)), (g.einsum((A, B), ((0, 1), (1, 2)), (0, 2)), g.zero((m, p))), (m, p)
    )
    prime = random_prime(1)
    exact, real = point(prime=prime), point()
    for at in (exact, real):
        for v in (A, B):
            at.variable(v.name, v.dims).parts[0][:] = [at.field.number(1)] * len(
                at.variable(v.name, v.dims).parts[0]
            )
    assert evaluate(node, exact).parts[0] == [9] * 8
    assert evaluate(node, real).parts[0] == [9.0] * 8
