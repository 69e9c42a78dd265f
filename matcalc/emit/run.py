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


def evaluate(namespace: Namespace, tensors: Mapping[str, object]) -> Any:
    """`derivative` (or `value` of a problem that has none) at these tensors.

    The tensors may be called by the problem's own names or by those of the code: both `lambda`
    and `lambda_`.  TypeError for a missing or an unknown one, ValueError for a wrong shape.

    >>> evaluate(compile_module("def value(*, lambda_):\\n    return 2 * lambda_\\n"), {"lambda": 3})
    6
    """
    function: Callable[..., Any] = namespace.get("derivative") or namespace["value"]
    code = function.__code__
    known = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return function(**{_keyword(name, known, tensors): given for name, given in tensors.items()})


def _keyword(name: str, known: tuple[str, ...], tensors: Mapping[str, object]) -> str:
    """The parameter that a name means; the name itself, for Python to complain of, if none."""
    word = unicodedata.normalize("NFKC", name)
    if word in known:
        return word
    word = identifier(name)
    while word not in known and len(word) < len(name) + 12:
        word += "_"
    return word if word in known and word not in tensors else name
