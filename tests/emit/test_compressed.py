"""Compressed derivatives: the factors, `matvec` and `dense` against the dense derivative."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import pytest
from scipy.sparse.linalg import LinearOperator, cg

from matcalc.api import Session, derive
from matcalc.emit.run import Program, compile_module
from matcalc.errors import MatcalcError
from tests.corpus import truth
from tests.corpus.truth import Row
from tests.corpus.vocabulary import NAMES

ROWS = [row for row in truth.rows("derive.jsonl") if row["wrt"] and row.get("may") is None]
"""Of the corpus what has a derivative."""


def given_for(row: Row) -> dict[str, Any]:
    given = {**truth.inputs(row), **row.get("keywords", {})}
    return given | {name: eval(text, dict(NAMES)) for name, text in row.get("functions", {}).items()}  # fmt: skip


def axes_of(row: Row, order: int, count: int) -> tuple[int, ...]:
    """The axes of the answer that are those of the last variable."""
    if row["layout"] == "vec":
        return (order - 1,)
    if row["layout"] == "denominator":
        return tuple(range(count))
    return tuple(range(order - count, order))


@pytest.mark.parametrize("row", ROWS[::3], ids=[row["id"] for row in ROWS[::3]])
def test_matvec_is_the_contraction_of_the_dense_derivative(row: Row) -> None:
    session = Session(row["layout"], row.get("structure", "projected"))
    for line in row.get("before", ()):
        session.read(line)
    result = session.read(row["problem"])
    assert result is not None
    given = given_for(row)
    free = compile_module(result.code())["derivative"].__kwdefaults__ or {}
    given |= {name: size for name, size in row["dims"].items() if name in free}
    wanted = np.asarray(result.evaluate(**given))
    found = Program(result.code(compressed=True)).evaluate(given)
    scale = 1e-10 * max(1.0, float(np.max(np.abs(wanted), initial=0.0)))
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found.dense(), wanted, rtol=1e-9, atol=scale)
    axes = axes_of(row, wanted.ndim, np.ndim(given[row["wrt"][-1]]))
    shape = tuple(wanted.shape[axis] for axis in axes)
    direction = np.random.default_rng(7).normal(size=shape)
    along = np.tensordot(wanted, direction, axes=(axes, range(len(axes))))
    np.testing.assert_allclose(found.matvec(direction), along, rtol=1e-8, atol=10 * scale)
    assert np.shape(found.matvec(direction)) == along.shape
    if len(shape) > 1:
        flat = found.matvec(direction.reshape(-1))
        np.testing.assert_allclose(flat, along.reshape(-1), rtol=1e-8, atol=10 * scale)


PRODUCTS = [
    # problem, sizes, the shapes of the factors
    ("d2(normsq(T - U@V'))/dU2 where T: m x n, U: m x k", {"F1": (2, 2)}),
    ("d2(normsq(W * (T - U@V')))/dU2 where T: m x n, U: m x k", {"F1": (4, 2, 2)}),
    ("d2(sum(exp(X@w)))/dw2 where X: m x n", {"X": (4, 3), "F1": (4,)}),
    ("d(A@X@B)/dX where A: m x n, X: n x p, B: p x k", {"A": (4, 3), "B": (5, 2)}),
    ("d(A@B@X)/dX where A: m x n, B: n x k, X: k x p", {"F1": (4, 2)}),
    ("d(exp(x))/dx where x: n", {"F1": (3,)}),
    ("d(X)/dX where X: m x n", {}),
]
SIZES = {"m": 4, "n": 3, "k": 2, "p": 5}


@pytest.mark.parametrize(("problem", "shapes"), PRODUCTS, ids=[row[0] for row in PRODUCTS])
def test_factors_are_what_is_small(problem: str, shapes: dict[str, tuple[int, ...]]) -> None:
    result = derive(problem)
    random = np.random.default_rng(1)
    names = {variable.name: variable.dims for variable in result._problem.variables}
    given = {
        name: random.normal(size=tuple(dim.evaluate(SIZES) for dim in dims))
        for name, dims in names.items()
    }
    module = compile_module(result.code(compressed=True))
    free = {name: SIZES[name] for name in module["derivative"].__kwdefaults__ or {}}
    found = module["derivative"](**given, **free)
    assert {name: np.shape(factor) for name, factor in found.factors.items()} == shapes
    np.testing.assert_allclose(found.dense(), result.evaluate(**given, **free), rtol=1e-12)


@pytest.mark.parametrize("target", ["jax", "torch"])
@pytest.mark.parametrize(("problem", "shapes"), PRODUCTS, ids=[row[0] for row in PRODUCTS])
def test_other_libraries_have_it_too(
    target: str, problem: str, shapes: dict[str, tuple[int, ...]]
) -> None:
    library = pytest.importorskip("jax.numpy" if target == "jax" else target)
    result = derive(problem)
    random = np.random.default_rng(1)
    given = {
        variable.name: random.normal(size=tuple(dim.evaluate(SIZES) for dim in variable.dims))
        for variable in result._problem.variables
    }
    free = compile_module(result.code())["derivative"].__kwdefaults__ or {}
    sizes = {name: SIZES[name] for name in free}
    module = compile_module(result.code(target, compressed=True))
    arrays = {name: library.asarray(array) for name, array in given.items()}
    found = module["derivative"](**arrays, **sizes)
    wanted = result.evaluate(**given, **sizes)
    # JAX computes in float32 unless it is told otherwise
    np.testing.assert_allclose(np.asarray(found.dense()), wanted, rtol=1e-4, atol=1e-5)
    count = np.ndim(given[result.wrt[-1]])
    direction = random.normal(size=wanted.shape[wanted.ndim - count :])
    along = np.tensordot(wanted, direction, count)
    moved = np.asarray(found.matvec(library.asarray(direction)))
    np.testing.assert_allclose(moved, along, rtol=1e-3, atol=1e-4)
    assert len(found.factors) == len(shapes)


def test_the_hessian_of_a_masked_factorisation_takes_little_memory() -> None:
    result = derive("d2(normsq(W * (T - U@V')))/dU2 where T: m x n, U: m x k")
    m, n, k = 60, 50, 3
    random = np.random.default_rng(2)
    W, T = random.normal(size=(2, m, n))
    U, V = random.normal(size=(m, k)), random.normal(size=(n, k))
    found = Program(result.code(compressed=True)).evaluate({"W": W, "T": T, "U": U, "V": V})
    entries = sum(np.size(factor) for factor in found.factors.values())
    assert entries == m * k * k
    assert prod(found.shape) == m * k * m * k


def test_it_solves_a_newton_step_as_a_linear_operator() -> None:
    result = derive("d2(sum(softplus(X@W) ) + normsq(W))/dW2 where X: m x n, W: n x k")
    random = np.random.default_rng(3)
    X, W = random.normal(size=(20, 4)), random.normal(size=(4, 3))
    hessian = Program(result.code(compressed=True)).evaluate({"X": X, "W": W})
    operator = LinearOperator((12, 12), matvec=hessian.matvec, dtype=float)
    right = random.normal(size=12)
    step, status = cg(operator, right, rtol=1e-12)
    assert status == 0
    np.testing.assert_allclose(hessian.dense().reshape(12, 12) @ step, right, atol=1e-8)


def test_it_says_what_the_factors_are() -> None:
    text = derive("d2(normsq(T - U@V'))/dU2 where T: m x n, U: m x k").code(compressed=True)
    assert "result[i,k,j,l] = 2·δ[i,j]·F1[k,l]" in text
    assert "F1[j,k] = Σᵢ V[i,j]·V[i,k]" in text


def test_errors_say_what_is_wrong() -> None:
    hessian = Program(
        derive("d2(normsq(T - U@V'))/dU2 where T: m x n, U: m x k").code(compressed=True)
    ).evaluate({"T": np.zeros((3, 4)), "U": np.zeros((3, 2)), "V": np.zeros((4, 2))})
    with pytest.raises(ValueError, match=r"direction has the shape \(2, 3\), but m×k is \(3, 2\)"):
        hessian.matvec(np.zeros((2, 3)))
    with pytest.raises(
        MatcalcError, match="this is no derivative, so there is nothing to compress"
    ):
        derive("x'@x").code(compressed=True)


def test_names_of_the_problem_do_not_clash() -> None:
    problem = "d2(normsq(F1 * (direction - flat@self')))/dflat2 where F1, direction: m x n, flat: m x k, self: n x k"
    result = derive(problem)
    random = np.random.default_rng(5)
    given = {
        "F1": random.normal(size=(4, 3)), "direction": random.normal(size=(4, 3)),
        "flat": random.normal(size=(4, 2)), "self": random.normal(size=(3, 2)),
    }  # fmt: skip
    found = Program(result.code(compressed=True)).evaluate(given)
    np.testing.assert_allclose(found.dense(), Program(result.code()).evaluate(given))
    moved = random.normal(size=(4, 2))
    along = np.tensordot(found.dense(), moved, 2)
    np.testing.assert_allclose(found.matvec(moved), along, atol=1e-12)
