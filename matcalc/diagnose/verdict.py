"""The verdict on the claim of a derived problem."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from matcalc.check import CANONICAL, Test, Verdict, compared
from matcalc.errors import MatcalcError

if TYPE_CHECKING:
    from matcalc.derivation import Derivation
    from matcalc.diagnose.bench import Lower
    from matcalc.present import Shown
    from matcalc.tensor.nodes import Node


def verdict(
    found: Derivation,
    show: Callable[[str | None], Shown],
    expanded: Callable[[], str | None],
    lower: Lower,
    rederived: Callable[[str], Node],
    seed: int,
) -> Verdict:
    """Whether the claim is right and, where it is not, what is wrong with it.

    `show` gives the answer as text, and is given a text that is known to be it; `expanded` gives its
    matrix form as a claim can be written; `lower` makes a node of a typed claim; `rederived` gives
    the answer in another convention for structured variables.  MatcalcError where the claim cannot
    be compared.
    """
    syntax = found.problem.claim
    assert syntax is not None
    typed, node = found.typed.claim, None
    if typed is None:
        assert found.misfit is not None
        test = Test(False, CANONICAL, f"the claim does not conform: {_where(found.misfit)}")
    else:
        node = lower(typed)
        test = compared(found, typed, node, seed)
    shown = show(syntax.text if test.ok and test.method == CANONICAL else None)
    diagnosis = None
    if not test.ok:
        from matcalc.diagnose.search import Request, diagnose

        matrix = expanded() if shown.named else shown.matrix
        request = Request(found, syntax, typed, node, matrix, test.reason, lower, rederived, seed)
        diagnosis = diagnose(request)
    return Verdict(
        status="ok" if test.ok else "wrong",
        line=found.problem.source.line,
        text=found.problem.source.text.strip(),
        claim=syntax.text,
        answer=shown.text,
        latex_answer=shown.latex,
        shape=found.shape,
        diagnosis=None if diagnosis is None else diagnosis.text,
        corrected=None if diagnosis is None else diagnosis.corrected,
        method=test.method,
    )


def _where(error: MatcalcError) -> str:
    return error.message if error.column is None else f"{error.message} (column {error.column})"
