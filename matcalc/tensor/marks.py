"""Marks: a bit for each thing that a rule of products asks for, so that few rules are called.

A node has the marks of its kind and, where it is a sum or a function, of what it is like.  A
variable without attributes, of which no rule knows anything, has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.functions import FUNCTIONS

if TYPE_CHECKING:
    from matcalc.rational import Rational
    from matcalc.tensor.nodes import Node

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

ORTHOGONAL = 1 << 10
SKEW = 1 << 11
POWER = 1 << 12
EXPONENTIAL = 1 << 13

MATRIX_POWER = 1 << 14
"""A power of a matrix, or an inverse."""
INVERSE_OF_PRODUCT = 1 << 15
DERIVATIVE = 1 << 16
"""The derivative tensor of a function of matrices."""

PERHAPS_SYMMETRIC = 1 << 17
"""A variable, sum or function that may be equal to its transpose."""
MAY_BE_SYMMETRIC = PERHAPS_SYMMETRIC | DELTA | PRODUCT

UNEQUAL = 1 << 18
"""A sum of several, not each once."""

# of a product as a whole
REPEATED = 1 << 19
"""One node, or powers of one, are there twice."""
APART = 1 << 20
"""Its factors may not hang together."""

POWERS = POWER | MATRIX_POWER
RULED = ~(PERHAPS_SYMMETRIC | POWERS)
"""All that rules ask for."""
OF_ONE = ~(POWERS | EXPONENTIAL | INVERSE_OF_PRODUCT)
"""What is asked of a factor that stands alone."""
AS_IT_IS = OF_ONE & ~(DELTA | CONSTANT | ORTHOGONAL | SKEW | DERIVATIVE)
"""What is asked of one that has the axes of the output."""
OPENED = NUMBER | SIZE | PRODUCT | ZERO | MULTIPLE
"""What a product has as its own: its zero, its coefficient, its factors."""

OF_MAPS = {"pow": POWER, "exp": EXPONENTIAL}
OF_FUNCTIONS = {
    "inv": MATRIX_POWER,
    "matpower": MATRIX_POWER,
    **{row.name: DERIVATIVE for row in FUNCTIONS.values() if row.slope},
}


def of_map(function: str, operand: int) -> int:
    """The marks of a function entry by entry, by those of its first operand."""
    return OF_MAPS.get(function, 0) | (PERHAPS_SYMMETRIC if operand & MAY_BE_SYMMETRIC else 0)


def of_function(function: str, operand: int) -> int:
    """The marks of a function of whole tensors, by those of its operand."""
    found = OF_FUNCTIONS.get(function, 0) | (PERHAPS_SYMMETRIC if operand & MAY_BE_SYMMETRIC else 0)
    return found | INVERSE_OF_PRODUCT if function == "inv" and operand & PRODUCT else found


def of_sum(coefficients: tuple[Rational, ...], operands: tuple[Node, ...]) -> int:
    """The marks of a sum of something."""
    terms = len(coefficients)
    if terms == 1:
        return MULTIPLE | PERHAPS_SYMMETRIC
    found = SUM | SUM_OF_MATRICES | PERHAPS_SYMMETRIC if operands[0].order == 2 else SUM
    if coefficients.count(1) == terms:
        return found
    # of a difference, what is constant should be positive
    plain = coefficients == (1, -1) and not operands[1].mark & (NUMBER | DELTA)
    return found if plain else found | UNEQUAL


def of_variable(attributes: tuple[str, ...]) -> int:
    """The marks of a variable."""
    found = PERHAPS_SYMMETRIC if attributes else 0
    if "orthogonal" in attributes:
        found |= ORTHOGONAL
    return found | SKEW if "skew" in attributes else found
