"""Evaluates nodes with NumPy, by their definitions alone: the oracle of the tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from scipy import linalg, special

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

Array = npt.NDArray[np.float64]

MAPS: dict[str, Callable[..., Any]] = {
    "exp": np.exp,
    "log": np.log,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "tanh": np.tanh,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "abs": np.abs,
    "sign": np.sign,
    "sigmoid": special.expit,
    "softplus": lambda u: np.log1p(np.exp(u)),
    "relu": lambda u: np.maximum(u, 0),
    "erf": special.erf,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
}
APPLIES: dict[str, Callable[..., Any]] = {
    "inv": np.linalg.inv,
    "det": np.linalg.det,
    "logdet": lambda a: np.linalg.slogdet(a)[1],
    "adj": lambda a: np.linalg.det(a) * np.linalg.inv(a),
    "pinv": np.linalg.pinv,
    "expm": linalg.expm,
    "nuclear": lambda a: np.linalg.norm(a, "nuc"),
    "softmax": special.softmax,
    "logsumexp": special.logsumexp,
    "max": np.max,
}


class Values:
    """Random values for variables, the same for the same name and dims in any graph."""

    def __init__(self, sizes: Mapping[str, int], seed: int = 0) -> None:
        self.sizes = dict(sizes)
        self.seed = seed

    def size(self, dim: Dim) -> int:
        return dim.evaluate(self.sizes)

    def shape(self, dims: tuple[Dim, ...]) -> tuple[int, ...]:
        return tuple(self.size(dim) for dim in dims)

    def tensor(self, words: str, shape: tuple[int, ...]) -> Array:
        seed = [self.seed, *words.encode(), *shape]
        # well inside of the domain of log, asin and powers
        return np.random.default_rng(seed).uniform(0.1, 0.9, shape)

    def variable(self, node: Variable) -> Array:
        value = self.tensor(node.name, self.shape(node.dims))
        for attribute in node.attributes:
            if attribute in ("symmetric", "posdef"):
                value = value + value.T
            if attribute == "skew":
                value = value - value.T
            if attribute == "diagonal":
                value = np.diag(np.diag(value))
        return value

    def __call__(self, root: Node) -> Array:
        known: dict[Node, Array] = {}
        for node in postorder(root):
            operands = [known[operand] for operand in node.operands]
            known[node] = np.asarray(self._one(node, operands), dtype=float)
            assert known[node].shape == self.shape(node.dims), node
        return known[root]

    def _one(self, node: Node, operands: list[Array]) -> Any:
        match node:
            case Number():
                return float(node.value)
            case Size():
                return float(self.size(node.size))
            case Variable():
                return self.variable(node)
            case Delta():
                return _copy_tensor(self.size(node.dims[0]), node.order)
            case Fuse():
                shape = self.shape(node.dims[:-1])
                return np.eye(int(np.prod(shape))).reshape(*shape, -1)
            case Constant():
                return self._constant(node)
            case Einsum():
                arguments: list[object] = []
                for operand, indices in zip(operands, node.inputs, strict=True):
                    arguments += [operand, list(indices)]
                return cast(Any, np.einsum)(*arguments, list(node.output))
            case Add():
                total = np.zeros(self.shape(node.dims))
                for coefficient, operand in zip(node.coefficients, operands, strict=True):
                    total = total + float(coefficient) * operand
                return total
            case Map():
                if node.function == "pow":
                    return operands[0] ** operands[1]
                # any function will do for one that is not specified
                function = MAPS.get(node.function) or (lambda u: np.cos((2 + node.primes) * u))
                return np.asarray(function(operands[0]))
            case Apply():
                return self._apply(node, operands)
            case Partial():
                words = "/".join(cast(Variable, part).name for part in node.operands)
                return self.tensor(words, self.shape(node.dims))
            case _:
                raise AssertionError(node)

    def _apply(self, node: Apply, operands: list[Array]) -> Array:
        if node.function == "matpower":
            exponent = round(float(operands[1]))
            return np.asarray(np.linalg.matrix_power(operands[0], exponent))
        return np.asarray(APPLIES[node.function](operands[0], **dict(node.params)))

    def _constant(self, node: Constant) -> Any:
        if node.name == "pi":
            return np.pi
        params = [self.size(p) if isinstance(p, Dim) else p for p in node.params]
        if node.name == "e":
            return np.eye(params[1])[params[0] - 1]
        if node.name == "block":
            before, size, total = params
            return np.eye(total)[before : before + size]
        if node.name == "lower":
            return np.tri(params[0])
        if node.name == "upper":
            return np.tri(params[0]).T
        raise AssertionError(node.name)


def _copy_tensor(size: int, order: int) -> Array:
    tensor = np.zeros((size,) * order)
    for place in range(size):
        tensor[(place,) * order] = 1
    return tensor
