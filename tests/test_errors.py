"""The two exceptions carry the same fields, which are those that the command prints."""

from __future__ import annotations

import pickle

from matcalc.batch.lines import outcomes
from matcalc.errors import InternalError, MatcalcError


def test_a_fault_carries_the_fields_that_the_command_prints() -> None:
    fault = InternalError("no such node")

    def read(text: str, line: int) -> str:
        raise fault

    (outcome,) = outcomes([(1, "d(x)/dx")], read)
    printed = outcome.error
    assert printed is not None
    assert fault.to_dict() == {**printed.to_dict(), "line": None}
    assert (fault.kind, fault.message, fault.hint) == (printed.kind, printed.message, printed.hint)
    assert (fault.line, fault.column, fault.end_column) == (None, None, None)
    assert fault.to_dict().keys() == MatcalcError("name", "no such name").to_dict().keys()
    assert pickle.loads(pickle.dumps(fault)).to_dict() == fault.to_dict()
