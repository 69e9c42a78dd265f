"""The values of a tensor graph by plain dense NumPy, for tests of the emitted code."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.linalg
import scipy.special

from matcalc.emit.expressions import partial_keyword
from matcalc.emit.names import function_word
from matcalc.language.dimensions import Dim
from matcalc.tensor.nodes import (
    Add,
    Apply,
    Constant,
    Delta,
    Einsum,
    Fuse,
    Map,
    Node,
    Number,
    Partial,
    Size,
    Variable,
    postorder,
)

MAPS: dict[str, Any] = {
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "relu": lambda u: np.maximum(u, 0),
    "sigmoid": scipy.special.expit,
    "softplus": lambda u: np.logaddexp(0, u),
    "erf": scipy.special.erf,
    "gelu": lambda u: u * scipy.special.ndtr(u),
    "pow": lambda u, v: np.asarray(u, dtype=float) ** v,
}


def evaluate(root: Node, sizes: Mapping[str, int], given: Mapping[str, Any]) -> Any:
    """The array of the root; `given` has the tensors, and `dA_dX`, `f` by their keywords."""
    made: dict[Node, Any] = {}
    for node in postorder(root):
        made[node] = _value(node, made, sizes, given)
    return made[root]


def _value(node: Node, made: dict[Node, Any], sizes: Mapping[str, int], given: Any) -> Any:
    operands = [made[operand] for operand in node.operands]
    shape = tuple(dim.evaluate(sizes) for dim in node.dims)
    match node:
        case Number():
            return float(node.value)
        case Size():
            return float(node.size.evaluate(sizes))
        case Variable():
            return np.asarray(given[node.name], dtype=float)
        case Partial():
            return np.asarray(given[partial_keyword(node)], dtype=float)
        case Delta():
            array = np.zeros(shape)
            for k in range(shape[0]):
                array[(k,) * len(shape)] = 1
            return array
        case Fuse():
            return np.eye(shape[-1]).reshape(shape)
        case Constant():
            return _constant(node, shape, sizes)
        case Einsum():
            return _einsum(node, operands, sizes)
        case Add():
            total = np.zeros(shape)
            for coefficient, operand in zip(node.coefficients, operands, strict=True):
                total = total + float(coefficient) * operand
            return total
        case Map():
            word = function_word(node.function, node.primes)
            if word in given:
                return given[word](*operands)
            return (MAPS.get(node.function) or getattr(np, node.function))(*operands)
        case Apply():
            return _apply(node, operands)
    raise AssertionError(node)


def _einsum(node: Einsum, operands: list[Any], sizes: Mapping[str, int]) -> Any:
    numbers: dict[int, int] = {}
    arguments: list[Any] = []
    for operand, indices in zip(operands, node.inputs, strict=True):
        arguments += [operand, [numbers.setdefault(index, len(numbers)) for index in indices]]
    output: list[int] = []
    for axis, index in enumerate(node.output):
        number = numbers[index]
        if number in output:
            # NumPy has no repeated index in an output: an identity matrix, and a new index
            arguments += [np.eye(node.dims[axis].evaluate(sizes)), [number, len(numbers)]]
            number = numbers.setdefault(-1 - axis, len(numbers))
        output.append(number)
    return np.einsum(*arguments, output, optimize=True)


def _constant(node: Constant, shape: tuple[int, ...], sizes: Mapping[str, int]) -> Any:
    first = node.params[0] if node.params else 0
    position = first.evaluate(sizes) if isinstance(first, Dim) else first
    match node.name:
        case "pi":
            return math.pi
        case "e":
            return np.eye(shape[0])[position - 1]
        case "block":
            return np.eye(shape[1])[position : position + shape[0]]
        case "lower":
            return np.tril(np.ones(shape))
        case "upper":
            return np.triu(np.ones(shape))
    pairs = [(i, j) for j in range(position) for i in range(j, position)]
    if node.name == "vech":
        array = np.zeros(shape)
        for k, (i, j) in enumerate(pairs):
            array[k, i, j] = 1
        return array
    assert node.name == "duplication"
    array = np.zeros((position * position, len(pairs)))
    for k, (i, j) in enumerate(pairs):
        array[j * position + i, k] = array[i * position + j, k] = 1
    return array


def _apply(node: Apply, operands: list[Any]) -> Any:
    X = operands[0]
    axis = dict(node.params).get("axis")
    match node.function:
        case "det" | "inv" | "pinv":
            return getattr(np.linalg, node.function)(X)
        case "logdet":
            return np.log(abs(np.linalg.det(X)))
        case "adj":
            return np.linalg.det(X) * np.linalg.inv(X)
        case "expm":
            return scipy.linalg.expm(X)
        case "sqrtm":
            return scipy.linalg.sqrtm(X)
        case "expm_derivative" | "sqrtm_derivative":
            return _frechet(node.function, X)
        case "nuclear":
            return np.linalg.svd(X)[1].sum()
        case "polar":
            return scipy.linalg.polar(X)[0]
        case "max":
            return X.max(axis=axis)
        case "argmax":
            return np.where(X.max(axis=axis, keepdims=True) > X, 0.0, 1.0)
        case "softmax":
            return scipy.special.softmax(X, axis=axis)
        case "logsumexp":
            return scipy.special.logsumexp(X, axis=axis)
        case "matpower":
            return scipy.linalg.fractional_matrix_power(X, float(operands[1]))
    raise AssertionError(node.function)


def _frechet(function: str, X: Any) -> Any:
    n = len(X)
    array = np.zeros((n, n, n, n))
    for p in range(n):
        for q in range(n):
            E = np.zeros((n, n))
            E[p, q] = 1
            if function == "expm_derivative":
                array[:, :, p, q] = scipy.linalg.expm_frechet(X, E)[1]
            else:
                R = scipy.linalg.sqrtm(X)
                array[:, :, p, q] = scipy.linalg.solve_sylvester(R, R, E)
    return array
