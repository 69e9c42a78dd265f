"""Index notation: letters name axes, products sum what occurs twice, brackets and sum[j] keep letters."""

from __future__ import annotations

import re
from collections.abc import Sequence

from matcalc.errors import MatcalcError
from matcalc.language.dimensions import Dim
from matcalc.language.shapes import Shapes, clip, written
from matcalc.language.syntax import Syntax, Word
from matcalc.language.typed import Typed

NONE: frozenset[str] = frozenset()


class Value:
    """A typed node; `letters` name its axes where it was written with indices, else None."""

    __slots__ = ("letters", "typed")

    def __init__(self, typed: Typed, letters: tuple[str, ...] | None = None) -> None:
        self.typed = typed
        self.letters = letters

    def with_typed(self, typed: Typed) -> Value:
        return Value(typed, self.letters)


def all_indexed(values: Sequence[Value]) -> bool:
    """Whether the values are combined letter by letter: some have letters, the others are scalars."""
    some = False
    for value in values:
        if value.letters is not None:
            some = True
        elif value.typed.dims:
            return False
    return some


def name_axes(shapes: Shapes, at: Syntax, typed: Typed, letters: tuple[str, ...]) -> Value:
    """A[i,j]: one letter an axis."""
    if len(letters) != len(typed.dims):
        axes = len(typed.dims)
        message = (
            f"{written(typed)} is {shapes.describe(typed)} and has {_count(axes, 'axis', 'axes')}, "
            f"but [{','.join(letters)}] names {len(letters)}"
        )
        hint = None
        if len(letters) == 1 and len(letters[0]) == axes:
            hint = f"write [{','.join(letters[0])}]"
        elif axes == 2 and len(letters) == 1:
            hint = f"write {written(typed)}[{letters[0]},j]"
        raise MatcalcError("shape", message, at, hint=hint)
    if typed.row:
        typed = shapes.transpose(at, typed)
    return Value(typed, letters)


def product(
    shapes: Shapes,
    at: Syntax,
    values: Sequence[Value],
    inverse: Sequence[bool],
    kept: frozenset[str],
) -> Value:
    """A product of indexed factors, some of them divided by; a letter twice is summed unless kept."""
    count: dict[str, int] = {}
    for value in values:
        for letter in value.letters or ():
            count[letter] = count.get(letter, 0) + 1
    for letter, times in count.items():
        if times > 2 and letter not in kept:
            raise MatcalcError(
                "syntax",
                f"the index {letter} occurs {times} times in {clip(at.text)}",
                at,
                hint=f"sum[{letter}](...) sums it, (...)[{letter}] keeps it",
            )
    output = tuple(letter for letter, times in count.items() if times == 1 or letter in kept)
    if len(values) == 1 and values[0].letters == output:
        return values[0]
    factors = []
    for value, inverted in zip(values, inverse, strict=True):
        typed = value.typed
        if inverted:
            minus_one = Typed("number", (), -1, (), typed.syntax)
            typed = Typed("power", (typed, minus_one), None, typed.dims, typed.syntax)
        factors.append(typed)
    return _einsum(shapes, at, factors, [value.letters or () for value in values], output)


def _einsum(
    shapes: Shapes,
    at: Syntax,
    factors: Sequence[Typed],
    inputs: Sequence[tuple[str, ...]],
    output: tuple[str, ...],
    sizes: dict[str, Dim] | None = None,
) -> Value:
    """One einsum node, its letters renamed a, b, c, ... in order of appearance."""
    first: dict[str, Typed] = {}
    dims: dict[str, Dim] = dict(sizes or {})
    for typed, letters in zip(factors, inputs, strict=True):
        for letter, dim in zip(letters, typed.dims, strict=True):
            if letter in first:
                _same_size(shapes, at, letter, first[letter], dims[letter], typed, dim)
            first.setdefault(letter, typed)
            dims.setdefault(letter, dim)
    names = {letter: chr(ord("a") + k) for k, letter in enumerate(dims)}
    data = (
        tuple("".join(names[letter] for letter in letters) for letters in inputs),
        "".join(names[letter] for letter in output),
    )
    result = tuple(dims[letter] for letter in output)
    return Value(Typed("einsum", tuple(factors), data, result, at), output)


def _same_size(
    shapes: Shapes, at: Syntax, letter: str, left: Typed, a: Dim, right: Typed, b: Dim
) -> None:
    def fail() -> MatcalcError:
        one, two = shapes.unifier.resolve(a), shapes.unifier.resolve(b)
        if left is right:
            message = f"the index {letter} runs over {one} and over {two} in {clip(at.text)}"
            return MatcalcError("shape", message, at)
        needs = f"the index {letter} would run over {one} and over {two}"
        return shapes.mismatch(at, left, right, needs)

    shapes.unifier.require(a, b, fail)


def align(
    shapes: Shapes, at: Syntax, values: Sequence[Value]
) -> tuple[list[Typed], tuple[str, ...]]:
    """Values broadcast to the letters of all of them, in order of appearance; scalars stay."""
    sizes: dict[str, Dim] = {}
    first: dict[str, Typed] = {}
    for value in values:
        for letter, dim in zip(value.letters or (), value.typed.dims, strict=True):
            if letter in sizes:
                _same_size(shapes, at, letter, first[letter], sizes[letter], value.typed, dim)
            sizes.setdefault(letter, dim)
            first.setdefault(letter, value.typed)
    union = tuple(sizes)
    aligned = []
    for value in values:
        typed = value.typed
        if typed.dims and value.letters != union:
            inputs = [value.letters or ()]
            typed = _einsum(shapes, typed.syntax or at, [typed], inputs, union, sizes).typed
        aligned.append(typed)
    return aligned, union


def add(shapes: Shapes, at: Syntax, values: Sequence[Value], signs: tuple[int, ...]) -> Value:
    """A sum of indexed terms, broadcast to the letters of all."""
    terms, union = align(shapes, at, values)
    dims = next((typed.dims for typed in terms if typed.dims), ())
    return Value(Typed("add", tuple(terms), signs, dims, at), union)


def reorder(shapes: Shapes, at: Syntax, value: Value, letters: tuple[str, ...]) -> Value:
    """(...)[i,k] of an indexed value: its free letters, each once, in this order."""
    assert value.letters is not None
    for position, letter in enumerate(letters):
        if letter not in value.letters:
            free = f"it has {', '.join(value.letters)}" if value.letters else "it has none"
            message = f"{letter} is no free index of {clip(at.children[0].text)}: {free}"
            raise MatcalcError("name", message, _letter(at, position))
        if letter in letters[:position]:
            message = f"the index {letter} stands twice in the brackets"
            raise MatcalcError("syntax", message, _letter(at, position))
    for letter in value.letters:
        if letter not in letters:
            message = f"{clip(at.children[0].text)} has the free index {letter}, and the brackets do not name it"
            raise MatcalcError("shape", message, at, hint=f"sum[{letter}](...) sums over it")
    if letters == value.letters:
        return value
    return _einsum(shapes, at, [value.typed], [value.letters], letters)


def sum_out(shapes: Shapes, at: Syntax, value: Value, letters: tuple[str, ...]) -> Value:
    """sum[j](...): the letter summed."""
    has = value.letters or ()
    for position, letter in enumerate(letters):
        if letter not in has:
            message = f"the index {letter} does not occur in {clip(at.children[0].text)}"
            raise MatcalcError("name", message, _letter(at, position))
    output = tuple(letter for letter in has if letter not in letters)
    return _einsum(shapes, at, [value.typed], [has], output)


def ordinary(shapes: Shapes, value: Value, syntax: Syntax, kept: frozenset[str]) -> Typed:
    """What was written with indices as an ordinary tensor; one with a letter twice is summed first."""
    return product(shapes, syntax, [value], [False], kept).typed


def _letter(at: Syntax, position: int) -> Word:
    """The place of a letter between the brackets."""
    text = at.source.text
    start = at.children[0].end if at.kind == "index" else at.start
    opening = text.find("[", start)
    if opening < 0:  # a tree that was made of others stands in no text
        return Word("", at.source, at.start, at.end)
    words = re.compile(r"[\w\u0300-\u036f\u2032-\u2034]+")
    place = opening
    for _ in range(position + 1):
        match = words.search(text, place)
        assert match is not None
        start, place = match.start(), match.end()
    return Word(text[start:place], at.source, start, place)


def _count(number: int, one: str, many: str) -> str:
    return f"1 {one}" if number == 1 else f"{number} {many}"
