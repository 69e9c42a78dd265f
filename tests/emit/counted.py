"""Arrays that count the floating-point operations done with them, for tests of the stated cost."""

from __future__ import annotations

import types
from typing import Any

import numpy as np

FREE = {
    "positive", "isfinite", "isnan", "greater_equal", "greater", "less", "less_equal", "equal",
    "not_equal", "logical_and", "logical_or", "copysign",
}  # fmt: skip
"""Ufuncs that are no arithmetic."""


class Counted(np.ndarray[Any, Any]):
    """An array with the operations of all that were made of it."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **more: Any) -> Any:
        plain = [_plain(one) for one in inputs]
        result = getattr(ufunc, method)(*plain, **{key: _plain(one) for key, one in more.items()})
        if method == "reduce":
            tally.add(np.size(plain[0]))
        elif ufunc is np.matmul:
            tally.add(2 * np.size(result) * np.shape(plain[0])[-1], result)
        elif ufunc.__name__ not in FREE:
            tally.add(np.size(result), result)
        return _counted(result)

    def __array_function__(self, function: Any, types: Any, inputs: Any, more: Any) -> Any:
        plain = [_plain(one) for one in inputs]
        result = function(*plain, **{key: _plain(one) for key, one in more.items()})
        _spend(function.__name__, plain, result)
        return _counted(result)


class Tally:
    """What was counted since the last start: operations, and the entries of the largest array made."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.flops = 0
        self.largest = 0

    def add(self, flops: int, made: Any = ()) -> None:
        self.flops += flops
        parts = made if isinstance(made, tuple) else (made,)
        self.largest = max(self.largest, *map(np.size, parts), 0)


tally = Tally()


class Counting:
    """A module of NumPy's whose functions give arrays that count."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._module, name)
        if isinstance(found, types.ModuleType):
            return Counting(found)
        if not callable(found) or isinstance(found, type):
            return found

        def call(*inputs: Any, **more: Any) -> Any:
            if any(isinstance(one, Counted) for one in inputs):
                return found(*inputs, **more)
            return _counted(found(*inputs, **more))

        return call


def counted(array: Any) -> Any:
    """The array, counting from here on."""
    return _counted(np.asarray(array, dtype=float))


def _counted(value: Any) -> Any:
    if isinstance(value, tuple):
        return type(value)(*map(_counted, value)) if hasattr(value, "_fields") else tuple(map(_counted, value))  # fmt: skip
    if isinstance(value, np.ndarray | np.floating):
        return np.asarray(value).view(Counted)
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Counted):
        return value.view(np.ndarray)
    if isinstance(value, tuple | list):
        return type(value)(_plain(one) for one in value)
    return value


def _spend(name: str, inputs: list[Any], result: Any) -> None:
    match name:
        case "sum" | "max" | "trace":
            tally.add(np.size(inputs[0]) if name != "trace" else len(inputs[0]))
        case "outer" | "kron":
            tally.add(np.size(result), result)
        case "dot" | "vdot":
            tally.add(2 * np.size(inputs[0]))
        case "einsum":
            spec, *operands = inputs
            words, output = spec.split("->")
            sizes = {
                letter: size
                for word, operand in zip(words.split(","), operands, strict=True)
                for letter, size in zip(word, np.shape(operand), strict=True)
            }
            summed = len(operands) > 1 and set(output) != set(sizes)
            if len(operands) > 1 or set(output) != set(sizes):
                tally.add(int(np.prod([*sizes.values()])) * (2 if summed else 1), result)
        case "det" | "slogdet":
            tally.add(round(2 * len(inputs[0]) ** 3 / 3))
        case "inv":
            tally.add(2 * len(inputs[0]) ** 3, result)
        case "solve":
            n = np.shape(inputs[0])[-1]
            tally.add(round(2 * n * np.size(inputs[0]) / 3) + 2 * n * np.size(inputs[1]), result)
        case "cholesky":
            tally.add(round(len(inputs[0]) ** 3 / 3), result)
        case "matrix_power":
            products = abs(inputs[1]).bit_length() + abs(inputs[1]).bit_count() - 2
            tally.add(2 * max(products, 0) * len(inputs[0]) ** 3, result)
        case "svd" | "pinv":
            tally.add(21 * np.size(inputs[0]) * np.shape(inputs[0])[-1], result)
        case "eigh":
            tally.add(9 * len(inputs[0]) ** 3, result)
        case "zeros_like" | "where" | "diag" | "pad":
            tally.add(0, result)
        case _:
            pass
