"""Evaluates index notation as it is read: each Σ sums what stands after it."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from matcalc.forms.expression import Expr, postorder
from matcalc.printers.text import to_text
from tests.forms.pipeline import node_of
from tests.oracle import MAPS, Array, Values

Named = tuple[tuple[str, ...], Array]


class IndexValues:
    """Values of index expressions without fused letters, by the letters that are free in them."""

    def __init__(self, values: Values, declarations: str, sizes: dict[str, int]) -> None:
        self.values = values
        self.declarations = declarations
        self.sizes = sizes
        """The sizes of the letters that only a δ may hold."""
        self.names: dict[str, tuple[tuple[str, ...], Expr]] = {}

    def define(self, named: Expr, body: Expr) -> None:
        """h1[i,j] = body, for what follows."""
        word = named if named.kind == "name" else named.children[0]
        letters = cast("tuple[str, ...]", named.value) if named.kind == "index" else ()
        self.names[str(word.value)] = (letters, body)

    def __call__(self, expr: Expr, letters: tuple[str, ...]) -> Array:
        """The array with these axes."""
        return np.asarray(_aligned(self.named(expr), letters, self.sizes))

    def named(self, expr: Expr) -> Named:
        match expr.kind:
            case "number":
                return (), np.asarray(float(cast(Any, expr.value)))
            case "name" | "matmul" | "frobenius" | "transpose":
                return (), self._whole(expr)
            case "delta":
                letters = cast("tuple[str, ...]", expr.value)
                size = next(self.sizes[letter] for letter in letters if letter in self.sizes)
                return self._picked(np.eye(size), letters)
            case "index":
                return self._picked(
                    self._whole(expr.children[0]), cast("tuple[str, ...]", expr.value)
                )
            case "product" | "divide" | "add" | "power" | "hadamard":
                return self._together(expr)
            case "negate":
                letters, array = self.named(expr.children[0])
                return letters, -array
            case "sum":
                bound = cast("tuple[str, ...]", expr.value)
                letters, array = self.named(expr.children[0])
                assert set(bound) <= set(letters), to_text(expr)
                axes = tuple(letters.index(letter) for letter in bound)
                kept = tuple(letter for letter in letters if letter not in bound)
                return kept, np.asarray(array.sum(axis=axes))
            case "call" if expr.value in (*MAPS, "sqrt"):
                letters, array = self.named(expr.children[0])
                function = np.sqrt if expr.value == "sqrt" else MAPS[str(expr.value)]
                return letters, np.asarray(function(array))
            case "call":
                return (), self._whole(expr)
            case kind:
                raise AssertionError(kind)

    def _together(self, expr: Expr) -> Named:
        parts = [self.named(child) for child in expr.children]
        letters = tuple(dict.fromkeys(letter for part, _ in parts for letter in part))
        arrays = [_aligned(part, letters, None) for part in parts]
        result = arrays[0]
        if expr.kind == "add":
            signs = cast("tuple[int, ...]", expr.value)
            result = signs[0] * result
            for sign, array in zip(signs[1:], arrays[1:], strict=True):
                result = result + sign * array
            return letters, result
        for array in arrays[1:]:
            match expr.kind:
                case "divide":
                    result = result / array
                case "power":
                    result = result**array
                case _:
                    result = result * array
        return letters, result

    def _whole(self, expr: Expr) -> Array:
        """A tensor without letters: a matrix expression, a named part, or a bracket in a call."""
        if expr.kind == "name" and str(expr.value) in self.names:
            letters, body = self.names[str(expr.value)]
            # its letters are its own: i may have another size here
            reader = IndexValues(self.values, self.declarations, {})
            reader.names = self.names
            return reader(body, letters) if letters else reader.named(body)[1]
        if expr.kind == "index":
            letters = cast("tuple[str, ...]", expr.value)
            return self(expr.children[0], letters)
        # H = inv(A + G) where G = X' @ X
        whole = [
            f"{word} = {to_text(body)}"
            for word, (letters, body) in self.names.items()
            if not letters and all(part.kind not in ("sum", "index") for part in postorder(body))
        ]
        return self.values(node_of(to_text(expr), ", ".join([self.declarations, *whole])))

    def _picked(self, array: Array, letters: tuple[str, ...]) -> Named:
        for letter, size in zip(letters, array.shape, strict=True):
            self.sizes.setdefault(letter, size)
        kept = tuple(dict.fromkeys(letters))
        numbers = [kept.index(letter) for letter in letters]
        return kept, np.asarray(cast(Any, np.einsum)(array, numbers, list(range(len(kept)))))


def _aligned(named: Named, letters: tuple[str, ...], sizes: dict[str, int] | None) -> Array:
    own, array = named
    order = [own.index(letter) for letter in letters if letter in own]
    array = array.transpose(order)
    shape = iter(array.shape)
    array = array.reshape([next(shape) if letter in own else 1 for letter in letters])
    if sizes is None:
        return array
    return np.broadcast_to(array, [sizes[letter] for letter in letters])
