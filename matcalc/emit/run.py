"""Emitted modules brought to life, for `Result.evaluate`; the library is imported only here."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from matcalc.emit.names import identifier

Namespace = dict[str, Any]


def compile_module(text: str) -> Namespace:
    """The names that an emitted module defines.

    >>> sorted(name for name in compile_module("def value():\\n    return 1.0\\n") if name[0] != "_")
    ['value']
    """
    namespace: Namespace = {"__name__": "matcalc_emitted"}
    exec(compile(text, "<matcalc>", "exec"), namespace)
    return namespace


class Program:
    """An emitted module, ready to be called: compiled once, the parameters' names known.

    The tensors may be called by the problem's own names or by those of the code: both `lambda`
    and `lambda_`.  TypeError for a missing or an unknown one, ValueError for a wrong shape.

    >>> Program("def value(*, lambda_):\\n    return 2 * lambda_\\n").evaluate({"lambda": 3})
    6
    """

    __slots__ = ("_both", "_function", "_known")

    def __init__(self, text: str) -> None:
        namespace = compile_module(text)
        self._both: Callable[..., Any] | None = namespace.get("value_and_derivative")
        self._function: Callable[..., Any] = namespace.get("derivative") or namespace["value"]
        code = self._function.__code__
        self._known = frozenset(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])

    def evaluate(self, tensors: Mapping[str, object]) -> Any:
        """`derivative` (or `value` of a problem that has none) at these tensors."""
        if self._known.issuperset(tensors):
            return self._function(**tensors)
        return self._function(**self._renamed(tensors))

    def value_and_derivative(self, tensors: Mapping[str, object]) -> Any:
        """The pair of the two; ValueError where there is no derivative."""
        if self._both is None:
            raise ValueError("the problem has no derivative: evaluate gives its value")
        return self._both(**self._renamed(tensors))

    def _renamed(self, tensors: Mapping[str, object]) -> dict[str, object]:
        return {self._keyword(name, tensors): given for name, given in tensors.items()}

    def _keyword(self, name: str, tensors: Mapping[str, object]) -> str:
        """The parameter that a name means; the name itself, for Python to complain of, if none."""
        word = unicodedata.normalize("NFKC", name)
        if word in self._known:
            return word
        word = identifier(name)
        while word not in self._known and len(word) < len(name) + 12:
            word += "_"
        return word if word in self._known and word not in tensors else name
