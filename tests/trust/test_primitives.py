"""What verification knows of each function: itself, or its definition, never both."""

from __future__ import annotations

import pytest

from matcalc.functions import ENTRYWISE, FUNCTIONS, MATRIX
from matcalc.functions.row import Function
from matcalc.trust import primitives

KNOWN = {ENTRYWISE: primitives.ENTRYWISE, MATRIX: primitives.MATRIX}
BY_ITS_EXPONENT = "matpower_derivative"
"""Evaluated where the powers are: the exponent is a number."""


@pytest.mark.parametrize(
    "row", [row for row in FUNCTIONS.values() if row.kind in KNOWN], ids=lambda row: row.name
)
def test_a_function_is_primitive_or_has_a_definition(row: Function) -> None:
    known = row.name in KNOWN[row.kind] or row.name == BY_ITS_EXPONENT
    assert row.primitive == known
    assert row.primitive == (row.definition is None)
