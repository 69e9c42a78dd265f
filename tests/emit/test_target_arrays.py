"""Code for JAX and PyTorch as functions of arrays: autodiff, jit, vmap, dtypes, devices."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from tests.emit.targets import (
    EXAMPLES,
    MORE,
    OTHERS,
    array,
    arrays,
    example,
    library,
    namespace_of,
    point,
    sampled,
)

pytestmark = pytest.mark.usefixtures("double_precision", "quiet")

EVERY = [*(problem for _, problem in EXAMPLES), *MORE]
DIFFERENTIATED = [
    problem
    for problem in dict.fromkeys(EVERY)
    # the traces of these two are among second derivatives; JAX compiles for seconds
    if problem.startswith("d(") and not problem.startswith(("d(tr(expm", "d(tr(sqrtm"))
]


def backward(target: str, value: Any, at: Any, weights: Any) -> Any:
    """Σ weights·∂value/∂at, by the library's reverse mode."""
    if target == "jax":
        import jax

        return jax.vjp(value, at)[1](weights)[0]
    import torch

    return torch.func.vjp(value, at)[1](weights)[0]


def forward(target: str, value: Any, at: Any, direction: Any) -> Any:
    """The derivative of the value along a direction, by the library's forward mode."""
    if target == "jax":
        import jax

        return jax.jit(lambda X, E: jax.jvp(value, (X,), (E,))[1])(at, direction)
    import torch

    return torch.func.jvp(value, (at,), (direction,))[1]


@pytest.mark.parametrize(
    ("problem", "target"), sampled([(problem,) for problem in DIFFERENTIATED], OTHERS)
)
def test_autodiff_of_the_value_is_the_derivative(problem: str, target: str) -> None:
    result = example(problem, "ignore")
    module = namespace_of(result, target)
    (name,) = result.wrt
    tensors = arrays(target, point(result))

    def value(moved: Any) -> Any:
        return module["value"](**{**tensors, name: moved})

    derivative = module["derivative"]
    if target == "jax":
        import jax

        value, derivative = jax.jit(value), jax.jit(derivative)
    order = np.ndim(value(tensors[name]))
    slope = np.asarray(derivative(**tensors))
    assert np.all(np.isfinite(slope))
    random = np.random.default_rng(0)
    weights = random.standard_normal(slope.shape[:order])
    wanted = np.tensordot(weights, slope, order)
    found = np.asarray(backward(target, value, tensors[name], array(target, weights)))
    if "posdef" in problem:
        # where X may only move symmetrically, only that much of a slope is known
        found, wanted = (one + np.swapaxes(one, -1, -2) for one in (found, wanted))
    scale = 1e-8 * max(1e-3, float(np.max(np.abs(wanted), initial=0.0)))
    np.testing.assert_allclose(found, wanted, 1e-8, scale, err_msg=result.code(target))


@pytest.mark.parametrize("target", OTHERS)
@pytest.mark.parametrize("function", ["sqrtm", "adj", "expm", "inv"])
def test_a_second_derivative_by_autodiff(function: str, target: str) -> None:
    """Of what has its value from elsewhere than its slopes, too: the square root, the adjugate."""
    result = example(f"d(tr(A@{function}(X)))/dX where A, X: n x n", "ignore")
    module = namespace_of(result, target)
    given = point(result)
    tensors = arrays(target, {**given, "X": given["X"] + given["X"].T})
    direction = array(target, np.random.default_rng(1).standard_normal(given["X"].shape))

    def at(word: str, X: Any) -> Any:
        return module[word](**{**tensors, "X": X})

    def slope(X: Any) -> Any:
        return backward(target, functools.partial(at, "value"), X, array(target, 1.0))

    once = forward(target, functools.partial(at, "derivative"), tensors["X"], direction)
    wanted, found = np.asarray(once), np.asarray(forward(target, slope, tensors["X"], direction))
    np.testing.assert_allclose(found, wanted, 1e-8, 1e-9 * float(np.max(np.abs(wanted))))


@pytest.mark.parametrize("target", OTHERS)
def test_a_derivative_of_many_points_at_once(target: str) -> None:
    result = example("d2(sum(log(1 + exp(-y*(X@w)))))/dw2 where X: m x n, w: n, y: m")
    derivative = namespace_of(result, target)["derivative"]
    tensors = arrays(target, point(result))
    many = array(target, np.linspace(-1, 1, 20).reshape(5, 4))
    assert tensors["w"].shape == (4,)

    def at(w: Any) -> Any:
        return derivative(**{**tensors, "w": w})

    if target == "jax":
        import jax

        found = jax.vmap(at)(many)
    else:
        import torch

        found = torch.func.vmap(at)(many)
    np.testing.assert_allclose(
        np.asarray(found), np.stack([np.asarray(at(w)) for w in many]), 1e-12
    )


@pytest.mark.parametrize("target", [one for one in OTHERS if one.values == ("jax",)])
def test_exponents_may_be_traced(target: str) -> None:
    import jax

    result = example("d(X^k)/dX where X: n x n, k: scalar", "ignore")
    module = namespace_of(result, target)
    plain = namespace_of(result, "numpy")
    symmetric = np.array([[2.0, 0.5], [0.5, 1.0]])
    for word in ("value", "derivative"):
        jitted = jax.jit(module[word])
        for X, k in [(symmetric, 0.5), (symmetric, -1.3), (np.triu(symmetric), 3.0)]:
            for exponent in (k, float(round(k)), 0.0, -2.0):
                wanted = plain[word](X=X, k=exponent)
                np.testing.assert_allclose(jitted(X=X, k=exponent), wanted, 1e-10, 1e-12)


# dtypes and devices


@pytest.mark.parametrize(("name", "problem", "target"), sampled(EXAMPLES, OTHERS))
def test_single_precision_stays(name: str, problem: str, target: str) -> None:
    result = example(problem)
    module = namespace_of(result, target)
    word = "derivative" if "derivative" in module else "value"
    wanted = np.asarray(namespace_of(result, "numpy")[word](**point(result)))
    found = module[word](**arrays(target, point(result), "float32"))
    if result._problem.variables:
        assert str(found.dtype).removeprefix("torch.") == "float32", result.code(target)
    scale = 1e-3 * max(1.0, float(np.max(np.abs(wanted), initial=0.0)))
    np.testing.assert_allclose(np.asarray(found), wanted, 1e-3, scale)


@pytest.mark.parametrize("target", OTHERS)
def test_numbers_lists_and_integers_take_the_dtype_of_the_arrays(target: str) -> None:
    derivative = namespace_of(example("d(s*x'@A@x)/dx where A: n x n, x: n"), target)["derivative"]
    given = {"A": [[1, 2], [3, 4]], "x": [1, 2], "s": 2}

    def dtype(**more: Any) -> str:
        return str(derivative(**{**given, **more}).dtype).removeprefix("torch.")

    whole = library(target).asarray([1, 2])
    single, double = (array(target, [1, 2], dtype) for dtype in ("float32", "float64"))
    assert dtype() == dtype(x=whole) == dtype(x=[1.0, 2.0]) == "float64"
    assert dtype(x=single) == dtype(x=single, s=2.5) == "float32"
    assert dtype(x=double) == dtype(x=double, A=array(target, np.eye(2), "float32")) == "float64"
    for complex_one in (np.array([1j, 2]), [1j, 2]):
        given_one = library(target).asarray(complex_one)
        with pytest.raises(TypeError, match="x is complex"):
            dtype(x=given_one)


@pytest.mark.parametrize("target", [one for one in OTHERS if one.values == ("jax",)])
def test_without_x64_jax_computes_in_single_precision(target: str) -> None:
    import jax

    result = example("d(s*x'@A@x)/dx where A: n x n, x: n")
    derivative = namespace_of(result, target)["derivative"]
    jax.config.update("jax_enable_x64", False)
    try:
        found = derivative(A=np.eye(2), x=[1, 2], s=3)
    finally:
        jax.config.update("jax_enable_x64", True)
    assert found.dtype == np.float32 and found.tolist() == [6.0, 12.0]


DECIDES = {"sqrtm_derivative", "expm_second", "matpower_derivative"}
"""What looks at values, or at sizes that the device `meta` cannot compute with."""


@pytest.mark.parametrize("target", [one for one in OTHERS if one.values == ("torch",)])
@pytest.mark.parametrize(("name", "problem"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_all_is_made_on_the_device_of_the_inputs(name: str, problem: str, target: str) -> None:
    """On `meta`, a device without memory that every installation has: mixing it with another fails."""
    import torch

    if name in DECIDES:
        return
    result = example(problem)
    module = namespace_of(result, target)
    tensors = arrays(target, point(result))
    if not tensors:
        return
    for word in module.keys() & {"value", "derivative"}:
        wanted = module[word](**tensors)
        found = module[word](**{name: tensor.to("meta") for name, tensor in tensors.items()})
        assert found.device == torch.device("meta") and found.shape == wanted.shape
