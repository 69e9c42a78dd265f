"""What goes wrong while a cost is counted leaves the answer where it is."""

from __future__ import annotations

import pytest

import matcalc
from matcalc.emit import cost
from matcalc.errors import InternalError, MatcalcError
from matcalc.printers.terminal import panel
from matcalc.result import Result


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> Result:
    """An answer whose cost cannot be counted."""

    def cost_of(*_: object) -> None:
        raise error

    monkeypatch.setattr(cost, "cost_of", cost_of)
    return matcalc.derive("d(x'@A@x)/dx where A: n x n")


@pytest.mark.parametrize("kind", ["limit", "unsupported"])
def test_code_that_there_is_not_has_no_cost(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    result = failing(monkeypatch, MatcalcError(kind, "no code for this"))
    record = result.to_dict()
    assert (record["cost"], record["notes"]) == (None, [])
    assert record["matrix"] == "(A + A') @ x"


@pytest.mark.parametrize(
    "fault",
    [InternalError("an unknown node"), KeyError("n"), RecursionError(), MatcalcError("shape", "?")],
)
def test_a_fault_is_told_beside_the_answer(
    monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    monkeypatch.delenv("MATCALC_DEBUG", raising=False)
    result = failing(monkeypatch, fault)
    record = result.to_dict()
    assert (record["status"], record["cost"], record["matrix"]) == ("ok", None, "(A + A') @ x")
    (note,) = result.notes
    assert "a fault in matcalc" in note
    assert type(fault).__name__ in note
    assert result.to_dict() == record
    words = "".join(piece for line in panel(result) for piece, _ in line)
    assert "a fault in matcalc" in words
    result.take_sizes({"n": 3})
    assert result.to_dict()["notes"] == [note]


def test_a_fault_is_raised_to_those_who_look_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCALC_DEBUG", "1")
    result = failing(monkeypatch, InternalError("an unknown node"))
    with pytest.raises(InternalError):
        result.to_dict()


def test_an_interruption_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    result = failing(monkeypatch, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        result.to_dict()
