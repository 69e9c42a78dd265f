"""What is wrong with a claim: the single edit that makes it right, else how far it is off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from matcalc.diagnose import edits, relatives, values
from matcalc.diagnose.bench import Bench, Lower
from matcalc.diagnose.contexts import other_layout, other_structure, symmetric_only
from matcalc.diagnose.difference import counterexample, difference
from matcalc.diagnose.rewrite import inside, render
from matcalc.errors import MatcalcError
from matcalc.language.parse import parse_expression
from matcalc.tensor.nodes import is_zero

if TYPE_CHECKING:
    from matcalc.diagnose.edits import Edit
    from matcalc.language.syntax import Syntax
    from matcalc.language.typed import Typed
    from matcalc.present import Derivation
    from matcalc.tensor.nodes import Node
    from matcalc.trust.tensors import Tensor

MOST_CANDIDATES = 500
LONGEST_CLAIM = 400
"""Characters of a claim that is searched."""


class Request:
    """What a diagnosis is made of: the problem, the claim (its types where it has them), the answer.

    `matrix` is the answer's matrix form as text; `reason` what is known to be wrong already;
    `rederived` gives the answer in another convention for structured variables.
    """

    __slots__ = ("claim", "found", "lower", "matrix", "node", "reason", "rederived", "seed", "typed")  # fmt: skip

    def __init__(
        self,
        found: Derivation,
        claim: Syntax,
        typed: Typed | None,
        node: Node | None,
        matrix: str | None,
        reason: str | None,
        lower: Lower,
        rederived: Callable[[str], Node],
        seed: int,
    ) -> None:
        self.found = found
        self.claim = claim
        self.typed = typed
        self.node = node
        self.matrix = matrix
        self.reason = reason
        self.lower = lower
        self.rederived = rederived
        self.seed = seed


def diagnose(request: Request) -> str | None:
    """A sentence for people, with the corrected claim where a single edit corrects it."""
    reason = request.reason
    found = _corrected(request) if len(request.claim.text) <= LONGEST_CLAIM else None
    if found is None:
        return reason
    return found if reason is None else f"{reason}; {found}"


def _corrected(request: Request) -> str | None:
    bench = Bench(request.found, request.lower, request.seed, MOST_CANDIDATES)
    typed = bench.typed(request.claim) if request.typed is not None else None
    if not bench.prepare(typed):
        return None
    value = None if typed is None else bench.value(typed)
    same_shape = request.node is not None and request.reason is None
    notes = _contexts(request, bench, typed, value)
    layout = request.found.layout
    if notes.layout is not None and layout != "jacobian":
        return _in_other_layout(request, bench, notes.layout)
    if notes.structure is not None:
        text = (
            f"right in the {notes.structure} convention; this is the {request.found.structure} one"
        )
        return text if request.matrix is None else f"{text}: {request.matrix}"
    if is_zero(request.found.arranged):
        return "the answer is zero"
    for claim, message in _edits(request, bench, typed, value if same_shape else None):
        if bench.right(claim):
            return f"{message}: {render(inside(claim))}{notes.aside}"
    if notes.layout is not None:
        return _in_other_layout(request, bench, notes.layout)
    if notes.symmetric is not None:
        text = f"right only if {notes.symmetric}"
        return text if request.matrix is None else f"{text}; in general: {request.matrix}"
    if request.node is None or not same_shape:
        return None
    return difference(
        request.found, bench, request.claim, request.node, request.matrix
    ) or counterexample(request.found, request.node)


class _Notes:
    """Where else the claim is right."""

    __slots__ = ("layout", "structure", "symmetric")

    def __init__(self) -> None:
        self.layout: str | None = None
        self.structure: str | None = None
        self.symmetric: str | None = None

    @property
    def aside(self) -> str:
        if self.layout is not None:
            return f" (as it stands it is right in the {self.layout} layout)"
        if self.symmetric is not None:
            return f" (as it stands it is right only if {self.symmetric})"
        return ""


def _contexts(request: Request, bench: Bench, typed: Typed | None, value: Tensor | None) -> _Notes:
    notes = _Notes()
    if typed is not None and value is not None:
        notes.layout = other_layout(request.found, bench, typed, value)
        if notes.layout is None:
            notes.structure = other_structure(request.found, bench, value, request.rederived)
        if notes.layout is None and notes.structure is None and len(value.parts[0]) == len(bench.answer):  # fmt: skip
            notes.symmetric = symmetric_only(request.found, bench, typed)
    return notes


def _in_other_layout(request: Request, bench: Bench, name: str) -> str:
    layout = request.found.layout
    text = f"right in the {name} layout; this is the {layout} layout"
    for claim, _ in edits.transposes(request.claim, {}):
        if bench.right(claim):
            return f"{text}: {render(claim)}"
    return text if request.matrix is None else f"{text}: {request.matrix}"


def _edits(
    request: Request, bench: Bench, typed: Typed | None, value: Tensor | None
) -> Iterator[Edit]:
    """The likeliest first."""
    claim = request.claim
    orders = {} if typed is None else bench.orders(typed)
    answer = _parsed(request.matrix)
    known: list[values.Part] | None = None
    roots = [claim, request.found.problem.expression, *([] if answer is None else [answer])]
    off = None if value is None else values.quotient_of(bench.answer, value.parts[0])
    ratio = None if off is None else values.rational_of(off)
    if ratio is not None and ratio != -1:
        yield from edits.numbers(claim, ratio)
    if off is not None and ratio is not None:
        yield from values.whole_factor(claim, off, [])
    yield from edits.signs(claim)
    yield from edits.transposes(claim, orders)
    yield from edits.numbers(claim, None)
    yield from edits.swaps(claim)
    yield from edits.layout_letters(claim)
    yield from edits.exponents(claim, orders)
    yield from relatives.functions(claim)
    yield from relatives.around(claim, orders, relatives.called(*roots))
    if value is not None:
        known = values.parts(bench, roots)
        if off is not None:
            yield from values.whole_factor(claim, off, known)
        yield from values.terms(bench, claim, value, known)
    yield from edits.too_much(claim)
    yield from relatives.operators(claim)
    if value is not None and known is not None:
        yield from values.entry_factor(claim, value, bench.answer, known)
    yield from relatives.names(claim, orders, request.found.typed.variables)
    if known is None:
        known = values.parts(bench, roots)
    yield from values.inserted(claim, known, orders)
    yield from values.more_terms(bench, claim, known)


def _parsed(text: str | None) -> Syntax | None:
    if text is None:
        return None
    try:
        return parse_expression(text)
    except MatcalcError:
        return None
