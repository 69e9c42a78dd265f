"""Single edits of a claim's syntax tree, each with what it says is wrong: signs, transposes, order, numbers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations
from typing import TYPE_CHECKING, cast

from matcalc.diagnose.place import Edit, Outline, Place, places
from matcalc.diagnose.rewrite import (
    PRODUCT,
    SUM,
    Chain,
    binary,
    chain,
    inside,
    level,
    made,
    negated,
    number,
    render,
    scaled,
    transpose,
    turned,
)
from matcalc.language.syntax import Syntax
from matcalc.rational import quotient

if TYPE_CHECKING:
    from matcalc.rational import Rational

_LONGEST_CHAIN = 6


def layout_letters(outline: Outline) -> Iterator[Edit]:
    """A[i,j] with its letters in another order, or one letter for another."""
    indexed = [(place, letters) for place in outline.places if (letters := _letters(place.node))]
    used = list(dict.fromkeys(letter for _, letters in indexed for letter in letters))
    for place, letters in indexed:
        operand = place.node.children[0]
        old = render(place.node)
        short = old if len(old) <= 30 else f"the letters [{','.join(letters)}]"
        others: list[tuple[str, ...]] = []
        if 1 < len(letters) <= 4:
            others += [order for order in permutations(letters) if order != letters]
        for k, letter in enumerate(letters):
            others += [(*letters[:k], x, *letters[k + 1 :]) for x in used if x != letter]
        for other in others:
            new = made("index", (operand,), other)
            yield Edit(place, new, "{} should have the letters {}", short, f"[{','.join(other)}]")


def _letters(node: Syntax) -> tuple[str, ...]:
    return node.value if node.kind == "index" and isinstance(node.value, tuple) else ()


def signs(outline: Outline) -> Iterator[Edit]:
    """The sign of a term, of an argument."""
    for place in outline.places:
        node = place.node
        if node.kind == "unary" and node.value == "-":
            yield Edit(place, node.children[0], "the sign of {} is wrong", place)
        elif node.kind == "binary" and node.value in ("+", "-"):
            left, right = node.children
            other = "-" if node.value == "+" else "+"
            new = made("binary", (left, right), other)
            yield Edit(place, new, "the sign of the term {} is wrong", inside(right))
            if level(left) != SUM:
                new = made("binary", (negated(left), right), node.value)
                yield Edit(place, new, "the sign of the term {} is wrong", inside(left))
        elif place.above == "call" and node.kind not in ("keyword", "string", "group"):
            yield Edit(place, scaled(number(-1), node), "the sign of {} is wrong", inside(node))


def transposes(outline: Outline) -> Iterator[Edit]:
    """A transpose more or less."""
    later: list[Edit] = []
    for place in outline.places:
        node = place.node
        if node.kind == "transpose":
            new = node.children[0]
            new = inside(new) if place.parent is None else new
            yield Edit(place, new, "{} should not be transposed", place)
            continue
        order = outline.order(node)
        if order == 0 or (order or 2) > 2 or node.kind in ("number", "group", "unary", "string"):
            continue
        if place.above in ("transpose", "index") or place.chained or node.kind == "keyword":
            continue
        if node.kind == "call" and node.value in ("K", "eye"):
            continue
        inner = node.kind == "binary" and place.parent is not None
        if inner and level(node) == SUM and place.above not in ("binary", "call", "power"):
            continue
        edit = Edit(place, turned(node, outline.orders), "{} should be transposed", place)
        if node.kind == "binary":
            later.append(edit)
        else:
            yield edit
        single = order != 1 and node.kind == "call" and len(node.children) == 1
        if single and inside(node.children[0]).kind != "transpose":
            moved = made("call", (transpose(node.children[0]),), node.value)
            later.append(Edit(place, moved, "the argument of {} should be transposed", place))
    yield from later
    yield from _all_transposed(outline)


def _all_transposed(outline: Outline) -> Iterator[Edit]:
    """Every occurrence of a part transposed, where there are several."""
    counts: dict[str, list[Place]] = {}
    for place in outline.places:
        if place.node.kind in ("name", "call", "power") and outline.order(place.node) == 2:
            counts.setdefault(render(place.node), []).append(place)
    for text, same in counts.items():
        if len(same) > 1:
            new = outline.root
            for position in range(len(same)):
                # the places of a tree that was changed are others: found anew
                again = [
                    p for p in places(new) if render(p.node) == text and p.node.kind != "group"
                ]
                at = again[position]
                if at.above == "transpose" and at.parent is not None:
                    new = at.parent.put(at.node)
                else:
                    new = at.put(transpose(at.node))
            yield Edit(outline.places[0], new, "each {} should be transposed", text)


def kroneckers(outline: Outline) -> Iterator[Edit]:
    """A' ⊗ B for B' ⊗ A and the like."""
    for place in outline.places:
        node = place.node
        called = node.kind == "call" and node.value == "kron" and len(node.children) == 2
        if not called and not (node.kind == "binary" and node.value == "⊗"):
            continue
        one, two = map(inside, node.children)
        for left, right in ((one, two), (two, one)):
            for first in (left, turned(left, {})):
                for second in (right, turned(right, {})):
                    if called:
                        new = made("call", (first, second), "kron")
                    else:
                        new = binary("⊗", first, second)
                    yield Edit(place, new, "{} should be {}", node, new)


def swaps(outline: Outline) -> Iterator[Edit]:
    """Two factors, two arguments, or numerator and denominator in the other order."""
    later: list[Edit] = []
    for place in outline.places:
        node = place.node
        if node.kind == "call" and len(node.children) == 2:
            if all(child.kind != "keyword" for child in node.children):
                new = made("call", node.children[::-1], node.value)
                yield Edit(place, new, "the arguments of {} are in the wrong order", node)
        elif node.kind == "binary" and level(node) == PRODUCT and not place.chained:
            product = chain(node, PRODUCT)
            operands = product.operands
            if len(operands) > _LONGEST_CHAIN:
                continue
            yield from _one_trace(place, product)
            texts = [render(operand) for operand in operands]
            for i, j in combinations(range(len(operands)), 2):
                one, two = texts[i], texts[j]
                if one == two:
                    continue
                template = "the factors {} and {} are in the wrong order"
                if "/" in product.operators[i + 1 : j + 1]:
                    template = "{} and {} are on the wrong side of the fraction"
                edit = Edit(place, product.swapped(i, j), template, one, two)
                if j == i + 1:
                    yield edit
                else:
                    later.append(edit)
            if len(operands) > 2 and set(product.operators[1:]) == {"@"}:
                tree = Chain(operands[::-1], product.operators).tree
                later.append(Edit(place, tree, "the factors of {} are in the wrong order", node))
    yield from later


def _one_trace(place: Place, product: Chain) -> Iterator[Edit]:
    """tr(A@B) for tr(A)*tr(B)."""
    traces = [o for o in product.operands if o.kind == "call" and o.value == "tr"]
    if len(traces) == len(product.operands) == 2 and all(len(o.children) == 1 for o in traces):
        one, two = (trace.children[0] for trace in traces)
        whole = made("call", (made("binary", (one, two), "@"),), "tr")
        yield Edit(place, whole, "the trace of a product is not the product of the traces")


def numbers(outline: Outline, ratio: Rational | None) -> Iterator[Edit]:
    """Another number for one that stands there; `ratio` is what the whole is off by, if it is."""
    later: list[Edit] = []
    for place in outline.places:
        node = place.node
        if node.kind != "number":
            continue
        value = cast("Rational", node.value)
        likely: list[Rational] = []
        if ratio is not None and ratio > 0:
            likely += [value * ratio, quotient(value, ratio)]
        rest: list[Rational] = [value + 1, value - 1, 2 * value, quotient(value, 2)]
        for candidate in dict.fromkeys(likely + rest):
            if candidate != value and candidate > 0:
                if not isinstance(candidate, int) and candidate.denominator == 1:
                    candidate = candidate.numerator
                edit = _renumbered(place, candidate)
                if candidate in likely:
                    yield edit
                else:
                    later.append(edit)
    yield from later


def _renumbered(place: Place, new: Rational) -> Edit:
    parent = place.parent
    old = place.node.text
    if new == 1 and parent is not None and parent.node.kind == "power" and place.index == 1:
        return Edit(parent, parent.node.children[0], "the exponent {} is too much", old)
    if new == 1 and parent is not None and parent.node.kind == "binary":
        other = parent.node.children[1 - place.index]
        if parent.node.value == "*" or (parent.node.value in ("/", "@") and place.index == 1):
            what = "factor" if parent.node.value != "/" else "divisor"
            return Edit(parent, other, "the {} {} is too much", what, old)
    changed = number(new)
    if parent is not None and parent.node.kind in ("power", "unary") and _exponent(place):
        return Edit(place, changed, "the exponent should be {}, not {}", changed, old)
    if parent is not None and parent.node.kind == "binary" and level(parent.node) == PRODUCT:
        return Edit(place, changed, "the factor should be {}, not {}", changed, old)
    return Edit(place, changed, "{} should be {}", place, changed)


def _exponent(place: Place) -> bool:
    above: Place | None = place
    while above is not None and above.parent is not None:
        if above.parent.node.kind == "power":
            return above.index == 1
        if above.parent.node.kind not in ("unary", "group"):
            return False
        above = above.parent
    return False


def exponents(outline: Outline) -> Iterator[Edit]:
    """Another exponent, none, or one where there is none; the other kind of power."""
    for place in outline.places:
        node = place.node
        if node.kind == "power":
            base, exponent = node.children
            bare = inside(base)
            order = outline.order(base)
            if order != 0:
                power = made("power", (base, exponent), "**" if node.value == "^" else "^")
                was, new = _kinds(str(node.value))
                template = "the power of {} should be {}, not {}"
                yield Edit(place, power, template, bare, new, was)
                yield Edit(place, transpose(power), template + ", and transposed", bare, new, was)
            opposite = negated(exponent)
            opposite = inside(opposite) if inside(opposite).kind in ("number", "name") else opposite
            changed = made("power", (base, opposite), node.value)
            yield Edit(place, changed, "the sign of the exponent of {} is wrong", bare)
            yield Edit(place, base, "the power of {} is too much", bare)
        elif place.above != "power" and node.kind in ("name", "call", "group"):
            if node.kind == "group" and inside(node).kind != "binary":
                continue
            order = outline.order(node)
            operator = "**" if order == 1 else "^"
            for exponent_value in (2, -1, 3, -2) if order != 2 else (2, 3, -2):
                power = made("power", (node, number(exponent_value)), operator)
                raised = _RAISED.get(exponent_value, f"to the power {exponent_value}")
                yield Edit(place, power, "{} should be {}", place, raised)


_RAISED = {2: "squared", -1: "inverted", 3: "cubed"}


def _kinds(operator: str) -> tuple[str, str]:
    matrix, entries = "that of a matrix", "entry by entry"
    return (matrix, entries) if operator == "^" else (entries, matrix)


def too_much(outline: Outline) -> Iterator[Edit]:
    """A factor or a term less."""
    for place in outline.places:
        node = place.node
        if node.kind != "binary" or place.chained:
            continue
        kind = "term" if level(node) == SUM else "factor"
        flat = chain(node, level(node)) if level(node) in (SUM, PRODUCT) else None
        if flat is None or len(flat.operands) > _LONGEST_CHAIN:
            continue
        for k, operand in enumerate(flat.operands):
            left = flat.without(k)
            if left is not None:
                what = "divisor" if k and flat.operators[k] == "/" else kind
                yield Edit(place, left, "the {} {} is too much", what, inside(operand))
