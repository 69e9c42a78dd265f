"""Small dense tensors over the jets: elements with nilpotents ε₁ … ε_k, ε_i² = 0.

A tensor holds one flat list of scalars for each product of nilpotents that occurs: `parts[mask]`,
bit i of the mask for ε_{i+1}; `parts[0]` is the constant part and always there.  So a tensor
without nilpotents is a bare list, and whatever is linear works part by part.

Entries are gone through by `map` and `itemgetter`, in C: where each stands is found out once for
all tensors of equal shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from itertools import repeat
from math import prod
from operator import itemgetter, mod, mul
from typing import Any

from matcalc.trust.field import Field, Mismatch, TooLarge

Shape = tuple[int, ...]
Part = list[Any]
Letters = tuple[Any, ...]
Order = Callable[[Part], Iterable[Any]]
"""What stands in a part for each entry of a result: an entry, or a row of them."""


class Tensor:
    """Row-major parts of one shape.

    >>> Tensor((2,), {0: [1, 2], 1: [1, 0]}).parts[1]
    [1, 0]
    """

    __slots__ = ("parts", "shape")

    def __init__(self, shape: Shape, parts: dict[int, Part]) -> None:
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


def reduced(field: Field, entries: Iterable[Any]) -> Part:
    """Sums of products as elements of the field."""
    p = field.prime
    return list(map(mod, entries, repeat(p))) if p else list(entries)


def scale(field: Field, factor: Any, tensor: Tensor) -> Tensor:
    """factor·tensor of a plain scalar."""
    parts = {}
    for mask, part in tensor.parts.items():
        parts[mask] = reduced(field, map(mul, part, repeat(factor)))
    return Tensor(tensor.shape, parts)


def combine(field: Field, factors: Iterable[Any], terms: list[Tensor], shape: Shape) -> Tensor:
    """Σ factor·term; a term of order 0 broadcasts."""
    found: dict[int, list[Iterable[Any]]] = {}
    for factor, term in zip(factors, terms, strict=True):
        alike = term.shape == shape
        if not alike and term.shape:
            raise Mismatch(f"{term.shape} is not {shape}")
        for mask, part in term.parts.items():
            values: Iterable[Any] = part if alike else part * prod(shape)
            if factor != 1:
                values = map(mul, values, repeat(factor))
            if mask in found:
                found[mask].append(values)
            else:
                found[mask] = [values]
    if 0 not in found:
        found[0] = [[field.number(0)] * prod(shape)]
    return Tensor(shape, _summed(field, found))


def _summed(field: Field, found: dict[int, list[Iterable[Any]]]) -> dict[int, Part]:
    """For each mask the sum of parts."""
    p = field.prime
    parts = {}
    for mask, terms in found.items():
        entries = terms[0] if len(terms) == 1 else map(sum, zip(*terms, strict=True))
        parts[mask] = list(map(mod, entries, repeat(p))) if p else list(entries)
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
        kernel: Callable[[Iterable[Any], Iterable[Any]], Iterable[Any]],
        shape: Shape,
        work: int,
    ) -> None:
        self.left = left
        self.right = right
        self.kernel = kernel
        self.shape = shape
        self.work = work

    def of(self, field: Field, a: Tensor, b: Tensor) -> Tensor:
        """The product of two tensors of jets; that of b may have no constant part."""
        x, y, kernel = a.parts, b.parts, self.kernel
        field.budget -= self.work * len(x) * len(y)
        if field.budget < 0:
            raise TooLarge
        if len(x) == len(y) == 1 and 0 in y:
            entries = kernel(self.left(x[0]), self.right(y[0]))
            p = field.prime
            return Tensor(
                self.shape, {0: list(map(mod, entries, repeat(p))) if p else list(entries)}
            )
        rights = []
        for t, part in y.items():
            rights.append((t, self.right(part)))
        found: dict[int, list[Iterable[Any]]] = {}
        for s, part in x.items():
            left = self.left(part)
            for t, right in rights:
                if s & t:
                    continue
                if s | t in found:
                    found[s | t].append(kernel(left, right))
                else:
                    found[s | t] = [kernel(left, right)]
        return Tensor(self.shape, _summed(field, found))


_products = partial(map, mul)
"""Of entry with entry."""


def _sums(left: Iterable[Part], right: Iterable[Part]) -> Iterable[Any]:
    """The inner products of row with row."""
    return map(sum, map(_products, left, right))


def _first(part: Part) -> Iterable[Any]:
    return repeat(part[0])


@lru_cache(maxsize=1024)
def _entrywise(shape: Shape) -> Product:
    return Product(list, list, _products, shape, prod(shape))


@lru_cache(maxsize=1024)
def _by_a_scalar(shape: Shape) -> Product:
    return Product(list, _first, _products, shape, prod(shape))


def multiply(field: Field, a: Tensor, b: Tensor) -> Tensor:
    """Entry by entry; a tensor of order 0 broadcasts."""
    if a.shape == b.shape:
        return _entrywise(a.shape).of(field, a, b)
    if not b.shape:
        return _by_a_scalar(a.shape).of(field, a, b)
    if a.shape:
        raise Mismatch(f"{a.shape} times {b.shape}")
    return _by_a_scalar(b.shape).of(field, b, a)


@lru_cache(maxsize=8192)
def positions(shape: Shape, letters: Letters, order: Letters) -> Order | None:
    """The entries with the axes `letters` in `order`; a letter twice is the diagonal.

    None where nothing moves.

    >>> positions((2, 3), (0, 1), (1, 0))("abcdef"), positions((2, 2), (0, 0), (0,))("abcd")
    (('a', 'd', 'b', 'e', 'c', 'f'), ('a', 'd'))
    """
    if letters == order:
        return None
    places = _places(letters, order, index_sizes((letters,), (shape,)))
    return None if places == list(range(prod(shape))) else itemgetter(*places)


LARGEST = 1_000_000
"""More entries than this are too many to list where each goes."""


@lru_cache(maxsize=4096)
def pair(sa: Shape, ia: Letters, sb: Shape, ib: Letters, output: Letters) -> Product:
    """How tensors of these shapes are multiplied, and summed over what `output` does not name."""
    size = index_sizes((ia, ib), (sa, sb))
    shape = tuple([size[i] for i in output])
    if max(prod(shape), prod(sa), prod(sb)) > LARGEST:
        raise TooLarge
    summed = tuple([i for i in ia if i not in output])
    count = prod([size[i] for i in summed])
    left, right = (
        _rows(_places(letters, output, size), _places(letters, summed, size), prod(operand))
        for letters, operand in ((ia, sa), (ib, sb))
    )
    return Product(left, right, _products if count == 1 else _sums, shape, prod(shape) * count)


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


def _rows(starts: list[int], steps: list[int], size: int) -> Order:
    """For each start the entries at these steps from it; for a single step the entry itself."""
    if len(steps) == 1:
        return list if starts == list(range(size)) else itemgetter(*starts)
    different = list(dict.fromkeys(starts))
    step = steps[1]
    regular = steps == list(range(0, step * len(steps), step))
    if len(different) == 1:
        count = len(starts)
        if regular and step == 1:
            return lambda part: (part,) * count
        row = itemgetter(*steps)
        return lambda part: (row(part),) * count
    cut: Callable[[Any], Any]
    if regular:
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
    parts = {}
    for mask, part in a.parts.items():
        parts[mask] = reduced(field, (sum(part),))
    return Tensor((), parts)
