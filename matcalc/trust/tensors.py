"""Small dense tensors over the jets: elements with nilpotents ε₁ … ε_k, ε_i² = 0.

A tensor holds one flat list of scalars for each product of nilpotents that occurs: `parts[mask]`,
bit i of the mask for ε_{i+1}; `parts[0]` is the constant part and always there.  So a tensor
without nilpotents is a bare list, and whatever is linear works part by part.

Entries are gone through by `map` and `itemgetter`, in C: where each stands is found out once for
all tensors of equal shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from itertools import product, repeat, starmap
from math import prod
from operator import add, itemgetter, mul, neg, sub
from typing import Any

from matcalc.trust.field import Field, Mismatch, TooLarge

Shape = tuple[int, ...]
Part = list[Any]
Parts = dict[int, Part]
Letters = tuple[Any, ...]
Order = Callable[[Part], Iterable[Any]]
"""What stands in a part for each entry of a result: an entry, or a row of them."""


class Tensor:
    """Row-major parts of one shape.

    >>> Tensor((2,), {0: [1, 2], 1: [1, 0]}).parts[1]
    [1, 0]
    """

    __slots__ = ("parts", "shape")

    def __init__(self, shape: Shape, parts: Parts) -> None:
        self.shape = shape
        self.parts = parts

    def reshape(self, shape: Shape) -> Tensor:
        """The same entries, row-major; Mismatch if their number differs."""
        if prod(shape) != prod(self.shape):
            raise Mismatch(f"{self.shape} is not {shape}")
        return Tensor(shape, self.parts)

    @property
    def bits(self) -> int:
        """The nilpotents that occur, as one mask."""
        union = 0
        for mask in self.parts:
            union |= mask
        return union

    def __repr__(self) -> str:
        return f"Tensor({self.shape}, {self.parts})"


def scalar(value: Any) -> Tensor:
    """A tensor of order 0."""
    return Tensor((), {0: [value]})


def filled(shape: Shape, value: Any) -> Tensor:
    """Every entry the same."""
    return Tensor(shape, {0: [value] * prod(shape)})


def identity(field: Field, n: int) -> Tensor:
    """eye(n)."""
    part: Part = [field.number(0)] * (n * n)
    part[:: n + 1] = [field.number(1)] * n
    return Tensor((n, n), {0: part})


def gather(tensor: Tensor, order: Order | None, shape: Shape) -> Tensor:
    """The entries in another order, or the same where that is None."""
    if order is None:
        return Tensor(shape, tensor.parts)
    parts = {}
    for mask, part in tensor.parts.items():
        parts[mask] = list(order(part))
    return Tensor(shape, parts)


def scale(field: Field, factor: Any, tensor: Tensor) -> Tensor:
    """factor·tensor of a plain scalar."""
    elements, parts = field.elements, {}
    for mask, part in tensor.parts.items():
        parts[mask] = list(elements(map(mul, part, repeat(factor))))
    return Tensor(tensor.shape, parts)


def combine(field: Field, factors: Sequence[Any], terms: Sequence[Tensor], shape: Shape) -> Tensor:
    """Σ factor·term; a term of order 0 broadcasts."""
    if len(terms) == 2:
        a, b = terms
        if a.shape == b.shape == shape and factors[0] == 1 and factors[1] in _SIGNED:
            sign = _SIGNED[factors[1]]
            if len(a.parts) == len(b.parts) == 1:
                return Tensor(shape, {0: list(field.elements(map(sign, a.parts[0], b.parts[0])))})
            return _joined(field, a, b, sign)
    found: dict[int, list[Iterable[Any]]] = {}
    for factor, term in zip(factors, terms, strict=True):
        if term.shape != shape:
            term = _spread(term, shape)
        for mask, part in term.parts.items():
            values = part if factor == 1 else map(mul, part, repeat(factor))
            if mask in found:
                found[mask].append(values)
            else:
                found[mask] = [values]
    if 0 not in found:
        found[0] = [[field.number(0)] * prod(shape)]
    return Tensor(shape, _summed(field, found))


_SIGNED = {1: add, -1: sub}


def _joined(field: Field, a: Tensor, b: Tensor, sign: Callable[[Any, Any], Any]) -> Tensor:
    """The sum or the difference of two of one shape."""
    x, y, elements = a.parts, b.parts, field.elements
    parts = {}
    for mask, part in x.items():
        parts[mask] = list(elements(map(sign, part, y[mask]))) if mask in y else part
    if len(y) > 1:
        for mask, part in y.items():
            if mask not in x:
                parts[mask] = part if sign is add else list(elements(map(neg, part)))
    return Tensor(a.shape, parts)


def _spread(term: Tensor, shape: Shape) -> Tensor:
    if term.shape:
        raise Mismatch(f"{term.shape} is not {shape}")
    return Tensor(shape, {mask: part * prod(shape) for mask, part in term.parts.items()})


def _summed(field: Field, found: dict[int, list[Iterable[Any]]]) -> Parts:
    """For each mask the sum of parts."""
    elements, parts = field.elements, {}
    for mask, terms in found.items():
        match len(terms):
            case 1:
                entries = terms[0]
            case 2:
                entries = map(add, *terms)
            case _:
                entries = map(sum, zip(*terms, strict=True))
        parts[mask] = list(elements(entries))
    return parts


class Product:
    """How tensors of two shapes are multiplied.

    `left` and `right` give what of the one is multiplied with what of the other for each entry of the
    product, and `kernel` makes the products; `work` counts multiplications.
    """

    __slots__ = ("kernel", "left", "right", "shape", "work")

    def __init__(
        self,
        left: Order,
        right: Order,
        kernel: Callable[[Any, Any], Iterable[Any]],
        shape: Shape,
        work: int,
    ) -> None:
        self.left = left
        self.right = right
        self.kernel = kernel
        self.shape = shape
        self.work = work

    def of(self, field: Field, a: Tensor, b: Tensor) -> Tensor:
        """The product of two tensors."""
        x, y = a.parts, b.parts
        field.budget -= self.work * len(x) * len(y)
        if field.budget < 0:
            raise TooLarge
        kernel, elements = self.kernel, field.elements
        if len(y) == 1:
            right = self.right(y[0])
            if len(x) == 1:
                return Tensor(self.shape, {0: list(elements(kernel(self.left(x[0]), right)))})
            parts = {}
            for mask, part in x.items():
                parts[mask] = list(elements(kernel(self.left(part), right)))
            return Tensor(self.shape, parts)
        left = self.left(x[0])
        if len(x) == 1:
            parts = {}
            for mask, part in y.items():
                parts[mask] = list(elements(kernel(left, self.right(part))))
            return Tensor(self.shape, parts)
        if len(x) == 2 and x.keys() == y.keys():
            # the same nilpotent on both sides
            mask, right = max(x), self.right(y[0])
            one, two = kernel(self.left(x[mask]), right), kernel(left, self.right(y[mask]))
            parts = {
                0: list(elements(kernel(left, right))),
                mask: list(elements(map(add, one, two))),
            }
            return Tensor(self.shape, parts)
        return Tensor(self.shape, self.of_jets(field, x, y))

    def of_jets(self, field: Field, x: Parts, y: Parts) -> Parts:
        """The same of parts, of which one may lack the constant part."""
        kernel = self.kernel
        lefts = zip(x, map(self.left, x.values()), strict=True)
        rights = zip(y, map(self.right, y.values()), strict=True)
        found: dict[int, list[Iterable[Any]]] = {}
        for (s, left), (t, right) in product(lefts, rights):
            if s & t:
                continue
            if s | t in found:
                found[s | t].append(kernel(left, right))
            else:
                found[s | t] = [kernel(left, right)]
        return _summed(field, found)


_products = partial(map, mul)
"""Of entry with entry."""


def _inner(left: Part, right: Part) -> Iterable[Any]:
    """The inner product of one row with one."""
    return (sum(map(mul, left, right)),)


def _sums(left: Iterable[Part], right: Iterable[Part]) -> Iterable[Any]:
    """The inner products of row with row."""
    return map(sum, map(_products, left, right))


def _table(left: Iterable[Part], right: Iterable[Part]) -> Iterable[Any]:
    """The inner products of each row with each."""
    return map(sum, starmap(_products, product(left, right)))


def _first(part: Part) -> Iterable[Any]:
    return repeat(part[0])


@lru_cache(maxsize=1024)
def entrywise(shape: Shape) -> Product:
    """The product entry by entry of tensors of one shape."""
    return Product(list, list, _products, shape, prod(shape))


@lru_cache(maxsize=1024)
def _by_a_scalar(shape: Shape) -> Product:
    return Product(list, _first, _products, shape, prod(shape))


def multiply(field: Field, a: Tensor, b: Tensor) -> Tensor:
    """Entry by entry; a tensor of order 0 broadcasts."""
    if a.shape == b.shape:
        return entrywise(a.shape).of(field, a, b)
    if not b.shape:
        return _by_a_scalar(a.shape).of(field, a, b)
    if a.shape:
        raise Mismatch(f"{a.shape} times {b.shape}")
    return _by_a_scalar(b.shape).of(field, b, a)


@lru_cache(maxsize=2048)
def positions(shape: Shape, letters: Letters, order: Letters) -> Order | None:
    """The entries with the axes `letters` in `order`; a letter twice is the diagonal.

    None where nothing moves.

    >>> positions((2, 3), (0, 1), (1, 0))("abcdef"), positions((2, 2), (0, 0), (0,))("abcd")
    (('a', 'd', 'b', 'e', 'c', 'f'), ('a', 'd'))
    """
    if letters == order:
        return None
    return _picked(_places(letters, order, index_sizes((letters,), (shape,))))


def _picked(places: list[int]) -> Order | None:
    return None if places == list(range(len(places))) else itemgetter(*places)


LARGEST = 1_000_000
"""More entries than this are too many to list where each goes."""


@lru_cache(maxsize=1024)
def pair(sa: Shape, ia: Letters, sb: Shape, ib: Letters, output: Letters) -> Product:
    """How tensors of these shapes are multiplied, and summed over what `output` does not name."""
    size = index_sizes((ia, ib), (sa, sb))
    shape = tuple([size[i] for i in output])
    if max(prod(shape), prod(sa), prod(sb)) > LARGEST:
        raise TooLarge
    summed = tuple([i for i in ia if i not in output])
    count = prod([size[i] for i in summed])
    work = prod(shape) * count
    if work == count > 1:
        first, second = (_picked(_places(i, summed, size)) for i in (ia, ib))
        return Product(first or list, second or list, _inner, shape, work)
    one, two = _places(ia, summed, size), _places(ib, summed, size)
    rows, columns = (tuple([i for i in output if i in letters]) for letters in (ia, ib))
    if rows + columns == output and prod(sa) > count > 1 and prod(sb) > count:
        # a table, in the order of the rows of the one and then of the other
        left, right = _rows(_places(ia, rows, size), one), _rows(_places(ib, columns, size), two)
        return Product(left, right, _table, shape, work)
    left, right = _rows(_places(ia, output, size), one), _rows(_places(ib, output, size), two)
    return Product(left, right, _products if count == 1 else _sums, shape, work)


def index_sizes(inputs: tuple[Letters, ...], shapes: tuple[Shape, ...]) -> dict[Any, int]:
    """The size of each index; Mismatch where it has two."""
    size: dict[Any, int] = {}
    for letters, shape in zip(inputs, shapes, strict=True):
        for letter, length in zip(letters, shape, strict=True):
            if size.setdefault(letter, length) != length:
                raise Mismatch(f"an index of sizes {size[letter]} and {length}")
    return size


def _places(letters: Letters, order: Letters, size: dict[Any, int]) -> list[int]:
    """Where in a tensor with these axes the entries stand that the indices `order` count through."""
    stride: dict[Any, int] = {}
    step = 1
    for letter in reversed(letters):
        stride[letter] = stride.get(letter, 0) + step
        step *= size[letter]
    found = [0]
    for letter in order:
        step = stride.get(letter, 0)
        steps = [step * i for i in range(size[letter])]
        found = [q + t for q in found for t in steps]
    return found


def _rows(starts: list[int], steps: list[int]) -> Order:
    """For each start the entries at these steps from it; for a single step the entry itself."""
    if len(steps) == 1:
        return _picked(starts) or list
    different = list(dict.fromkeys(starts))
    if len(different) == 1:
        # the same row for all entries of the product, of which the other operand says how many
        row = _picked(steps)
        return repeat if row is None else lambda part: repeat(row(part))
    step = steps[1]
    cut: Callable[[Any], Any]
    if steps == list(range(0, step * len(steps), step)):
        cut = itemgetter(*[slice(i, i + steps[-1] + 1, step) for i in different])
    else:
        cut = _gathered_rows(different, steps)
    if different == starts:
        return cut
    place = {start: k for k, start in enumerate(different)}
    spread = itemgetter(*[place[start] for start in starts])
    return lambda part: spread(cut(part))


def _gathered_rows(starts: list[int], steps: list[int]) -> Callable[[Part], Any]:
    gathered: Callable[[Part], Any] = itemgetter(*[i + k for i in starts for k in steps])
    width = len(steps)
    cut = itemgetter(*[slice(i, i + width) for i in range(0, len(starts) * width, width)])
    return lambda part: cut(gathered(part))


def contract(
    field: Field, a: Tensor, ia: Letters, b: Tensor, ib: Letters, output: Letters
) -> Tensor:
    """Σ a·b over the letters of both that `output` does not name.

    No letter twice in one operand; a letter of one operand alone is in the output.

    >>> contract(Field(0), Tensor((2,), {0: [1, 2]}), (0,), Tensor((2,), {0: [3, 4]}), (0,), ())
    Tensor((), {0: [11]})
    """
    return pair(a.shape, ia, b.shape, ib, output).of(field, a, b)


def matmul(field: Field, a: Tensor, b: Tensor) -> Tensor:
    """The product of two matrices."""
    return pair(a.shape, (0, 1), b.shape, (1, 2), (0, 2)).of(field, a, b)


def transpose(a: Tensor) -> Tensor:
    """The transpose of a matrix."""
    return gather(a, positions(a.shape, (0, 1), (1, 0)), a.shape[::-1])


def sum_all(field: Field, a: Tensor) -> Tensor:
    """The sum of the entries."""
    elements, parts = field.elements, {}
    for mask, part in a.parts.items():
        parts[mask] = list(elements((sum(part),)))
    return Tensor((), parts)
