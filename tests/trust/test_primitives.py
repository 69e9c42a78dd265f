"""What verification knows of each function: itself, or its definition, never both."""

from __future__ import annotations

import pytest

from matcalc.functions import CONSTANT, ENTRYWISE, FUNCTIONS, MATRIX, STRUCTURAL
from matcalc.functions.row import Function
from matcalc.trust import evaluate_typed, primitives
from matcalc.trust.field import Field, Inexact, random_prime
from matcalc.trust.sample import Point
from matcalc.trust.tensors import Tensor

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


def test_every_rearranging_function_is_known() -> None:
    structural = {row.name for row in FUNCTIONS.values() if row.kind == STRUCTURAL}
    # einsum is an operator of the typed tree
    assert set(evaluate_typed.REARRANGING) == structural - {"einsum"}


@pytest.mark.parametrize(
    "row",
    [row for row in FUNCTIONS.values() if row.kind not in (CONSTANT, STRUCTURAL)],
    ids=lambda row: row.name,
)
def test_what_has_no_value_modulo_a_prime_is_known_ahead(row: Function) -> None:
    if row.name == BY_ITS_EXPONENT:
        return
    order = 2 if row.signature.startswith("n n") or row.kind == MATRIX else 1
    if row.name in ("max", "argmax", "softmax", "logsumexp"):
        order = 1
    point = Point(Field(random_prime(1)), {}, 1)
    args = [Tensor((2,) * order, {0: [2, 3, 5, 7][: 2**order]}) for _ in row.parameters]
    expected = primitives.is_transcendental(row.name, (order,) * len(args))
    try:
        evaluate_typed.call(row.name, (), args, point)
    except Inexact:
        assert expected
    else:
        assert not expected
