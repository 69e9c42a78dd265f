"""Edits that the values themselves suggest: what the claim is off by, as a factor or as a term."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from typing import TYPE_CHECKING

from matcalc.diagnose.bench import Bench, close
from matcalc.diagnose.place import Edit, Place
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
)
from matcalc.language.syntax import Syntax

if TYPE_CHECKING:
    from matcalc.rational import Rational
    from matcalc.trust.tensors import Tensor

MOST_PARTS = 40
_LARGEST = 24
Values = list[float]


class Part:
    """What may be a factor or a term of the right claim, with its value."""

    __slots__ = ("shape", "syntax", "values")

    def __init__(self, syntax: Syntax, tensor: Tensor) -> None:
        self.syntax = syntax
        self.shape = tensor.shape
        self.values: Values = tensor.parts[0]

    @property
    def turned(self) -> Values:
        """The values of the transpose of a matrix."""
        columns = self.shape[1]
        return [entry for k in range(columns) for entry in self.values[k::columns]]


def parts(bench: Bench, roots: Iterable[Syntax]) -> list[Part]:
    """The parts of expressions, each once, with the tensors and the sizes of the problem."""
    found: dict[str, Syntax] = {}
    for root in roots:
        stack = [root]
        while stack:
            node = stack.pop()
            if node.kind in ("group", "unary", "derivative"):
                stack.append(node.children[0])
            elif node.kind not in ("number", "string", "keyword", "bound", "index"):
                found.setdefault(render(node), node)
                for product in _products(node):
                    found.setdefault(render(product), product)
                stack.extend(reversed(node.children))
            if len(found) > 4 * MOST_PARTS:
                break
    for name in (*(v.name for v in bench.found.typed.variables), *bench.found.typed.sizes):
        found.setdefault(name, made("name", (), name))
    # short ones are likelier; of equal length the first
    likely = sorted(found, key=len)
    known: list[Part] = []
    for text in likely[:MOST_PARTS]:
        syntax = found[text]
        typed = bench.typed(syntax)
        value = None if typed is None else bench.value(typed)
        if value is not None:
            known.append(Part(syntax, value))
    return known


def _products(node: Syntax) -> Iterator[Syntax]:
    """A@x of B@A@x and of t*A@x, where the tree says (B@A)@x."""
    if node.kind == "binary" and node.value == "@":
        flat = chain(node, PRODUCT)
        for start in range(1, len(flat.operands) - 1):
            if set(flat.operators[start + 1 :]) == {"@"}:
                yield Chain(flat.operands[start:], flat.operators[start:]).tree


def rational_of(value: float, largest: int = _LARGEST) -> Rational | None:
    """A simple fraction that a float is, if it is one.

    >>> rational_of(-1.5), rational_of(0.333)
    (Fraction(-3, 2), None)
    """
    from fractions import Fraction

    if not abs(value) <= 10_000:
        return None
    found = Fraction(value).limit_denominator(largest)
    if abs(found - value) > 1e-9 * max(1.0, abs(value)):
        return None
    if abs(found.numerator) > 100 or (found.denominator > 6 and abs(found.numerator) > 6):
        return None
    return found.numerator if found.denominator == 1 else found


def quotient_of(one: Values, two: Values) -> float | None:
    """The number c with one = c·two, if there is one."""
    if len(one) != len(two) or not two:
        return None
    sizes = [*map(abs, two)]
    largest = max(sizes)
    place = sizes.index(largest)
    if largest < 1e-12:
        return None
    factor = one[place] / two[place]
    if abs(factor) < 1e-9 or not close(one, [factor * v for v in two]):
        return None
    return factor


def whole_factor(root: Place, off: float, known: list[Part]) -> Iterator[Edit]:
    """The claim times a number, or a scalar, or over a scalar."""
    claim = root.node
    factor = rational_of(off)
    if factor is not None:
        yield Edit(root, scaled(number(factor), claim), *_missing(number(factor)))
    scalars = [part for part in known if not part.shape]
    for part in scalars:
        (value,) = part.values
        times = rational_of(off / value, 6) if value else None
        if times is not None:
            syntax = part.syntax if times == 1 else scaled(number(times), part.syntax)
            whole = claim if times == 1 else scaled(number(times), claim)
            yield Edit(root, scaled(part.syntax, whole), "the factor {} is missing", syntax)
        over = rational_of(off * value, 6)
        if over is not None:
            above = claim if over == 1 else scaled(number(over), claim)
            quotient = binary("/", inside(above), part.syntax)
            yield Edit(root, quotient, "it should be divided by {}", part.syntax)


def _missing(factor: Syntax) -> tuple[str, Syntax]:
    if factor.kind == "unary" and factor.children[0].value == 1:
        return "the sign is wrong", factor
    if factor.kind == "binary" and inside(factor.children[0]).value == 1:
        return "the factor {} is missing", factor
    return "a factor {} is missing", factor


def entry_factor(root: Place, value: Tensor, answer: Values, known: list[Part]) -> Iterator[Edit]:
    """The claim times, entry by entry, a tensor of its shape."""
    claim = root.node
    for part in known:
        if part.shape == value.shape and part.shape:
            times = [a * b for a, b in zip(value.parts[0], part.values, strict=True)]
            off = quotient_of(answer, times)
            factor = None if off is None else rational_of(off, 6)
            if factor is not None:
                new = _times(factor, binary("*", claim, part.syntax))
                yield Edit(root, new, "the factor {} is missing", part.syntax)
            over = quotient_of([a * b for a, b in zip(answer, part.values, strict=True)], value.parts[0])  # fmt: skip
            factor = None if over is None else rational_of(over, 6)
            if factor is not None:
                new = _times(factor, binary("/", claim, part.syntax))
                yield Edit(root, new, "it should be divided by {}", part.syntax)


def terms(bench: Bench, root: Place, value: Tensor, known: list[Part]) -> Iterator[Edit]:
    """A term too much, missing, with a wrong factor, or in the place of another."""
    claim = inside(root.node)
    flat = chain(claim, SUM) if level(claim) == SUM else Chain([claim], ["+"])
    missing = [a - c for a, c in zip(bench.answer, value.parts[0], strict=True)]
    own: list[Values | None] = []
    for k, operand in enumerate(flat.operands):
        typed = bench.typed(operand)
        found = None if typed is None else bench.value(typed)
        if found is None or (found.shape != value.shape and found.shape):
            own.append(None)
            continue
        sign = -1 if flat.operators[k] == "-" else 1
        entries = found.parts[0] * (prod(value.shape) if not found.shape else 1)
        own.append([sign * v for v in entries])
        if len(flat.operands) > 1:
            yield from _refactored(root, flat, k, missing, [sign * v for v in entries])
    signed = list(_signed(known, value.shape))
    for part, syntax in signed:
        off = quotient_of(missing, part)
        factor = None if off is None else rational_of(off, 6)
        if factor is not None:
            tree = binary("+" if factor > 0 else "-", claim, _times(_size(factor), syntax))
            yield Edit(root, tree, "the term {} is missing", _times(factor, syntax))
    if len(flat.operands) > 1:
        yield from _replaced(root, flat, missing, own, signed)


def _refactored(root: Place, flat: Chain, k: int, missing: Values, own: Values) -> Iterator[Edit]:
    off = quotient_of(missing, own)
    change = None if off is None else rational_of(off, 6)
    if change is None:
        return
    factor = change + 1
    term = inside(flat.operands[k])
    if factor == 0:
        left = flat.without(k)
        if left is not None:
            yield Edit(root, left, "the term {} is too much", term)
    elif factor == -1:
        yield Edit(root, _flipped(flat, k), "the sign of the term {} is wrong", term)
    else:
        new = flat.replaced(k, _times(factor, flat.operands[k]))
        yield Edit(root, new, "the term {} lacks the factor {}", term, number(factor))


def _flipped(flat: Chain, k: int) -> Syntax:
    if k == 0:
        return flat.replaced(0, negated(flat.operands[0]))
    return flat.replaced(k, flat.operands[k], "-" if flat.operators[k] == "+" else "+")


def _replaced(
    root: Place,
    flat: Chain,
    missing: Values,
    own: list[Values | None],
    known: list[tuple[Values, Syntax]],
) -> Iterator[Edit]:
    for k, entries in enumerate(own):
        if entries is None:
            continue
        wanted = [m + t for m, t in zip(missing, entries, strict=True)]
        for part, syntax in known:
            off = quotient_of(wanted, part)
            factor = None if off is None else rational_of(off, 6)
            if factor is not None:
                term = _times(_size(factor), syntax)
                if k == 0:
                    tree = flat.replaced(0, _times(factor, syntax))
                else:
                    tree = flat.replaced(k, term, "+" if factor > 0 else "-")
                old = inside(flat.operands[k])
                yield Edit(root, tree, "the term {} should be {}", old, term)


def _times(factor: Rational, syntax: Syntax) -> Syntax:
    return syntax if factor == 1 else scaled(number(factor), syntax)


def _size(factor: Rational) -> Rational:
    return -factor if factor < 0 else factor


def _signed(known: list[Part], shape: tuple[int, ...]) -> Iterator[tuple[Values, Syntax]]:
    """The values of the parts of a shape, transposed ones too; scalars spread out."""
    for part in known:
        if part.shape == shape:
            yield part.values, part.syntax
        matrix = len(shape) == 2 and part.shape == shape[::-1]
        if matrix and part.syntax.kind != "transpose":
            yield part.turned, transpose(part.syntax)
        if shape and not part.shape:
            yield part.values * prod(shape), part.syntax
