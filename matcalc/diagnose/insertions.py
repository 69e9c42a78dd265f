"""A factor or a term more, anywhere in a claim: what the values rule out is not tried."""

from __future__ import annotations

from operator import add, mul, sub
from typing import TYPE_CHECKING

from matcalc.diagnose.place import Edit, Outline, Place
from matcalc.diagnose.rewrite import PRODUCT, Chain, binary, chain, level, render, scaled, transpose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matcalc.diagnose.bench import Bench
    from matcalc.diagnose.slopes import Slope
    from matcalc.diagnose.values import Part
    from matcalc.language.syntax import Syntax

_MISSING = "the factor {} is missing"


class _Gap:
    """Where one more factor of a matrix product may stand: after its first ones, or before the first."""

    __slots__ = ("_by", "_shape", "_slope", "before", "place")

    def __init__(self, bench: Bench, place: Place, before: bool) -> None:
        self.place = place
        self.before = before
        value = bench.value_of_part(place.node)
        self._shape = None if value is None else value.shape
        self._slope = bench.slope(place.node)
        self._by: list[float] | None = None

    def with_factor(self, factor: Syntax) -> Syntax:
        """What stands there then."""
        node = self.place.node
        return binary("@", factor, node) if self.before else binary("@", node, factor)

    def allows(self, shape: tuple[int, ...], values: list[float]) -> bool:
        """Whether such a factor may fit and make the claim right."""
        own = self._shape
        if own is None:
            return True
        if not own or len(shape) > 2:
            return False
        meets = shape[-1] == own[0] if self.before else shape[0] == own[-1]
        if not meets:
            # two vectors may have an outer product
            return len(own) == len(shape) == 1
        if self._slope is None:
            return True
        if len(shape) == 1 or shape[0] != shape[1]:
            # of a claim that has the right shape, all would have another
            return self.place.parent is not None
        if self._by is None:
            self._by = self._slope.before() if self.before else self._slope.after()
        return self._slope.balances(map(mul, self._by, values))


def inserted(bench: Bench, outline: Outline, known: list[Part]) -> Iterator[Edit]:
    """A factor more, at every place of every product."""
    for place in outline.places:
        node = place.node
        if place.chained or node.kind in ("number", "keyword", "string", "group"):
            continue
        if node.kind == "binary" and level(node) != PRODUCT:
            if place.parent is not None and place.parent.node.kind != "group":
                continue
        elif place.parent is not None and place.parent.node.kind == "binary":
            if level(place.parent.node) == PRODUCT:
                continue
        elif place.above in ("transpose", "index", "power"):
            continue
        gaps = _gaps(bench, place)
        if outline.order(node) == 0:
            del gaps[0]
        slope = bench.slope(node)
        for part in known:
            if bench.spent:
                return
            factor = part.syntax
            if not part.shape:
                yield from _scalar(bench, place, slope, part)
                continue
            both = [(factor, part.shape, part.values)]
            if len(part.shape) == 2 and factor.kind != "transpose":
                both.append((transpose(factor), part.shape[::-1], part.turned))
            for factor, shape, values in both:
                for gap in gaps:
                    if gap.allows(shape, values):
                        yield Edit(gap.place, gap.with_factor(factor), _MISSING, factor)
                    else:
                        bench.candidates += 1
                if _may_scale(slope, shape, values):
                    yield Edit(place, binary("*", node, factor), _MISSING, factor)
                else:
                    bench.candidates += 1


def _gaps(bench: Bench, place: Place) -> list[_Gap]:
    """Of the product at a place, from left to right."""
    gaps = [_Gap(bench, place, False)]
    while place.node.kind == "binary" and level(place.node) == PRODUCT:
        place = Place(place.node.children[0], place, 0)
        gaps.append(_Gap(bench, place, False))
    gaps.append(_Gap(bench, place, True))
    return gaps[::-1]


def _scalar(bench: Bench, place: Place, slope: Slope | None, part: Part) -> Iterator[Edit]:
    """A scalar factor, or divisor."""
    node, factor = place.node, part.syntax
    (value,) = part.values
    if slope is None or slope.balances([value * slope.own]):
        yield Edit(place, scaled(factor, node), _MISSING, factor)
    else:
        bench.candidates += 1
    if slope is None or (value and slope.balances([slope.own / value])):
        yield Edit(place, binary("/", node, factor), "the divisor {} is missing", factor)
    else:
        bench.candidates += 1


def _may_scale(slope: Slope | None, shape: tuple[int, ...], values: list[float]) -> bool:
    """Whether a tensor may be missing that is multiplied entry by entry."""
    if slope is None or not slope.value.shape:
        return True
    return slope.value.shape == shape and slope.balances(map(mul, slope.products, values))


def more_terms(bench: Bench, outline: Outline, known: list[Part]) -> Iterator[Edit]:
    """A term more, within: A@x - b for A@x."""
    for place in outline.places:
        node = place.node
        if place.chained or node.kind in ("number", "keyword", "string", "group", "unary"):
            continue
        if place.above in ("index", "power"):
            continue
        yield from _with_term(bench, node, known, place, None)
        product = chain(node, PRODUCT)
        for start in range(1, len(product.operands) - 1):
            # (A'@A)@x is A'@(A@x), where a term may be missing too
            if set(product.operators[start + 1 :]) == {"@"} == {product.operators[start]}:
                rest = Chain(product.operands[start:], product.operators[start:]).tree
                before = Chain(product.operands[:start], product.operators[:start]).tree
                yield from _with_term(bench, rest, known, place, before)


def _with_term(
    bench: Bench, node: Syntax, known: list[Part], place: Place, before: Syntax | None
) -> Iterator[Edit]:
    typed = bench.typed(node)
    value = None if typed is None else bench.value(typed)
    if value is None:
        return
    text = render(node)
    slope = bench.slope(node)
    own = value.parts[0]
    for part in known:
        if part.shape == value.shape and render(part.syntax) != text:
            for sign, combined in (("-", sub), ("+", add)):
                if slope is not None:
                    terms = map(mul, slope.by.parts[0], map(combined, own, part.values))
                    if not slope.balances(terms):
                        bench.candidates += 1
                        continue
                new = binary(sign, node, part.syntax)
                whole = new if before is None else binary("@", before, new)
                yield Edit(place, whole, "{} {} is missing after {}", sign, part.syntax, text)
