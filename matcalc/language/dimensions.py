"""Dimensions: polynomials in names with non-negative integer coefficients.

A literal size above 5 is kept as a name of its own (`#784`), so that verification may try the
problem at smaller sizes; it prints, compares and evaluates as its number.  The size of a triangle,
n(n+1)/2, is a name of its own too (`△...`), which evaluates by the names in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from threading import Lock
from weakref import WeakValueDictionary

Monomial = tuple[str, ...]
LARGEST_PLAIN = 5
TRIANGLE = "△"
SPECIAL = f"#{TRIANGLE}"
"""What the names of literals and of triangles start with."""


class Dim:
    """A polynomial, as sorted pairs of a monomial (sorted names) and its coefficient.

    There is one object for each polynomial, so that equal ones are identical.

    >>> n, m = Dim.named("n"), Dim.named("m")
    >>> str(n * m), str(n + Dim.number(1)), str(Dim.number(4) * n), str(Dim.number(10) * Dim.number(20))
    ('m*n', 'n + 1', '4*n', '200')
    >>> n * m is m * n, (n * m).evaluate({"n": 2, "m": 3})
    (True, 6)
    """

    __slots__ = ("__weakref__", "_lone", "name", "names", "sides", "terms", "unknowns", "value")

    terms: tuple[tuple[Monomial, int], ...]
    name: str | None
    """The name, if this is a lone one (not a literal)."""
    names: frozenset[str]
    """All names in it, literals (`#784`) included; of a triangle those in it."""
    sides: tuple[Dim, ...]
    """The n of each n(n+1)/2 in it."""
    value: int | None
    """The number, if there is no name in it but literals."""
    unknowns: tuple[str, ...]
    """The unknowns of inference in it, in order."""
    _lone: str
    """The name or literal that it is, empty for others."""

    def __new__(cls, terms: tuple[tuple[Monomial, int], ...]) -> Dim:
        dim = _dims.get(terms)
        if dim is None:
            with _making:
                dim = _dims.get(terms)
                if dim is None:
                    dim = _dims[terms] = _made(terms)
        return dim

    def __reduce__(self) -> tuple[Callable[..., Dim], tuple[object, ...]]:
        # the names of triangles stand for something in this process alone
        return _unpickled, (self.terms, self.sides)

    @staticmethod
    @lru_cache(1024)
    def number(value: int) -> Dim:
        """A literal size.

        >>> Dim.number(784).value, Dim.named("n").value
        (784, None)
        """
        if value > LARGEST_PLAIN:
            return Dim((((f"#{value}",), 1),))
        return Dim((((), value),))

    @staticmethod
    @lru_cache(1024)
    def named(name: str) -> Dim:
        """A size that has a name; a name that starts with `?` is an unknown of inference."""
        return Dim((((name,), 1),))

    @staticmethod
    def triangle(size: Dim) -> Dim:
        """size·(size + 1)/2, the number of entries of a triangle with its diagonal.

        >>> str(Dim.triangle(Dim.number(3))), str(Dim.triangle(Dim.named("n")))
        ('6', 'n*(n + 1)//2')
        >>> Dim.triangle(Dim.number(784)).evaluate({"#784": 3})
        6
        """
        if not size.names:
            value = size.evaluate({})
            return Dim((((), value * (value + 1) // 2),))  # it does not vary, as the size does not
        name = f"{TRIANGLE}{size.terms!r}"
        _triangles[name] = size
        return Dim((((name,), 1),))

    def __add__(self, other: Dim) -> Dim:
        return _collect(self.terms + other.terms)

    def __mul__(self, other: Dim) -> Dim:
        return _collect(
            tuple(
                (tuple(sorted(one + two)), a * b) for one, a in self.terms for two, b in other.terms
            )
        )

    def evaluate(self, sizes: Mapping[str, int]) -> int:
        """The size, with these sizes for names; a literal has its own unless one is given."""
        size = sizes.get(self._lone)
        if size is not None:
            return size
        total = 0
        for monomial, coefficient in self.terms:
            for name in monomial:
                size = sizes.get(name)
                if name[0] == TRIANGLE:
                    side = _triangles[name].evaluate(sizes)
                    size = side * (side + 1) // 2
                elif size is None:
                    assert name.startswith("#"), f"no size for {name}"
                    size = int(name[1:])
                coefficient *= size
            total += coefficient
        return total

    @property
    def literals(self) -> frozenset[str]:
        """The literals in it, by their names.

        >>> sorted((Dim.number(784) * Dim.named("n")).literals)
        ['#784']
        """
        return frozenset([name for name in self.names if name[0] == "#"])

    @property
    def folded(self) -> Dim:
        """With literals as plain numbers, so that 10·20 is 200.

        >>> (Dim.number(10) * Dim.number(20)).folded == Dim.number(200).folded
        True
        """
        return self.plain(self.literals)

    def plain(self, literals: Iterable[str]) -> Dim:
        """With these literals, by their names, as plain numbers."""
        return self.substitute({name: Dim((((), int(name[1:])),)) for name in literals})

    def substitute(self, known: Mapping[str, Dim]) -> Dim:
        """With names replaced."""
        if known.keys().isdisjoint(self.names):
            return self
        total = Dim(())
        for monomial, coefficient in self.terms:
            product = Dim((((), coefficient),))
            for name in monomial:
                if name[0] == TRIANGLE:
                    product = product * Dim.triangle(_triangles[name].substitute(known))
                else:
                    product = product * known.get(name, Dim.named(name))
            total = total + product
        return total

    def __str__(self) -> str:
        if self.name is not None:
            return self.name
        if self.value is not None:
            return str(self.value)
        if len(self.terms) == 1 and self.sides and self.terms == (((self.terms[0][0][0],), 1),):
            return factor_text(self.terms[0][0][0], lambda word: word)[1:-1]
        return " + ".join(_monomial_text(m, c) for m, c in self.terms)

    def __repr__(self) -> str:
        return f"Dim({self})"


def _unpickled(terms: tuple[tuple[Monomial, int], ...], sides: tuple[Dim, ...]) -> Dim:
    triangles = [Dim.triangle(side) for side in sides]  # held until the dimension holds their sides
    dim = Dim(terms)
    assert len(dim.sides) == len(triangles)
    return dim


def _made(terms: tuple[tuple[Monomial, int], ...]) -> Dim:
    """A new dimension, with what is often asked about it."""
    dim = object.__new__(Dim)
    if len(terms) == 1 and terms[0][1] == 1 and len(monomial := terms[0][0]) == 1:
        (name,) = monomial
        if name[0] not in SPECIAL:  # a name alone, which most are
            dim.terms = terms
            dim.sides = ()
            dim.names = frozenset(monomial)
            dim.name = dim._lone = name
            dim.unknowns = monomial if name[0] == "?" else ()
            dim.value = None
            return dim
    words = [word for monomial, _ in terms for word in monomial]
    sides = tuple([_triangles[word] for word in words if word[0] == TRIANGLE])
    plain = [word for word in words if word[0] != TRIANGLE]
    dim.terms = terms
    dim.sides = sides
    dim.names = frozenset(plain).union(*[side.names for side in sides])
    lone = plain[0] if len(words) == len(plain) == 1 and terms == (((words[0],), 1),) else ""
    dim._lone = lone
    dim.name = lone if lone and lone[0] != "#" else None
    inner = [word for side in sides for word in side.unknowns]
    dim.unknowns = (*inner, *[word for word in plain if word[0] == "?"])
    closed = all(word[0] == "#" for word in plain) and all(s.value is not None for s in sides)
    dim.value = dim.evaluate({}) if closed else None
    return dim


def _monomial_text(monomial: Monomial, coefficient: int) -> str:
    names = [factor_text(name, lambda word: word) for name in monomial]
    if coefficient != 1 or not names:
        names.insert(0, str(coefficient))
    return "*".join(names)


def factor_text(name: str, spell: Callable[[str], str]) -> str:
    """A name of a monomial as text, also of Python: a literal, a name as `spell` writes it, a triangle.

    >>> factor_text("#784", str), factor_text("n", str.upper)
    ('784', 'N')
    """
    if name[0] == "#":
        return name[1:]
    if name[0] != TRIANGLE:
        return spell(name)
    side, more = (
        " + ".join(
            "*".join(
                ([] if coefficient == 1 and monomial else [str(coefficient)])
                + [factor_text(one, spell) for one in monomial]
            )
            for monomial, coefficient in dim.terms
        )
        for dim in (_triangles[name], _triangles[name] + Dim.number(1))
    )
    return f"({f'({side})' if ' ' in side else side}*({more})//2)"


def triangle_side(name: str) -> Dim:
    """The n of a name that stands for n(n + 1)/2.

    >>> str(triangle_side(*Dim.triangle(Dim.named("k")).terms[0][0]))
    'k'
    """
    return _triangles[name]


def _collect(terms: tuple[tuple[Monomial, int], ...]) -> Dim:
    total: dict[Monomial, int] = {}
    for monomial, coefficient in terms:
        total[monomial] = total.get(monomial, 0) + coefficient
    kept = [(m, c) for m, c in total.items() if c != 0]
    # names first, the constant last, as people write n + 1
    kept.sort(key=lambda term: (-len(term[0]), term[0]))
    return Dim(tuple(kept))


_triangles: WeakValueDictionary[str, Dim] = WeakValueDictionary()
"""The side of each triangle by its name: a table of what the names stand for.  The triangles hold them."""

_dims: WeakValueDictionary[tuple[tuple[Monomial, int], ...], Dim] = WeakValueDictionary()
"""The dimensions that there are, by their terms; one that nobody has is not kept."""
_making = Lock()
"""Two threads would otherwise make two of one."""

ONE = Dim.number(1)


def shape_text(dims: tuple[Dim, ...]) -> str:
    """`m×n`, `n`, or `scalar`.

    >>> shape_text((Dim.named("m"), Dim.named("n")))
    'm×n'
    """
    if not dims:
        return "scalar"
    return "×".join([f"({text})" if " " in text else text for text in map(str, dims)])
