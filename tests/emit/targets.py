"""The libraries that code is emitted for: emitted modules run with their own arrays, for tests."""

from __future__ import annotations

import functools
import importlib
import importlib.util
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pytest

import matcalc
from matcalc.emit.arguments import names_of
from matcalc.emit.run import compile_module
from matcalc.functions import FUNCTIONS
from matcalc.result import Result
from tests.conftest import UNTESTED

LIBRARIES = {"numpy": "numpy", "jax": "jax.numpy", "torch": "torch"}
"""What makes the arrays of each target."""


def missing(target: str) -> bool:
    return importlib.util.find_spec(target) is None


def param(target: str) -> Any:
    """A target as a parameter of tests, which are skipped, and loudly, where it is not installed."""
    why = f"{UNTESTED}: code for {target}, which is not installed; the extra `test` has it"
    return pytest.param(target, marks=pytest.mark.skipif(missing(target), reason=why))


ALL = [param(target) for target in LIBRARIES]
OTHERS = [param(target) for target in LIBRARIES if target != "numpy"]


def sampled(items: Iterable[tuple[Any, ...]], chosen: list[Any], every: int = 3) -> list[Any]:
    """Each item with each target; one of `every` with JAX, which compiles for each shape."""
    return [
        pytest.param(*item, *target.values, marks=target.marks)
        for number, item in enumerate(items)
        for target in chosen
        if target.values != ("jax",) or number % every == 0
    ]


def library(target: str) -> Any:
    """What the modules of a target name `np`, `jnp` or `torch`."""
    return importlib.import_module(LIBRARIES[target])


def array(target: str, value: Any, dtype: str | None = None) -> Any:
    """A library's own array; of float64 unless said."""
    numbers = np.asarray(value, dtype=dtype or "float64")
    if target == "torch":
        return library(target).from_numpy(numbers.copy())
    return library(target).asarray(numbers)


def arrays(target: str, given: Mapping[str, Any], dtype: str | None = None) -> dict[str, Any]:
    """The numbers among what is given as a library's arrays, functions as they are."""
    return {
        name: value if callable(value) else array(target, value, dtype)
        for name, value in given.items()
    }


def values(namespace: Mapping[str, Any], target: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """`value` and `derivative` as NumPy arrays; the inputs must be what they were."""
    found = {}
    for word in ("value", "derivative"):
        if word in namespace:
            function = namespace[word]
            tensors = arrays(target, _taken(function, given))
            result = function(**tensors)
            assert isinstance(result, _kinds(target)), f"{word} is a {type(result).__name__}"
            found[word] = np.asarray(result)
            for name, tensor in tensors.items():
                if not callable(tensor):
                    np.testing.assert_array_equal(np.asarray(tensor), np.asarray(given[name]))
    if "value_and_derivative" in namespace:
        both = namespace["value_and_derivative"]
        pair = both(**arrays(target, _taken(both, given)))
        for one, array in zip(pair, found.values(), strict=True):
            np.testing.assert_allclose(np.asarray(one), array, 1e-7, 1e-12 * _scale(array))
    return found


def _kinds(target: str) -> Any:
    if target == "numpy":
        return np.ndarray | np.floating
    return library("torch").Tensor if target == "torch" else importlib.import_module("jax").Array


def _taken(function: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    code = function.__code__
    known = code.co_varnames[: code.co_kwonlyargcount]
    takes_all = bool(code.co_flags & 8)
    return {name: value for name, value in given.items() if name in known or takes_all}


def assert_equal(result: Result, target: str, given: Mapping[str, Any], rtol: float = 1e-8) -> None:
    """The target's code gives what NumPy's gives."""
    wanted = values(namespace_of(result, "numpy"), "numpy", given)
    found = values(namespace_of(result, target), target, given)
    assert wanted.keys() == found.keys()
    for word, array in wanted.items():
        assert found[word].shape == array.shape and found[word].dtype == np.float64
        scale = _scale(array)
        text = f"{word} of {result.input}\n{result.code(target)}"
        np.testing.assert_allclose(found[word], array, rtol, rtol * scale, err_msg=text)


def _scale(array: Any) -> float:
    """The size of the largest number, or a thousandth."""
    return max(1e-3, float(np.max(np.abs(array), initial=0.0, where=np.isfinite(array))))


def namespace_of(result: Result, target: str) -> dict[str, Any]:
    return compile_module(result.code(target))


@functools.cache
def point(result: Result, sizes: tuple[tuple[str, int], ...] = (), seed: int = 0) -> dict[str, Any]:
    """Values at which every function of the table has one: positive, well conditioned."""
    random = np.random.default_rng(seed)
    dims = [dim for variable in result._problem.variables for dim in variable.dims]
    names = sorted({name for dim in dims for name in names_of(dim)})
    known = {name: 3 + place for place, name in enumerate(names)} | dict(sizes)
    found = {}
    for variable in result._problem.variables:
        shape = tuple(dim.evaluate(known) for dim in variable.dims)
        values: Any = random.uniform(0.2, 0.8, shape)
        if variable.name == "k":
            values = np.float64(3)
        if len(shape) == 2 and shape[0] == shape[1]:
            values = values + 2 * np.eye(shape[0])
            if {"posdef", "symmetric"} & set(variable.attributes):
                values = values + values.T
        found[variable.name] = values
    return found


EXAMPLES = [(row.name, row.example) for row in FUNCTIONS.values() if " where " in row.example]


@functools.cache
def example(problem: str, structure: str = "projected") -> Result:
    return matcalc.derive(problem, structure=structure)


MORE = [
    "d(X^k)/dX where X: n x n, k: scalar",
    "d(tr(A@X^(k + 1)))/dX where A, X: n x n, k: scalar",
    "d(X^-2)/dX where X: n x n",
    "d(tr(A@X^0.3))/dX where A: n x n, X: n x n posdef",
    "d2(a'@expm(X)@b)/dX2 where X: n x n, a, b: n",
    "d(softmax(X, axis=0))/dX where X: m x n",
    "d(sum(logsumexp(X, axis=1)))/dX where X: m x n",
    "d(sum(max(X, axis=1)))/dX where X: m x n",
    "d2(sum(log(1 + exp(-y*(X@w)))))/dw2 where X: m x n, w: n, y: m",
    "d(vech(A@X@A'))/dX where A, X: n x n",
    "d(duplication(3)@v)/dv where v: 6",
    "d(sum(gelu(x)*sqrt(2*pi)*log(2)))/dx where x: n",
    "d(mean(x)*sqrt(n)*x'@x)/dx where x: n",
    "d(vstack(X, A@X))/dX where A: m x n, X: n x p",
    "d(tr(kron(A, X)))/dX where A, X: n x n",
    "d(sum(x)^(1/3)*2^sum(x))/dx where x: n",
    "d(x'@e(2, 4))/dx where x: 4",
]
