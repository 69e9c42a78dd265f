"""The functions of the language: one table, a row each.

Inference, lowering, differentiation, verification, every printer, `matcalc functions` and the
README's table read it.  Formulas are text in matcalc's own notation, in the parameters of the row;
an entry-by-entry function's parameter is `u`, and the direction of a differential is `dX` for X.

`derivative` and `differential` are what differentiation uses.  `definition` is what verification
evaluates, on dual numbers that know only exp, log, erf and sign: the two columns are independent,
so that a mistake in one is found by the other.
"""

from __future__ import annotations

from matcalc.functions import entrywise, matrix, structural
from matcalc.functions.row import CONSTANT, DEFINED, ENTRYWISE, MATRIX, STRUCTURAL, Function

__all__ = [
    "ALIASES",
    "CONSTANT",
    "DEFINED",
    "ENTRYWISE",
    "FUNCTIONS",
    "MATRIX",
    "STRUCTURAL",
    "Function",
    "find",
    "split_primes",
]

ROWS = (*entrywise.ROWS, *matrix.ROWS, *structural.ROWS)

FUNCTIONS: dict[str, Function] = {row.name: row for row in ROWS}
ALIASES: dict[str, str] = {alias: row.name for row in ROWS for alias in row.aliases}
"""Other names of functions, to the canonical one."""


def split_primes(name: str) -> tuple[str, int]:
    """The name of a declared function without its primes, and how many derivatives they say.

    >>> split_primes("f"), split_primes("f′"), split_primes("f″"), split_primes("f‴′")
    (('f', 0), ('f', 1), ('f', 2), ('f', 4))
    """
    bare = name.rstrip("′″‴")
    return bare, sum("′″‴".index(prime) + 1 for prime in name[len(bare) :])


def find(name: str) -> Function | None:
    """The row of a function as users name it; None for unknown and internal ones.

    >>> find("norm2").name, find("expm_derivative"), find("sine")
    ('norm', None, None)
    """
    row = FUNCTIONS.get(ALIASES.get(name, name))
    return None if row is None or row.internal else row
