"""Single edits of a claim's syntax tree, each with what it says is wrong: signs, transposes, order, numbers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations
from typing import TYPE_CHECKING, cast

from matcalc.diagnose.bench import order_of
from matcalc.diagnose.rewrite import (
    PRODUCT,
    SUM,
    Chain,
    Place,
    binary,
    chain,
    inside,
    level,
    made,
    negated,
    number,
    places,
    render,
    scaled,
    transpose,
    turned,
)
from matcalc.language.syntax import Syntax
from matcalc.rational import quotient

if TYPE_CHECKING:
    from matcalc.rational import Rational

Edit = tuple[Syntax, str]
"""A claim, and what was wrong without its edit."""

Orders = dict[int, int]

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
_LONGEST_CHAIN = 6


def described(place: Place, root: Syntax) -> str:
    """The text of a part; where it occurs more often, which one."""
    text = render(inside(place.node))
    if render(root).count(text) == 1:
        return text
    same = [other for other in places(root) if other.node.kind != "group" and render(other.node) == text]  # fmt: skip
    inner = inside(place.node)
    if len(same) > 1:
        for number, other in enumerate(same):
            if other.node is inner and number < len(_ORDINALS):
                return f"the {_ORDINALS[number]} {text}"
    return text


def layout_letters(root: Syntax) -> Iterator[Edit]:
    """A[i,j] with its letters in another order, or one letter for another."""
    used = list(dict.fromkeys(x for p in places(root) for x in _letters(p.node)))
    for place in places(root):
        letters = _letters(place.node)
        old = render(place.node)
        operand = place.node.children[0] if letters else place.node
        kept = f"[{','.join(letters)}]"
        short = old if len(old) <= 30 else f"the letters {kept}"
        if 1 < len(letters) <= 4:
            for order in permutations(letters):
                if order != letters:
                    new = made("index", (operand,), order)
                    yield place.put(new), f"{short} should have the letters [{','.join(order)}]"
        for k, letter in enumerate(letters):
            for other in used:
                if other != letter:
                    changed = (*letters[:k], other, *letters[k + 1 :])
                    new = made("index", (operand,), changed)
                    yield place.put(new), f"{short} should have the letters [{','.join(changed)}]"


def _letters(node: Syntax) -> tuple[str, ...]:
    return node.value if node.kind == "index" and isinstance(node.value, tuple) else ()


def signs(root: Syntax) -> Iterator[Edit]:
    """The sign of the whole, of a term, of an argument."""
    bare = inside(root)
    yield scaled(number(-1), bare), "the sign is wrong"
    for place in places(root):
        node = place.node
        if node.kind == "unary" and node.value == "-":
            yield place.put(node.children[0]), f"the sign of {described(place, root)} is wrong"
        elif node.kind == "binary" and node.value in ("+", "-"):
            left, right = node.children
            other = "-" if node.value == "+" else "+"
            new = made("binary", (left, right), other)
            term = render(inside(right))
            yield place.put(new), f"the sign of the term {term} is wrong"
            if level(left) != SUM:
                new = made("binary", (negated(left), right), node.value)
                yield place.put(new), f"the sign of the term {render(inside(left))} is wrong"
        elif place.above == "call" and node.kind not in ("keyword", "string", "group"):
            new = scaled(number(-1), node)
            yield place.put(new), f"the sign of {render(inside(node))} is wrong"


def transposes(root: Syntax, orders: Orders) -> Iterator[Edit]:
    """A transpose more or less."""
    found: list[tuple[int, Edit]] = []
    for place in places(root):
        node = place.node
        if node.kind == "transpose":
            new = place.put(inside(node.children[0]) if place.parent is None else node.children[0])
            found.append((0, (new, f"{described(place, root)} should not be transposed")))
            continue
        order = order_of(orders, node)
        if order == 0 or (order or 2) > 2 or node.kind in ("number", "group", "unary", "string"):
            continue
        if place.above in ("transpose", "index") or place.chained or node.kind == "keyword":
            continue
        if node.kind == "call" and node.value in ("K", "eye"):
            continue
        inner = node.kind == "binary" and place.parent is not None
        if inner and level(node) == SUM and place.above not in ("binary", "call", "power"):
            continue
        text = f"{described(place, root)} should be transposed"
        found.append((1 if node.kind == "binary" else 0, (place.put(turned(node, orders)), text)))
        if order != 1 and node.kind == "call" and len(node.children) == 1:
            moved = made("call", (transpose(node.children[0]),), node.value)
            where = f"the argument of {described(place, root)} should be transposed"
            if inside(node.children[0]).kind != "transpose":
                found.append((1, (place.put(moved), where)))
    for _, edit in sorted(found, key=lambda pair: pair[0]):
        yield edit
    yield from _all_transposed(root, orders)


def _all_transposed(root: Syntax, orders: Orders) -> Iterator[Edit]:
    """Every occurrence of a part transposed, where there are several."""
    counts: dict[str, list[Place]] = {}
    for place in places(root):
        if place.node.kind in ("name", "call", "power") and order_of(orders, place.node) == 2:
            counts.setdefault(render(place.node), []).append(place)
    for text, same in counts.items():
        if len(same) > 1:
            new = root
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
            yield new, f"each {text} should be transposed"


def kroneckers(root: Syntax) -> Iterator[Edit]:
    """A' ⊗ B for B' ⊗ A and the like."""
    for place in places(root):
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
                    yield place.put(new), f"{render(node)} should be {render(new)}"


def swaps(root: Syntax) -> Iterator[Edit]:
    """Two factors, two arguments, or numerator and denominator in the other order."""
    later: list[Edit] = []
    for place in places(root):
        node = place.node
        if node.kind == "call" and len(node.children) == 2:
            if all(child.kind != "keyword" for child in node.children):
                new = made("call", node.children[::-1], node.value)
                yield place.put(new), f"the arguments of {render(node)} are in the wrong order"
        elif node.kind == "binary" and level(node) == PRODUCT and not place.chained:
            product = chain(node, PRODUCT)
            if len(product.operands) > _LONGEST_CHAIN:
                continue
            yield from _one_trace(place, product)
            for i, j in combinations(range(len(product.operands)), 2):
                one, two = render(product.operands[i]), render(product.operands[j])
                if one == two:
                    continue
                text = f"the factors {one} and {two} are in the wrong order"
                if "/" in product.operators[i + 1 : j + 1]:
                    text = f"{one} and {two} are on the wrong side of the fraction"
                edit = (place.put(product.swapped(i, j)), text)
                if j == i + 1:
                    yield edit
                else:
                    later.append(edit)
            if len(product.operands) > 2 and set(product.operators[1:]) == {"@"}:
                tree = Chain(product.operands[::-1], product.operators).tree
                later.append((place.put(tree), f"the factors of {render(node)} are in the wrong order"))  # fmt: skip
    yield from later


def _one_trace(place: Place, product: Chain) -> Iterator[Edit]:
    """tr(A@B) for tr(A)*tr(B)."""
    traces = [o for o in product.operands if o.kind == "call" and o.value == "tr"]
    if len(traces) == len(product.operands) == 2 and all(len(o.children) == 1 for o in traces):
        one, two = (trace.children[0] for trace in traces)
        whole = made("call", (made("binary", (one, two), "@"),), "tr")
        yield place.put(whole), "the trace of a product is not the product of the traces"


def numbers(root: Syntax, ratio: Rational | None) -> Iterator[Edit]:
    """Another number for one that stands there; `ratio` is what the whole is off by, if it is."""
    later: list[Edit] = []
    for place in places(root):
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
                edit = _renumbered(place, root, value, candidate)
                if candidate in likely:
                    yield edit
                else:
                    later.append(edit)
    yield from later


def _renumbered(place: Place, root: Syntax, old: Rational, new: Rational) -> Edit:
    parent = None if place.parent is None else place.parent
    if new == 1 and parent is not None and parent.node.kind == "power" and place.index == 1:
        base = parent.node.children[0]
        text = f"the exponent {place.node.text} is too much"
        return parent.put(base), text
    if new == 1 and parent is not None and parent.node.kind == "binary":
        other = parent.node.children[1 - place.index]
        if parent.node.value == "*" or (parent.node.value in ("/", "@") and place.index == 1):
            return parent.put(other), f"the factor {place.node.text} is too much" if parent.node.value != "/" else f"the divisor {place.node.text} is too much"  # fmt: skip
    if parent is not None and parent.node.kind in ("power", "unary") and _exponent(place):
        text = f"the exponent should be {render(number(new))}, not {place.node.text}"
    elif parent is not None and parent.node.kind == "binary" and level(parent.node) == PRODUCT:
        text = f"the factor should be {render(number(new))}, not {place.node.text}"
    else:
        text = f"{described(place, root)} should be {render(number(new))}"
    return place.put(number(new)), text


def _exponent(place: Place) -> bool:
    above: Place | None = place
    while above is not None and above.parent is not None:
        if above.parent.node.kind == "power":
            return above.index == 1
        if above.parent.node.kind not in ("unary", "group"):
            return False
        above = above.parent
    return False


def exponents(root: Syntax, orders: Orders) -> Iterator[Edit]:
    """Another exponent, none, or one where there is none; the other kind of power."""
    for place in places(root):
        node = place.node
        if node.kind == "power":
            base, exponent = node.children
            other = "**" if node.value == "^" else "^"
            was, new = _kinds(order_of(orders, base), str(node.value))
            if order_of(orders, base) != 0:
                power = made("power", (base, exponent), other)
                yield place.put(power), f"the power of {render(inside(base))} should be {new}, not {was}"  # fmt: skip
                yield place.put(transpose(power)), f"the power of {render(inside(base))} should be {new}, not {was}, and transposed"  # fmt: skip
            opposite = negated(exponent)
            opposite = inside(opposite) if inside(opposite).kind in ("number", "name") else opposite
            yield place.put(made("power", (base, opposite), node.value)), f"the sign of the exponent of {render(inside(base))} is wrong"  # fmt: skip
            yield place.put(base), f"the power of {render(inside(base))} is too much"
        elif place.above != "power" and node.kind in ("name", "call", "group"):
            if node.kind == "group" and inside(node).kind != "binary":
                continue
            order = order_of(orders, node)
            operator = "**" if order == 1 else "^"
            text = described(place, root)
            for exponent_value in (2, -1, 3, -2) if order != 2 else (2, 3, -2):
                power = made("power", (node, number(exponent_value)), operator)
                shown = {2: "squared", -1: "inverted", 3: "cubed"}.get(exponent_value, f"to the power {exponent_value}")  # fmt: skip
                yield place.put(power), f"{text} should be {shown}"


def _kinds(order: int | None, operator: str) -> tuple[str, str]:
    matrix, entries = "that of a matrix", "entry by entry"
    return (matrix, entries) if operator == "^" else (entries, matrix)


def too_much(root: Syntax) -> Iterator[Edit]:
    """A factor or a term less."""
    for place in places(root):
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
                yield place.put(left), f"the {what} {render(inside(operand))} is too much"
