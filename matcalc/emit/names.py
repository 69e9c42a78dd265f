"""Names of the emitted code: Python identifiers for what the problem calls by any word."""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Iterable


def identifier(word: str) -> str:
    """A Python identifier for a word, the word itself where that is one.

    Python reads identifiers in the normal form NFKC, so they are written in it.

    >>> identifier("lambda"), identifier("x₁"), identifier("β"), identifier("x′")
    ('lambda_', 'x1', 'β', 'x_u2032')
    """
    normal = unicodedata.normalize("NFKC", word)
    if not normal.isidentifier():
        kept = [char if ("_" + char).isidentifier() else f"_u{ord(char):x}" for char in normal]
        normal = unicodedata.normalize("NFKC", "".join(kept))
        if not normal.isidentifier():
            normal = "_" + normal
    return normal + "_" if keyword.iskeyword(normal) else normal


class Names:
    """Gives out identifiers, each once; the same key gets the same one again.

    >>> names = Names(("np",))
    >>> names.get("size", "n"), names.get("tensor", "n"), names.get("tensor", "np")
    ('n', 'n_', 'np_')
    """

    __slots__ = ("_count", "_given", "_taken")

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._given: dict[tuple[str, str], str] = {}
        self._taken = set(reserved)
        self._count = 0

    def get(self, kind: str, word: str) -> str:
        """The identifier of a word of a kind: tensors and sizes may share a word."""
        key = (kind, word)
        known = self._given.get(key)
        if known is not None:
            return known
        name = identifier(word)
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        self._given[key] = name
        return name

    def fresh(self) -> str:
        """The next of t1, t2, ... that nothing else is called."""
        self._count += 1
        while f"t{self._count}" in self._taken:
            self._count += 1
        return f"t{self._count}"

    def restart(self) -> None:
        """Count from t1 again: a new function begins."""
        self._count = 0


def partial_word(variable: str, by: Iterable[str]) -> str:
    """The keyword of a declared dependence's derivative.

    >>> partial_word("A", ["X"]), partial_word("A", ["X", "X"]), partial_word("A", ["X", "Y"])
    ('dA_dX', 'd2A_dX2', 'd2A_dXdY')
    """
    words = list(by)
    below = ""
    start = 0
    for end in range(1, len(words) + 1):
        if end == len(words) or words[end] != words[start]:
            count = end - start
            below += f"d{words[start]}" + (str(count) if count > 1 else "")
            start = end
    order = str(len(words)) if len(words) > 1 else ""
    return f"d{order}{variable}_{below}"


def function_word(function: str, primes: int) -> str:
    """The keyword of a declared elementwise function, or of a derivative of it.

    >>> function_word("f", 0), function_word("f", 1), function_word("f", 2)
    ('f', 'df', 'd2f')
    """
    if primes == 0:
        return function
    return f"d{function}" if primes == 1 else f"d{primes}{function}"


def quoted(text: str) -> str:
    """A string literal in double quotes.

    >>> print(quoted('say "x"'))
    "say \\"x\\""
    """
    return '"' + escaped(text).replace('"', '\\"') + '"'


def escaped(text: str) -> str:
    """The text as it may stand between quotes: backslashes and what cannot be printed escaped."""
    return "".join(
        "\\\\"
        if char == "\\"
        else char
        if char.isprintable()
        else char.encode("unicode_escape").decode("ascii")
        for char in text
    )
