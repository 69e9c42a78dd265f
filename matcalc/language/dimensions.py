"""Dimensions: polynomials in names with non-negative integer coefficients.

A literal size above 5 is kept as a name of its own (`#784`), so that verification may try the
problem at smaller sizes; it prints, compares and evaluates as its number.
"""

from __future__ import annotations

from collections.abc import Mapping

Monomial = tuple[str, ...]
LARGEST_PLAIN = 5


class Dim:
    """A polynomial, as sorted pairs of a monomial (sorted names) and its coefficient.

    >>> n, m = Dim.named("n"), Dim.named("m")
    >>> str(n * m), str(n + Dim.number(1)), str(Dim.number(4) * n), str(Dim.number(10) * Dim.number(20))
    ('m*n', 'n + 1', '4*n', '200')
    >>> (n * m).evaluate({"n": 2, "m": 3})
    6
    """

    __slots__ = ("_hash", "terms")

    def __init__(self, terms: tuple[tuple[Monomial, int], ...]) -> None:
        self.terms = terms
        self._hash = hash(terms)

    @staticmethod
    def number(value: int) -> Dim:
        """A literal size."""
        if value > LARGEST_PLAIN:
            return Dim((((f"#{value}",), 1),))
        return Dim((((), value),))

    @staticmethod
    def named(name: str) -> Dim:
        """A size that has a name; a name that starts with `?` is an unknown of inference."""
        return Dim((((name,), 1),))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dim) and self.terms == other.terms

    def __hash__(self) -> int:
        return self._hash

    def __add__(self, other: Dim) -> Dim:
        return _collect(self.terms + other.terms)

    def __mul__(self, other: Dim) -> Dim:
        return _collect(
            tuple(
                (tuple(sorted(one + two)), a * b) for one, a in self.terms for two, b in other.terms
            )
        )

    @property
    def name(self) -> str | None:
        """The name, if this is a lone one (not a literal)."""
        if len(self.terms) == 1:
            (monomial, coefficient) = self.terms[0]
            if coefficient == 1 and len(monomial) == 1 and not monomial[0].startswith("#"):
                return monomial[0]
        return None

    @property
    def names(self) -> frozenset[str]:
        """All names in it, literals (`#784`) included."""
        return frozenset(name for monomial, _ in self.terms for name in monomial)

    @property
    def value(self) -> int | None:
        """The number, if there is no name in it but literals.

        >>> Dim.number(784).value, Dim.named("n").value
        (784, None)
        """
        if all(name.startswith("#") for name in self.names):
            return self.evaluate({})
        return None

    def evaluate(self, sizes: Mapping[str, int]) -> int:
        """The size, with these sizes for names; a literal has its own unless one is given."""
        total = 0
        for monomial, coefficient in self.terms:
            for name in monomial:
                size = sizes.get(name)
                if size is None:
                    assert name.startswith("#"), f"no size for {name}"
                    size = int(name[1:])
                coefficient *= size
            total += coefficient
        return total

    @property
    def folded(self) -> Dim:
        """With literals as plain numbers, so that 10·20 is 200.

        >>> (Dim.number(10) * Dim.number(20)).folded == Dim.number(200).folded
        True
        """
        literals = {name: Dim((((), int(name[1:])),)) for name in self.names if name[0] == "#"}
        return self.substitute(literals)

    def substitute(self, known: Mapping[str, Dim]) -> Dim:
        """With names replaced."""
        if not any(name in known for name in self.names):
            return self
        total = Dim(())
        for monomial, coefficient in self.terms:
            product = Dim((((), coefficient),))
            for name in monomial:
                product = product * known.get(name, Dim.named(name))
            total = total + product
        return total

    def __str__(self) -> str:
        value = self.value
        if value is not None:
            return str(value)
        return " + ".join(_monomial_text(m, c) for m, c in self.terms)

    def __repr__(self) -> str:
        return f"Dim({self})"


def _monomial_text(monomial: Monomial, coefficient: int) -> str:
    names = [name.removeprefix("#") for name in monomial]
    if coefficient != 1 or not names:
        names.insert(0, str(coefficient))
    return "*".join(names)


def _collect(terms: tuple[tuple[Monomial, int], ...]) -> Dim:
    total: dict[Monomial, int] = {}
    for monomial, coefficient in terms:
        total[monomial] = total.get(monomial, 0) + coefficient
    kept = [(m, c) for m, c in total.items() if c != 0]
    # names first, the constant last, as people write n + 1
    kept.sort(key=lambda term: (-len(term[0]), term[0]))
    return Dim(tuple(kept))


ONE = Dim.number(1)


def shape_text(dims: tuple[Dim, ...]) -> str:
    """`m×n`, `n`, or `scalar`.

    >>> shape_text((Dim.named("m"), Dim.named("n")))
    'm×n'
    """
    if not dims:
        return "scalar"
    return "×".join(f"({d})" if " " in str(d) else str(d) for d in dims)
