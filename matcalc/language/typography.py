"""Marks of typography that Unicode counts as letters or digits of a word: xᵀ, x², and the prime of x′."""

from __future__ import annotations

from collections.abc import Container

_PRIMES = "′″‴"


def of_name(name: str, functions: Container[str]) -> tuple[str, str] | None:
    """What is wrong with a name that is declared nowhere, and what to write; None for x₁ or λ̂.

    >>> of_name("x²", ())
    ('x² is declared nowhere, and ² is no power here', 'write x^2 for the power, x**2 entry by entry')
    >>> of_name("x₁", ()) is None
    True
    """
    stem = name.rstrip(_PRIMES)
    if stem != name and stem in functions:
        message = f"{name} is a derivative of the function {stem}"
        return message, f"write {name}(...)"
    if stem != name:
        message = f"{name} is declared nowhere, and {name[len(stem) :]} is no transpose here"
        return message, f"write {stem}' for the transpose"
    raised = _superscript(name)
    if raised is None:
        return None
    stem, mark, plain = raised
    if plain == "T":
        message = f"{name} is declared nowhere, and {mark} is no transpose here"
        return message, f"write {stem}' for the transpose"
    message = f"{name} is declared nowhere, and {mark} is no power here"
    return message, f"write {stem}^{plain} for the power, {stem}**{plain} entry by entry"


def of_dimension(name: str) -> tuple[str, str] | None:
    """The same of a dimension.

    >>> of_dimension("n²")
    ('n² is no dimension: ² is no power here', 'a product is written n*n')
    """
    raised = _superscript(name)
    if raised is None:
        return None
    stem, mark, _ = raised
    return f"{name} is no dimension: {mark} is no power here", f"a product is written {stem}*{stem}"


def _superscript(name: str) -> tuple[str, str, str] | None:
    """What stands before the first superscript, it, and it as plain letters or digits."""
    from unicodedata import decomposition, normalize

    def is_raised(letter: str) -> bool:
        return decomposition(letter).startswith("<super>")

    start = next((k for k, letter in enumerate(name) if k and is_raised(letter)), None)
    if start is None:
        return None
    end = start
    while end < len(name) and is_raised(name[end]):
        end += 1
    mark = name[start:end]
    return name[:start], mark, normalize("NFKC", mark)
