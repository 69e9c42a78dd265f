"""The same values at random points, or not: the loop over sizes and points of every comparison."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from math import prod

from matcalc.trust.field import (
    OVERFLOWS,
    Field,
    Inexact,
    Mismatch,
    Retry,
    TooLarge,
    named,
    random_prime,
)
from matcalc.trust.sample import COMPLEX, MIXED, RANGES, Dims, Point
from matcalc.trust.survey import LEVELS, Sizes, Survey
from matcalc.trust.tensors import Tensor

TOLERANCE = 1e-7
"""Of the largest entry of the result."""
ROUNDING = 1e-12
"""Of the largest intermediate number: what rounding may have done."""
WRONG = 1e-6
"""Of the largest intermediate number: more than any rounding does."""
SUSPECT = 1e-9
"""Of the largest intermediate number: more than most rounding does."""
POINTS_OF_DOUBT = 3
"""More points where a difference was more than most rounding does, as some may be outside of the domain."""
WANTED = 2
"""Assignments of sizes that must agree."""
WANTED_WITH_CHANCE = 5
"""The same where an exponent of a matrix is drawn from a few numbers, and might be the same twice."""
BUDGETS = (2_000_000, 2_000_000, 12_000_000)
ENTRIES = 5000
DIFFER = "the values differ"
"""The reason of a verdict that compared values."""
MANY_NODES = 4000
"""A numeric comparison of more nodes than this is content with one point."""
Span = tuple[float, float] | str
SPANS: tuple[Span, ...] = (
    *RANGES,
    RANGES[0],
    *(MIXED,) * 5,
    *(COMPLEX,) * 3,
)
WIDE = (-4.0, 4.0)
SIDES: tuple[Span, ...] = (
    RANGES[0],
    WIDE,
    MIXED,
    RANGES[1],
    WIDE,
    MIXED,
    RANGES[4],
    WIDE,
    RANGES[0],
    WIDE,
    MIXED,
    WIDE,
)
"""Where points lie that must see both sides of kinks: two points may be on one side of all by chance."""


class Comparison(ABC):
    """Two ways to the same values.  `dims` are those of the result as a whole, to choose sizes."""

    survey: Survey
    functions: frozenset[str]
    integers: frozenset[str]
    rigid: bool
    walks: dict[object, object]
    dims: Dims
    points_of_kinks = points_of_roots = len(SIDES)
    """How many points must agree where there are kinks, or roots: those of squares have kinks too."""

    def point(self, field: Field, sizes: Sizes, seed: int, span: Span = RANGES[0]) -> Point:
        """A point with what is known of the two."""
        return Point(field, sizes, seed, span, self.integers, self.functions, self.walks)

    def sides(self) -> int:
        """At how many points all sides of kinks are seen; 0 where there are none."""
        if self.survey.has_kinks(self.functions):
            return self.points_of_kinks
        return self.points_of_roots if self.survey.has_roots(self.functions) else 0

    @abstractmethod
    def both(self, point: Point) -> tuple[Tensor, Tensor]:
        """Both values at a point; raises as the evaluations do."""

    @abstractmethod
    def error_probability(self, point: Point) -> float:
        """That different expressions agree at a random point of an exact field."""


class Verdict:
    """What came out: the public results are made of it.  `sizes` are those where values were
    compared; `point` is where they differed, if they did."""

    __slots__ = (
        "error_probability",
        "max_error",
        "method",
        "ok",
        "point",
        "reason",
        "sizes",
        "tolerance",
        "too_large",
    )

    def __init__(self, method: str) -> None:
        self.method = method
        self.ok = False
        self.error_probability: Callable[[], float] | None = None
        self.tolerance: float | None = None if method == "exact" else TOLERANCE
        self.max_error: float | None = None if method == "exact" else 0.0
        self.sizes: list[Sizes] = []
        self.reason: str | None = None
        self.too_large = False
        self.point: Point | None = None


def compare(comparison: Comparison, seed: int) -> Verdict:
    """Exact where the values are rational, else numeric."""
    verdict = _at_sizes(comparison, seed, comparison.rigid)
    if verdict.ok or verdict.too_large or comparison.rigid:
        return verdict
    if any(name.startswith("#") for name in comparison.survey.names):
        # the numbers of the problem may hold at its literal sizes alone
        literal = _at_sizes(comparison, seed, True)
        if not literal.too_large:
            return literal
    return verdict


def _at_sizes(comparison: Comparison, seed: int, rigid: bool) -> Verdict:
    exact = not comparison.survey.is_transcendental(comparison.functions)
    for level in range(LEVELS):
        choices = comparison.survey.assignments(level, seed, rigid)
        if level < LEVELS - 1:
            first = next(choices)
            entries = prod([dim.evaluate(first) for dim in comparison.dims])
            if entries > ENTRIES * (1 if level == 0 else 20):
                continue
            choices = chain((first,), choices)
        try:
            if exact:
                try:
                    return _exact(comparison, level, choices, seed)
                except Inexact:
                    exact = False
                    choices = comparison.survey.assignments(level, seed, rigid)
            return _numeric(comparison, level, choices, seed)
        except TooLarge:
            continue
    verdict = Verdict("exact" if exact else "numeric")
    verdict.too_large = True
    verdict.reason = "too large"
    return verdict


def _exact(comparison: Comparison, level: int, choices: Iterator[Sizes], seed: int) -> Verdict:
    verdict = Verdict("exact")
    prime = random_prime(seed)
    for number, sizes in enumerate(choices):
        for trial in range(2):
            field = Field(prime, BUDGETS[level])
            point = comparison.point(field, sizes, seed ^ named(f"{number}.{trial}"))
            try:
                one, two = comparison.both(point)
            except (Retry, Mismatch) as reason:
                verdict.reason = str(reason)
                if isinstance(reason, Mismatch):
                    break
                continue
            verdict.sizes.append(sizes)
            if one.shape != two.shape or one.parts[0] != two.parts[0]:
                verdict.reason = DIFFER
                verdict.point = point
                return verdict
            if not verdict.error_probability:
                # few ask for it
                verdict.error_probability = partial(comparison.error_probability, point)
            break
        wanted = WANTED_WITH_CHANCE if comparison.integers else WANTED
        if len(verdict.sizes) >= wanted and _tells(verdict):
            break
    _conclude(verdict)
    return verdict


def _tells(verdict: Verdict) -> bool:
    """Whether each size was above 1 in one of the comparisons: at sizes of 1 a transpose shows nothing."""
    sizes = verdict.sizes
    return bool(sizes) and all(any(one[name] > 1 for one in sizes) for name in sizes[0])


def _conclude(verdict: Verdict) -> None:
    if _tells(verdict):
        verdict.ok, verdict.reason = True, None
    elif verdict.sizes:
        verdict.reason = f"no point at sizes above 1: {verdict.reason}"
    else:
        verdict.reason = verdict.reason or "no point within the domain"


def _numeric(comparison: Comparison, level: int, choices: Iterator[Sizes], seed: int) -> Verdict:
    verdict = Verdict("numeric")
    wanted = WANTED_WITH_CHANCE if comparison.integers else WANTED
    sides = comparison.sides()
    wanted = max(wanted, sides)
    all_sizes = list(choices)
    rounds = len(all_sizes)
    if sides or rounds == 1:
        # where no more sizes can be had, other points at the same ones
        rounds = max(rounds, wanted)
    if comparison.survey.nodes > MANY_NODES:
        wanted = 1
    spans = SPANS
    for number in range(rounds):
        sizes = all_sizes[number % len(all_sizes)]
        if sides:
            # a point near a kink says nothing against where it lies: there once more, then elsewhere
            side = SIDES[number % len(SIDES)]
            spans = (side, side, *SPANS)
        agreed, span = _agreement(verdict, comparison, level, number, sizes, seed, spans)
        if agreed is False:
            return verdict
        if agreed:
            verdict.sizes.append(sizes)
            if span != spans[0] and not sides:
                # the domain is more likely there again
                spans = (span, *SPANS)
        if len(verdict.sizes) >= wanted and _tells(verdict):
            break
    _conclude(verdict)
    return verdict


def _agreement(
    verdict: Verdict,
    comparison: Comparison,
    level: int,
    number: int,
    sizes: Sizes,
    seed: int,
    spans: tuple[Span, ...],
) -> tuple[bool | None, Span]:
    """Whether the values agree at these sizes, and where; None where no point of them is in the domain."""
    unclear: Point | None = None
    nothing: list[Span] = []
    suspects = 0
    waiting = list(reversed(spans))
    trial = 0
    while waiting:
        span = waiting.pop()
        field = Field(0, BUDGETS[level])
        point = comparison.point(field, sizes, seed ^ named(f"{number}.{trial}"), span)
        trial += 1
        try:
            one, two = comparison.both(point)
        except Mismatch as mismatch:
            verdict.reason = str(mismatch)
            return None, span
        except Retry as reason:
            verdict.reason = str(reason)
            continue
        except OverflowError:
            verdict.reason = OVERFLOWS
            continue
        error, ok = _difference(field, one, two)
        if ok and error is not None:
            if verdict.max_error is not None:
                verdict.max_error = max(verdict.max_error, error)
            return True, span
        if ok:
            # small beside what they are made of, as where all of it underflows: elsewhere they may differ
            nothing.append(span)
            if len(nothing) == len(RANGES):
                break
            continue
        verdict.reason = DIFFER
        unclear = point
        if error is not None and error > SUSPECT * field.scale:
            # no agreement elsewhere speaks against that, but one at another point there does
            suspects += 1
            waiting += (span,) * POINTS_OF_DOUBT
        if ok is False or suspects > 1:
            verdict.point = point
            return False, span
    if nothing and not suspects:
        return True, nothing[0]
    if unclear is not None:
        verdict.reason, verdict.point = DIFFER, unclear
        return False, spans[-1]
    return None, spans[-1]


def _difference(field: Field, one: Tensor, two: Tensor) -> tuple[float | None, bool | None]:
    """The relative error, and whether that is agreement; None where rounding may be to blame."""
    if one.shape != two.shape:
        return None, False
    error = max((abs(u - v) for u, v in zip(one.parts[0], two.parts[0], strict=True)), default=0.0)
    size = max(max(map(abs, one.parts[0])), max(map(abs, two.parts[0])))
    if not error < 1e100:
        return None, None
    if not size or (error <= ROUNDING * field.scale and size <= field.scale * ROUNDING / TOLERANCE):
        # zero, but for rounding
        return None, True
    if error <= TOLERANCE * size:
        return error / size, True
    return error, False if error > WRONG * field.scale else None
