"""An evaluator of tensor graphs for tests: numpy, dense, plain, and nobody else's code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

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

Array = NDArray[Any]
SIZES = {"m": 2, "n": 3, "p": 4, "q": 2, "k": 3}

ENTRYWISE: dict[str, Any] = {
    "exp": np.exp,
    "log": np.log,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "sigmoid": lambda u: 1 / (1 + np.exp(-u)),
    "softplus": lambda u: np.log1p(np.exp(u)),
    "sign": np.sign,
    "abs": np.abs,
    "pow": lambda u, v: u**v,
}
WHOLE: dict[str, Any] = {
    "inv": np.linalg.inv,
    "det": np.linalg.det,
    "logdet": lambda x: np.linalg.slogdet(x)[1],
    "matpower": lambda x, k: np.linalg.matrix_power(x, int(k)),
    "softmax": lambda x: np.exp(x) / np.exp(x).sum(),
    "logsumexp": lambda x: np.log(np.exp(x).sum()),
    "adj": lambda x: np.linalg.det(x) * np.linalg.inv(x),
}


def shape_of(dims: tuple[Dim, ...], sizes: Mapping[str, int] = SIZES) -> tuple[int, ...]:
    return tuple(dim.evaluate(sizes) for dim in dims)


def sample(name: str, shape: tuple[int, ...], attributes: tuple[str, ...] = ()) -> Array:
    """The same random values for the same name and shape."""
    generator = np.random.default_rng([ord(letter) for letter in name] + list(shape))
    values = generator.uniform(0.2, 1.2, shape)
    if len(shape) == 2 and shape[0] == shape[1]:
        values = values + 1.5 * np.eye(shape[0])
    if {"symmetric", "posdef"} & set(attributes):
        values = (values + values.T) / 2
    if "posdef" in attributes:
        values = values @ values.T
    return values


def evaluate(root: Node, given: Mapping[str, Array] | None = None) -> Array:
    """The value of a node at random values of its variables, or at those given."""
    known = dict(given or {})
    made: dict[Node, Array] = {}
    for node in postorder(root):
        made[node] = _one(node, [made[operand] for operand in node.operands], known)
        assert made[node].shape == shape_of(node.dims), (node, made[node].shape)
    return made[root]


def _one(node: Node, operands: list[Array], given: dict[str, Array]) -> Array:
    shape = shape_of(node.dims)
    match node:
        case Number():
            return np.array(float(node.value))
        case Size():
            return np.array(float(node.size.evaluate(SIZES)))
        case Variable():
            if node.name not in given:
                given[node.name] = sample(node.name, shape, node.attributes)
            return given[node.name]
        case Delta():
            out = np.zeros(shape)
            for i in range(shape[0]):
                out[(i,) * len(shape)] = 1
            return out
        case Fuse():
            out = np.zeros(shape)
            for number, place in enumerate(np.ndindex(shape[:-1])):
                out[(*place, number)] = 1
            return out
        case Constant() if node.name in ("lower", "upper"):
            return np.tril(np.ones(shape)) if node.name == "lower" else np.triu(np.ones(shape))
        case Constant() if node.name == "pi":
            return np.array(np.pi)
        case Einsum():
            flat: list[Any] = []
            for operand, indices in zip(operands, node.inputs, strict=True):
                flat += [operand, list(indices)]
            return np.asarray(np.einsum(*flat, list(node.output), optimize=True))
        case Add():
            total = np.zeros(shape)
            for coefficient, operand in zip(node.coefficients, operands, strict=True):
                total = total + float(coefficient) * operand
            return total
        case Map():
            return np.asarray(ENTRYWISE[node.function](*operands))
        case Apply():
            return np.asarray(WHOLE[node.function](*operands))
        case Partial():
            return sample("∂" + "".join(getattr(o, "name", "") for o in node.operands), shape)
        case _:
            raise AssertionError(f"no value of {type(node).__name__}")
