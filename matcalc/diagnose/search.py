"""What is wrong with a claim: the single edit that makes it right, else how far it is off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from matcalc.diagnose import edits, insertions, relatives, values
from matcalc.diagnose.bench import Bench, Lower
from matcalc.diagnose.contexts import condition, other_layout, other_structure
from matcalc.diagnose.difference import counterexample, difference
from matcalc.diagnose.place import Edit, Outline
from matcalc.diagnose.rewrite import inside, number, render, scaled, turned
from matcalc.errors import MatcalcError
from matcalc.language.parse import parse_expression
from matcalc.tensor.nodes import is_zero

if TYPE_CHECKING:
    from matcalc.derivation import Derivation
    from matcalc.language.syntax import Syntax
    from matcalc.language.typed import Typed
    from matcalc.tensor.nodes import Node
    from matcalc.trust.tensors import Tensor

MOST_CANDIDATES = 440
MORE_CANDIDATES = 60
"""For what is tried last."""
MOST_CHARACTERS = 22_000
"""Of all candidates for one claim."""
LONGEST_CLAIM = 400
"""Characters of a claim that is searched."""


class Request:
    """What a diagnosis is made of: the problem, the claim (its types where it has them), the answer.

    `matrix` is the answer's matrix form as text; `reason` what is known to be wrong already;
    `rederived` gives the answer in another convention for structured variables.
    """

    __slots__ = (
        "_roots",
        "claim",
        "found",
        "lower",
        "matrix",
        "node",
        "reason",
        "rederived",
        "seed",
        "typed",
    )

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
        self._roots: list[Syntax] | None = None

    @property
    def roots(self) -> list[Syntax]:
        """The trees whose parts may be missing: the claim, the expression, the answer where it can be read."""
        if self._roots is None:
            answer = _parsed(self.matrix)
            own = [self.claim, self.found.problem.expression]
            self._roots = own if answer is None else [*own, answer]
        return self._roots


class Diagnosis:
    """What is wrong, in words; `corrected` is a right claim near it, where one was found."""

    __slots__ = ("corrected", "text")

    def __init__(self, text: str, corrected: str | None = None, aside: str = "") -> None:
        self.corrected = corrected
        self.text = text if corrected is None else f"{text}: {corrected}{aside}"


def diagnose(request: Request) -> Diagnosis | None:
    """A sentence for people, with the corrected claim where a single edit corrects it."""
    reason = request.reason
    found = _corrected(request) if len(request.claim.text) <= LONGEST_CLAIM else None
    if reason is None:
        return found
    if found is None:
        return Diagnosis(reason)
    found.text = f"{reason}{'' if found.text.startswith(':') else '; '}{found.text}"
    return found


def _corrected(request: Request) -> Diagnosis | None:
    # each costs time in proportion to its length
    limit = min(MOST_CANDIDATES, MOST_CHARACTERS // len(request.claim.text))
    bench = Bench(request.found, request.lower, request.seed, limit)
    typed = bench.typed(request.claim) if request.typed is not None else None
    value = None
    if bench.prepare(typed):
        value = None if typed is None else bench.value_of_claim(typed)
    elif not bench.prepare(None):
        # where the claim has no value, the answer may have one
        example = None if request.node is None else counterexample(request.found, request.node)
        return None if example is None or request.reason is not None else Diagnosis(example)
    same_shape = request.node is not None and request.reason is None
    notes = _contexts(request, bench, typed, value, same_shape)
    this = request.found.structure
    if notes.layout is not None and request.found.layout != "jacobian":
        return _in_other_layout(request, bench, notes.layout)
    if notes.structure is not None:
        text = f"right in the {notes.structure} convention; this is the {this} one"
        return Diagnosis(text, request.matrix)
    if is_zero(request.found.arranged):
        return Diagnosis("the answer is zero", request.matrix)
    if value is not None and not any(value.parts[0]):
        return Diagnosis("the answer is not zero", request.matrix)
    if typed is not None and value is not None:
        bench.go_by(typed, request.reason is not None)
    parts = _parts(request, bench)
    outline = Outline(request.claim, None if typed is None else bench.orders(typed))
    likely = _edits(request, bench, outline, typed, value if same_shape else None, parts)
    found = _first_right(bench, likely, notes)
    if found is not None:
        return found
    bench.go_on(MORE_CANDIDATES)
    if notes.layout is not None:
        return _in_other_layout(request, bench, notes.layout)
    if notes.condition is not None:
        return Diagnosis(f"right only if {notes.condition}; in general", request.matrix)
    if request.node is None or not same_shape:
        return None
    by = difference(request.found, bench, request.claim, request.node, request.matrix)
    if by is not None:
        return Diagnosis(*by, notes.aside)
    found = _first_right(bench, insertions.more_terms(bench, outline, parts()), notes)
    if found is not None:
        return found
    example = counterexample(request.found, request.node)
    text = "no single change makes it right"
    return Diagnosis(text if example is None else f"{text}: {example}")


def _first_right(bench: Bench, candidates: Iterator[Edit], notes: _Notes) -> Diagnosis | None:
    for edit in candidates:
        if bench.corrects(edit):
            return Diagnosis(edit.message, render(inside(edit.claim)), notes.aside)
        if bench.spent:
            break
    return None


class _Notes:
    """Where else the claim is right."""

    __slots__ = ("condition", "layout", "structure")

    def __init__(self) -> None:
        self.layout: str | None = None
        self.structure: str | None = None
        self.condition: str | None = None

    @property
    def aside(self) -> str:
        if self.layout is not None:
            return f" (as it stands it is right in the {self.layout} layout)"
        if self.condition is not None:
            return f" (as it stands it is right only if {self.condition})"
        return ""


def _contexts(
    request: Request, bench: Bench, typed: Typed | None, value: Tensor | None, same_shape: bool
) -> _Notes:
    notes = _Notes()
    if typed is not None and value is not None:
        notes.layout = other_layout(request.found, bench, typed, value)
        if notes.layout is None:
            notes.structure = other_structure(request.found, bench, value, request.rederived)
        if same_shape and notes.layout is None and notes.structure is None:
            notes.condition = condition(request.found, bench, typed)
    return notes


def _in_other_layout(request: Request, bench: Bench, name: str) -> Diagnosis:
    text = f"right in the {name} layout; this is the {request.found.layout} layout"
    outline = Outline(request.claim)
    whole = Edit(outline.places[0], turned(request.claim, {}), "")
    for edit in (whole, *edits.layout_letters(outline), *edits.kroneckers(outline)):
        if bench.corrects(edit):
            return Diagnosis(text, render(inside(edit.claim)))
    return Diagnosis(text, request.matrix)


def _parts(request: Request, bench: Bench) -> Callable[[], list[values.Part]]:
    """What may be missing, found when it is first asked for."""
    known: list[list[values.Part]] = []

    def found() -> list[values.Part]:
        if not known:
            known.append(values.parts(bench, request.roots))
        return known[0]

    return found


def _edits(
    request: Request,
    bench: Bench,
    outline: Outline,
    typed: Typed | None,
    value: Tensor | None,
    parts: Callable[[], list[values.Part]],
) -> Iterator[Edit]:
    """The likeliest first."""
    root = outline.places[0]
    off = None if value is None else values.quotient_of(bench.answer, value.parts[0])
    ratio = None if off is None else values.rational_of(off)
    if value is None and typed is not None and len(typed.dims) == len(bench.wanted) == 1:
        yield Edit(root, turned(request.claim, outline.orders), "")
    if ratio is not None and ratio != -1:
        yield from edits.numbers(outline, ratio)
    if off is not None and ratio is not None:
        yield from values.whole_factor(root, off, [])
    if value is None:
        # else the sign of the whole is a factor that it is off by
        negative = scaled(number(-1), inside(request.claim))
        yield Edit(root, negative, "the sign is wrong")
    yield from edits.signs(outline)
    yield from edits.transposes(outline)
    yield from edits.numbers(outline, None)
    yield from edits.swaps(outline)
    yield from edits.kroneckers(outline)
    yield from edits.layout_letters(outline)
    yield from edits.exponents(outline)
    yield from relatives.functions(outline)
    yield from relatives.around(outline, relatives.called(*request.roots))
    if value is not None:
        if off is not None:
            yield from values.whole_factor(root, off, parts())
        yield from values.terms(bench, root, value, parts())
    yield from edits.too_much(outline)
    yield from relatives.operators(outline)
    if value is not None:
        yield from values.entry_factor(root, value, bench.answer, parts())
    yield from relatives.names(outline, request.found.typed.variables)
    yield from insertions.inserted(bench, outline, parts())


def _parsed(text: str | None) -> Syntax | None:
    if text is None:
        return None
    try:
        return parse_expression(text)
    except MatcalcError:
        return None
