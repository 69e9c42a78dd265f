"""Marks: a bit for each thing that a rule of products asks for, so that few rules are called.

A node has the marks of its kind and, where it is a sum or a function, of what it is like.  A
variable without attributes, of which no rule knows anything, has none.
"""

from __future__ import annotations

from matcalc.functions import FUNCTIONS

NUMBER = 1 << 0
SIZE = 1 << 1
DELTA = 1 << 2
FUSE = 1 << 3
CONSTANT = 1 << 4
PRODUCT = 1 << 5

ZERO = 1 << 6
"""A sum without terms."""
MULTIPLE = 1 << 7
"""A sum of one term."""
SUM = 1 << 8
"""A sum of several."""
SUM_OF_MATRICES = 1 << 9
SUMS = ZERO | MULTIPLE | SUM

STRUCTURED = 1 << 10
"""A variable that has attributes."""
ORTHOGONAL = 1 << 11
SKEW = 1 << 12

ENTRYWISE = 1 << 13
POWER = 1 << 14
EXPONENTIAL = 1 << 15

WHOLE = 1 << 16
"""A function of whole tensors."""
MATRIX_POWER = 1 << 17
"""A power of a matrix, or an inverse."""
INVERSE_OF_PRODUCT = 1 << 18
DERIVATIVE = 1 << 19
"""The derivative tensor of a function of matrices."""

# of a product as a whole
REPEATED = 1 << 20
"""One node is there twice."""
APART = 1 << 21
"""Its factors may not hang together."""

RULED = ~(STRUCTURED | ENTRYWISE | WHOLE)
"""All that rules ask for."""
OF_ONE = ~(POWER | EXPONENTIAL | MATRIX_POWER | INVERSE_OF_PRODUCT)
"""What is asked of a factor that stands alone."""

OPENED = NUMBER | SIZE | PRODUCT | ZERO | MULTIPLE
"""What a product has as its own: its zero, its coefficient, its factors."""
MAY_BE_SYMMETRIC = DELTA | PRODUCT | MULTIPLE | SUM | STRUCTURED | ENTRYWISE | WHOLE

OF_MAPS = {"pow": ENTRYWISE | POWER, "exp": ENTRYWISE | EXPONENTIAL}
OF_FUNCTIONS = {
    "matpower": WHOLE | MATRIX_POWER,
    **{row.name: WHOLE | DERIVATIVE for row in FUNCTIONS.values() if row.slope},
}
"""The marks of functions that have more than those of their kind."""


def of_function(function: str, operand: int) -> int:
    """The marks of a function of whole tensors, by those of its operand."""
    if function == "inv":
        found = WHOLE | MATRIX_POWER
        return found | INVERSE_OF_PRODUCT if operand == PRODUCT else found
    return OF_FUNCTIONS.get(function, WHOLE)


def of_sum(terms: int, order: int) -> int:
    """The marks of a sum."""
    if terms > 1:
        return SUM | SUM_OF_MATRICES if order == 2 else SUM
    return MULTIPLE if terms else ZERO


def of_variable(attributes: tuple[str, ...]) -> int:
    """The marks of a variable."""
    found = STRUCTURED if attributes else 0
    if "orthogonal" in attributes:
        found |= ORTHOGONAL
    return found | SKEW if "skew" in attributes else found
