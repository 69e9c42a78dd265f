"""Candidates for a right claim, typed and evaluated at one point in floating point."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from math import prod
from typing import TYPE_CHECKING

from matcalc.check import compared, same_dims
from matcalc.diagnose.place import Edit, Place
from matcalc.diagnose.rewrite import inside, render
from matcalc.diagnose.slopes import Slope, Slopes, Step
from matcalc.diagnose.variants import Open, Types, Values
from matcalc.errors import MatcalcError
from matcalc.language.layouts import arranged_dims, order_of_axes, peeled, vec_groups
from matcalc.language.parse import parse_expression
from matcalc.language.reader import Reader
from matcalc.language.syntax import Syntax
from matcalc.language.typed import postorder
from matcalc.tensor.nodes import Node
from matcalc.trust.field import Field, mix
from matcalc.trust.sample import RANGES, Point
from matcalc.trust.survey import Sizes, Survey
from matcalc.trust.tensors import gather, positions

if TYPE_CHECKING:
    from matcalc.derivation import Derivation
    from matcalc.language.dimensions import Dim
    from matcalc.language.typed import Typed
    from matcalc.trust.tensors import Tensor

Lower = Callable[["Typed"], Node]

CLOSE = 1e-9
MOST_ENTRIES = 2500
MOST_WORK = 400_000
"""Multiplications of all evaluations for one claim."""
MOST_CONFIRMED = 10
"""Full comparisons for one claim."""
BUDGET = 200_000


class _Level:
    """What tells of an edit at a place: `old` is the part there, None where only what is around tells.

    `slope` is that by the least part around for which there is one, `path` leads there from `old`.
    """

    __slots__ = ("old", "path", "slope")

    def __init__(
        self, old: Typed | None, slope: Slope | None = None, path: Sequence[Step] = ()
    ) -> None:
        self.old = old
        self.slope = slope
        self.path = path


class Bench:
    """One problem, its answer, and what is tried against it.

    `candidates` counts what was tried; nothing is tried any more once that is `limit`.
    """

    __slots__ = (
        "_claim",
        "_confirmed",
        "_levels",
        "_lower",
        "_misfit",
        "_slopes",
        "_types",
        "_values",
        "answer",
        "candidates",
        "found",
        "limit",
        "point",
        "seed",
        "wanted",
        "work",
    )

    def __init__(self, found: Derivation, lower: Lower, seed: int, limit: int) -> None:
        self.found = found
        self.seed = seed
        self.limit = limit
        self.candidates = 0
        self.work = 0
        self.wanted = found.arranged.dims
        self.point: Point | None = None
        self.answer: list[float] = []
        self._values: Values | None = None
        self._types = Types(found)
        self._lower = lower
        self._confirmed = 0
        self._claim: Typed | None = None
        self._misfit = False
        self._slopes: Slopes | None = None
        self._levels: dict[Place, _Level] = {}

    @property
    def spent(self) -> bool:
        """Whether enough was tried."""
        return self.candidates >= self.limit or self.work > MOST_WORK

    def go_on(self, candidates: int) -> None:
        """Allow for some more."""
        self.limit = self.candidates + candidates
        self.work = 0

    def typed(self, claim: Syntax) -> Typed | None:
        """The claim's typed tree, with the sizes that the answer demands; None where it has none."""
        if self.spent:
            return None
        self.candidates += 1
        return self._conforming(claim)

    def _conforming(self, claim: Syntax) -> Typed | None:
        try:
            return self._typed(claim)
        except MatcalcError:
            # what does not conform is no claim
            return None

    def _typed(self, claim: Syntax) -> Typed | None:
        if self.found.typed.rigid:
            return self._inferred(claim)
        try:
            return self._types.elaborate(claim)
        except Open:
            # the answer's shape may settle it
            return self._inferred(claim)

    def _inferred(self, claim: Syntax) -> Typed | None:
        """The claim's typed tree, what is open in it as in the answer."""
        found = self.found
        typed = Reader(found.typed, found.typed.definitions).claim(claim, self.wanted, found.layout)
        if self.point is not None:
            known = self.point.sizes
            sizes = {name for node in postorder(typed) for dim in node.dims for name in dim.names}
            if not all(name in known or name[0] == "#" for name in sizes):
                # a tensor's name where a size is expected
                return None
        return typed

    def prepare(self, claim: Typed | None) -> bool:
        """Choose a point where the answer, and the claim if it has a value, can be evaluated."""
        if claim is None:
            # the sizes of the one that has no value need not have a number
            self._types = Types(self.found)
        survey = Survey()
        survey.add_graph(self.found.arranged)
        for variable in self.found.typed.variables:
            survey.add_dims(variable.dims)
        if claim is not None:
            survey.add_typed(claim)
        choices = _sizes(survey, self.wanted, self.seed, self.found.typed.rigid)
        for number, (sizes, span) in enumerate(_trials(choices)):
            self.point = point = Point(
                Field(0, BUDGET),
                sizes,
                mix(self.seed, f"diagnosis{number}"),
                span,
                frozenset(survey.integers),
                frozenset(self.found.typed.functions),
            )
            self._values = Values(point)
            answer = self.value_of_node(self.found.arranged)
            if answer is None or (claim is not None and self.value_of_claim(claim) is None):
                continue
            self.answer = answer.parts[0]
            self._types.sizes = frozenset(sizes)
            return True
        return False

    def value(self, typed: Typed) -> Tensor | None:
        """The value at the point; None where it has none."""
        assert self._values is not None
        return self._measured(typed, self._values.of)

    def value_of_claim(self, typed: Typed) -> Tensor | None:
        """The value of a whole claim: its outermost chain of derivatives is in the layout."""
        value = self.value(typed)
        return value if value is None else _arranged(value, typed, self.found.layout)

    def _measured(self, typed: Typed, evaluate: Callable[[Typed], Tensor | None]) -> Tensor | None:
        assert self.point is not None
        field = self.point.field
        field.scale = 1.0
        field.budget = BUDGET
        tensor = evaluate(typed)
        self.work += BUDGET - field.budget
        return tensor

    @contextmanager
    def replaced(self, given: Mapping[str, Tensor]) -> Iterator[None]:
        """With these values for tensors of these names, for a while."""
        assert self.point is not None
        values = self._values
        self._values = Values(self.point)
        try:
            with self.point.replaced(given):
                yield
        finally:
            self._values = values

    def value_of_node(self, node: Node) -> Tensor | None:
        """The same of a node of the graph."""
        assert self._values is not None
        self._values.point.field.budget = BUDGET
        return self._values.of_node(node)

    def go_by(self, claim: Typed, misfit: bool) -> None:
        """Go by what is known of the parts of a claim that has a value where that tells of an edit.

        With `misfit` it is the claim's shape that is wrong.
        """
        if claim.op == "derivative" and self.found.layout != "jacobian":
            # its parts do not tell what it is in the layout
            return
        self._claim = claim
        self._misfit = misfit
        self._types.share(claim)

    def corrects(self, edit: Edit) -> bool:
        """Whether an edit makes the claim right.  Cheap tests first."""
        return self._possible(edit) and self._fits(edit.claim) and self._confirms(edit.claim)

    def right(self, claim: Syntax) -> bool:
        """Whether a candidate is right."""
        return self.corrects(Edit(Place(claim), claim, ""))

    def _possible(self, edit: Edit) -> bool:
        """Whether an edited claim may have the value of the answer; False for most, by the least part that tells."""
        if self.spent:
            return False
        self.candidates += 1
        claim = self._claim
        if claim is None or self.found.typed.rigid:
            return True
        assert self._values is not None
        place, new = edit.place, edit.new
        while True:
            level = self._levels.get(place)
            if level is None:
                level = self._levels[place] = self._level(claim, place)
            old = level.old
            if old is not None:
                try:
                    value = self._types.value(new)
                except Open:
                    return True
                except MatcalcError:
                    return False
                typed = value.typed
                if place.parent is None and typed.op == "derivative":
                    # what it is in the layout, the whole tells
                    return True
                if value.letters is None and typed.dims == old.dims and typed.row == old.row:
                    if self._misfit:
                        return False
                    if level.slope is not None:
                        for operator, operand in level.path:
                            typed = self._types.variant(operator, operand, typed)
                        part = self._measured(typed, self._values.of_part)
                        return part is not None and level.slope.allows(part)
                elif place.parent is None:
                    # in that layout a scalar may stand for a matrix
                    return self.found.layout == "vec" or same_dims(typed.dims, self.wanted)
            if place.parent is None:
                return True
            new, place = place.around(new), place.parent

    def _level(self, claim: Typed, place: Place) -> _Level:
        """What an edit at a place, or just below it, is told by."""
        old = self._types.known(inside(place.node))
        if old is None or self._misfit:
            return _Level(old)
        above: Place | None = place
        while above is not None:
            whole = self._types.known(inside(above.node))
            slope = None if whole is None else self._slope(claim, whole)
            if whole is not None and slope is not None:
                assert self._slopes is not None
                path = self._slopes.path(old, whole)
                return _Level(None) if path is None else _Level(old, slope, path)
            above = above.parent
        return _Level(None if place.parent is not None else old)

    def slope(self, part: Syntax) -> Slope | None:
        """That of the claim by a part of it, where it is linear in that and has the answer's shape."""
        claim = self._claim
        if claim is None or self._misfit or self.found.typed.rigid:
            return None
        typed = self._types.known(inside(part))
        return None if typed is None else self._slope(claim, typed)

    def value_of_part(self, part: Syntax) -> Tensor | None:
        """The value of a part of the claim; None where it has none of its own."""
        typed = None if self._claim is None else self._types.known(inside(part))
        if typed is None or self._values is None:
            return None
        return self._measured(typed, self._values.of_part)

    def _slope(self, claim: Typed, part: Typed) -> Slope | None:
        if self._slopes is None:
            assert self.point is not None
            assert self._values is not None
            self.point.field.budget = BUDGET
            weights = self.point.draw("weights()", self._values.known(claim).shape)
            self._slopes = Slopes(claim, self._values, self.answer, weights)
        return self._slopes.of(part)

    def _fits(self, claim: Syntax) -> bool:
        """Whether a candidate has the value of the answer at the point."""
        typed = self._conforming(claim)
        if typed is None or len(arranged_dims(typed, self.found.layout)) > len(self.wanted):
            return False
        assert self.point is not None
        if prod(self.point.shape(typed.dims)) != len(self.answer):
            return False
        value = self.value_of_claim(typed)
        return value is not None and close(value.parts[0], self.answer)

    def _confirms(self, claim: Syntax) -> bool:
        """Whether a candidate is right, by the test that every claim is put to, its text read anew."""
        if self._confirmed >= MOST_CONFIRMED:
            return False
        self._confirmed += 1
        try:
            typed = self._typed(parse_expression(render(claim)))
            if typed is None:
                return False
            return compared(self.found, typed, self._lower(typed), self.seed).ok
        except MatcalcError:
            return False

    def orders(self, claim: Typed) -> dict[int, int]:
        """How many axes each part of a claim has, by the id of its syntax."""
        return {id(n.syntax): len(n.dims) for n in postorder(claim) if n.syntax is not None}


def _arranged(value: Tensor, typed: Typed, layout: str) -> Tensor:
    """A value, the outermost chain of derivatives in the layout."""
    if typed.op != "derivative" or layout == "jacobian":
        return value
    inner, wrt = peeled(typed)
    x_orders = tuple([len(variable.dims) for variable in wrt])
    letters = tuple(range(len(value.shape)))
    if layout == "vec":
        groups = vec_groups(len(inner.dims), x_orders)
        order = (*groups[0], *groups[1])
        shape = tuple([prod([value.shape[axis] for axis in group]) for group in groups])
    else:
        order = order_of_axes(len(inner.dims), x_orders, layout)
        shape = tuple([value.shape[axis] for axis in order])
    return gather(value, positions(value.shape, letters, order), shape)


def close(one: list[float], two: list[float]) -> bool:
    """Equal but for rounding."""
    if len(one) != len(two):
        return False
    size = max(max(map(abs, one), default=0.0), max(map(abs, two), default=0.0), 1e-9)
    bound = CLOSE * size
    return all(abs(a - b) <= bound for a, b in zip(one, two, strict=True))


def _trials(choices: Iterator[Sizes]) -> Iterator[tuple[Sizes, tuple[float, float]]]:
    """Several ranges of entries at the first sizes; but not every shape will do: inv(X@X') needs a wide X."""
    several = 4
    for sizes in choices:
        for span in RANGES[:several]:
            yield sizes, span
        several = 2


def _sizes(survey: Survey, dims: tuple[Dim, ...], seed: int, rigid: bool) -> Iterator[Sizes]:
    """All different where that stays small; literal sizes as they are, where that does."""
    for level, literal in ((0, True), (0, rigid), (1, True), (1, rigid), (2, rigid)):
        found = 0
        for sizes in islice(survey.assignments(level, seed, literal), 4):
            if len(sizes) == 1 and not survey.least:
                sizes = {name: min(size, 3) for name, size in sizes.items()}
            entries = 1
            for dim in dims:
                entries *= dim.evaluate(sizes)
            if entries <= MOST_ENTRIES and all(size <= 60 for size in sizes.values()):
                found += 1
                yield sizes
        if found:
            return
