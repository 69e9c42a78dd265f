"""A point: sizes for the dimension names, and a random value for every tensor, by its name."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import chain, product, repeat
from math import prod
from operator import add, attrgetter, mul
from typing import Any

from matcalc.language.dimensions import Dim
from matcalc.trust import structured
from matcalc.trust.contraction import einsum
from matcalc.trust.field import Field, Retry, named, stream
from matcalc.trust.jets import polynomial, power
from matcalc.trust.linear_algebra import stack_last
from matcalc.trust.tensors import Shape, Tensor, combine, contract, multiply, scalar, scale

Dims = tuple[Dim, ...]

RANGES = ((-1.5, 1.5), (0.1, 0.9), (-0.3, 0.3), (1.1, 2.0), (-0.9, -0.1))
"""Where the entries of numeric points lie, in the order of trial."""
COMPLEX = "complex"
MIXED = "mixed"
WHOLE_NUMBERS = 7
"""How many numbers an integer scalar is drawn from, from 2 on."""
DEGREE = 5
"""Of the random polynomials that stand for unspecified functions."""
FEW_NUMBERS = 6
"""A function of no more numbers has a regular Hessian."""


_PARTS = attrgetter("parts")


class _Lengths(dict[Dim, int]):
    """The size of each dimension, found out when it is first asked for."""

    __slots__ = ("sizes",)

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self.sizes = sizes

    def __missing__(self, dim: Dim) -> int:
        found = self[dim] = dim.evaluate(self.sizes)
        return found


class Point:
    """Values for the tensors of one problem; drawn by name, so in whatever order they are asked for.

    `span` says where numeric entries lie: a pair of bounds, MIXED (bounds that differ between
    tensors) or COMPLEX.  `integers` are the scalars that stand in exponents of matrices,
    `functions` the names that are declared elementwise.

    >>> n = Dim.named("n")
    >>> Point(Field(101), {"n": 3}, 1).variable("x", (n,)).shape
    (3,)
    """

    __slots__ = (
        "_lengths",
        "_values",
        "field",
        "functions",
        "integers",
        "seed",
        "sizes",
        "span",
        "walks",
    )

    def __init__(
        self,
        field: Field,
        sizes: Mapping[str, int],
        seed: int,
        span: tuple[float, float] | str = RANGES[0],
        integers: frozenset[str] = frozenset(),
        functions: frozenset[str] = frozenset(),
        walks: dict[object, Any] | None = None,
    ) -> None:
        self.field = field
        self.sizes = sizes
        self.seed = seed
        self.span = span
        self.integers = integers
        self.functions = functions
        self.walks: dict[object, Any] = {} if walks is None else walks
        """What was found out about trees, by the tree; kept for every point of one problem."""
        self._values: dict[str, Any] = {}
        self._lengths = _Lengths(sizes)

    def shape(self, dims: Dims) -> Shape:
        """The sizes of these dimensions."""
        return tuple(map(self._lengths.__getitem__, dims))

    def draw(self, name: str, shape: Shape) -> Tensor:
        """An unstructured random tensor."""
        field, size = self.field, prod(shape)
        field.spend(size)
        seed = self.seed ^ named(name)
        if field.prime:
            return Tensor(shape, {0: list(field.elements(stream(seed, size)))})
        span = self.span
        if span == COMPLEX:
            bits = stream(seed, 2 * size)
            real, imaginary = _between(bits[:size], -1.2, 1.2), _between(bits[size:], 0.1, 0.9)
            return Tensor(shape, {0: list(map(complex, real, imaginary))})
        if span == MIXED:
            span = RANGES[stream(~seed, 1)[0] % len(RANGES)]
        assert not isinstance(span, str), span
        return Tensor(shape, {0: list(_between(stream(seed, size), *span))})

    def variable(self, name: str, dims: Dims, attributes: tuple[str, ...] = ()) -> Tensor:
        """The value of a tensor, within its structure."""
        values = self._values
        if name not in values:
            if name == "⋆":
                # of other operands another one
                return self.variable(f"⋆{dims}", dims)
            if name in self.integers:
                whole = 2 + stream(self.seed ^ named(name), 1)[0] % WHOLE_NUMBERS
                values[name] = Tensor((), {0: [self.field.number(whole)]})
            elif attributes:
                values[name] = structured.value(
                    self.field, self.shape(dims), attributes, partial(self.draw, name)
                )
            else:
                values[name] = self.draw(name, tuple(map(self._lengths.__getitem__, dims)))
        found: Tensor = values[name]
        return found

    @contextmanager
    def replaced(self, values: Mapping[str, Tensor]) -> Iterator[None]:
        """With these values for tensors of these names, for a while."""
        kept = dict(self._values)
        self._values.update(values)
        try:
            yield
        finally:
            self._values = kept

    def pi(self) -> Tensor:
        """π; modulo a prime a random number, as π fulfils no rational equation."""
        if self.field.prime:
            return self.variable("π()", ())
        return scalar(math.pi)

    def watch(self, values: Iterable[Tensor]) -> None:
        """Note the magnitude of intermediate values; Retry where one is no number."""
        parts = chain.from_iterable(map(dict.values, map(_PARTS, values)))
        sizes = list(map(abs, chain.from_iterable(parts)))
        largest = max(sizes, default=0.0)
        if not largest < 1e100 or not sum(sizes) <= 1e100 * len(sizes):
            # the sum tells what is no number, which no comparison does
            raise Retry("an overflow")
        if largest > self.field.scale:
            self.field.scale = largest

    def elementwise(self, name: str, primes: int, u: Tensor) -> Tensor:
        """An unspecified function, a random polynomial; with primes its derivative."""
        key = f"{name}()"
        coefficients: list[Any] | None = self._values.get(key)
        if coefficients is None:
            coefficients = self._values[key] = self.draw(key, (DEGREE + 1,)).parts[0]
        p = self.field.prime
        for _ in range(primes):
            coefficients = [i * c for i, c in enumerate(coefficients)][1:] or [0 * coefficients[0]]
            if p:
                coefficients = [c % p for c in coefficients]
        return polynomial(self.field, coefficients, u)

    def _forms(self, name: str, rows: int, columns: int) -> list[tuple[Tensor, Tensor]]:
        key = f"{name}(…)"
        found: list[tuple[Tensor, Tensor]] | None = self._values.get(key)
        if found is None:
            found = []
            # of a scalar function of few numbers as many as these: its Hessian is not singular
            for s in range(columns if rows == 1 and 2 < columns <= FEW_NUMBERS else 2):
                factors = self.draw(f"{key}{s}", (rows,))
                form = self.draw(f"{key}{s}:", (rows, columns))
                if not self.field.prime:
                    form = scale(self.field, columns**-0.5, form)
                found.append((factors, form))
            self._values[key] = found
        return found

    def dependence(
        self, name: str, dims: Dims, inputs: list[Tensor], attributes: tuple[str, ...] = ()
    ) -> Tensor:
        """The value of an unspecified function of tensors: each entry is a sum of c·(1 + l·z)⁵, with
        l·z a random linear form of all entries of all inputs.  One with attributes is a smooth
        function of such values, into the structure."""
        shape = self.shape(dims)
        if not attributes:
            return self._sum_of_powers(name, shape, inputs, [])

        def drawn(part: Shape) -> Tensor:
            return self._sum_of_powers(name if part == shape else f"{name}{part}", part, inputs, [])

        return structured.value(self.field, shape, attributes, drawn, smooth=True)

    def partial(
        self,
        name: str,
        dims: Dims,
        inputs: list[Tensor],
        by: list[int],
        attributes: tuple[str, ...] = (),
    ) -> Tensor:
        """Its derivative by the inputs at these places: c·5·4⋯·(1 + l·z)^(5-r)·l⊗…⊗l.  With
        attributes, what comes of inputs that move along one entry each."""
        if not attributes:
            return self._sum_of_powers(name, self.shape(dims), inputs, by)
        field, columns = self.field, []
        counts = [len(inputs[place].parts[0]) for place in by]
        every = (1 << len(by)) - 1
        for entries in product(*map(range, counts)):
            moved = list(inputs)
            for k, (place, entry) in enumerate(zip(by, entries, strict=True)):
                direction = [field.number(0)] * counts[k]
                direction[entry] = field.number(1)
                parts = {**moved[place].parts, 1 << k: direction}
                moved[place] = Tensor(inputs[place].shape, parts)
            value = self.dependence(name, dims, moved, attributes)
            found = value.parts.get(every) or [field.number(0)] * len(value.parts[0])
            columns.append(Tensor(value.shape, {0: found}))
        return stack_last(field, columns, tuple(n for place in by for n in inputs[place].shape))

    def _sum_of_powers(
        self, name: str, shape: Shape, inputs: list[Tensor], by: list[int]
    ) -> Tensor:
        field = self.field
        rows = prod(shape)
        starts = [0]
        for tensor in inputs:
            starts.append(starts[-1] + len(tensor.parts[0]))
        z = concatenate(field, inputs)
        order = len(by)
        by_shape = tuple(n for place in by for n in inputs[place].shape)
        if order > DEGREE:
            return Tensor(shape + by_shape, {0: [field.number(0)] * (rows * prod(by_shape))})
        falling = prod(range(DEGREE - order + 1, DEGREE + 1))
        terms = []
        for factors, form in self._forms(name, rows, starts[-1]):
            linear = contract(field, form, (0, 1), z, (1,), (0,))
            one = Tensor((rows,), {0: [field.number(1)] * rows})
            base = power(
                field,
                combine(field, [1, 1], [one, linear], (rows,)),
                field.number(DEGREE - order),
            )
            base = scale(field, field.number(falling), multiply(field, factors, base))
            slices = [_columns(form, starts[place], starts[place + 1]) for place in by]
            letters = tuple((0, k + 1) for k in range(order))
            terms.append(einsum(field, [base, *slices], ((0,), *letters), tuple(range(order + 1))))
        total = combine(field, [1] * len(terms), terms, terms[0].shape)
        return total.reshape(shape + by_shape)


def _between(bits: list[int], low: float, high: float) -> Iterator[float]:
    return map(add, repeat(low), map(mul, repeat((high - low) * 2.0**-64), bits))


def _columns(form: Tensor, start: int, stop: int) -> Tensor:
    rows, width = form.shape
    part = form.parts[0]
    kept = [v for i in range(rows) for v in part[i * width + start : i * width + stop]]
    return Tensor((rows, stop - start), {0: kept})


def concatenate(field: Field, tensors: list[Tensor]) -> Tensor:
    """All entries, one tensor after the other, in one vector."""
    masks = sorted({mask for tensor in tensors for mask in tensor.parts})
    zero = field.number(0)
    parts: dict[int, list[Any]] = {}
    for mask in masks:
        values: list[Any] = []
        for tensor in tensors:
            part = tensor.parts.get(mask)
            values += [zero] * len(tensor.parts[0]) if part is None else part
        parts[mask] = values
    return Tensor((len(parts[0]),), parts)
