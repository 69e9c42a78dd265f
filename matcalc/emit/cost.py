"""What emitted code costs: floating-point operations as a polynomial, and the largest array it makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from matcalc.emit.schedule import scheduled
from matcalc.emit.stable import stabilised
from matcalc.emit.steps import steps_of
from matcalc.language.dimensions import ONE, TRIANGLE, Dim, triangle_side
from matcalc.rational import quotient
from matcalc.tensor.nodes import Dims, Node, postorder

if TYPE_CHECKING:
    from matcalc.rational import Rational

LARGE = 100
"""The nodes of an answer whose cost is told without being asked for."""

Monomial = tuple[str, ...]
Polynomial = Mapping[Monomial, "Rational"]


class Cost:
    """The cost of a function's body.

    `flops` is a polynomial in the names of dimensions, `largest` the sizes of the largest arrays
    that are made: several, where it depends on the dimensions which one that is.
    """

    __slots__ = ("flops", "largest")

    def __init__(self, spent: Iterable[tuple[Rational, Dims, Dims]]) -> None:
        flops: dict[Monomial, Rational] = {}
        sizes: list[Polynomial] = []
        for count, each, dims in spent:
            size = entries(dims)
            if count:
                for monomial, coefficient in (size if each is dims else entries(each)).items():
                    flops[monomial] = flops.get(monomial, 0) + count * coefficient
            if size not in sizes:
                sizes.append(size)
        self.flops: Polynomial = flops
        self.largest = _undominated(sizes)

    def to_dict(self, at: Mapping[str, int] | None = None) -> dict[str, object]:
        """As JSON has it; with sizes for all names, the numbers at these too.

        >>> m, n = Dim.named("m"), Dim.named("n")
        >>> cost = Cost([(2, (m, n), (m,)), (1, (m,), (m,))])
        >>> cost.to_dict({"m": 10, "n": 20}) == {"flops": "2*m*n + m", "largest": "m",
        ...     "at": {"m": 10, "n": 20}, "flops_at": 410, "largest_at": 10}
        True
        """
        sizes = self.largest or [entries(())]
        texts = [polynomial_text(size) for size in sizes]
        record: dict[str, object] = {
            "flops": polynomial_text(self.flops),
            "largest": texts[0] if len(texts) == 1 else f"max({', '.join(texts)})",
        }
        if at is not None:
            record["at"] = dict(at)
            record["flops_at"] = evaluated(self.flops, at)
            record["largest_at"] = max(evaluated(size, at) for size in sizes)
        return record


def expanded(dim: Dim) -> Polynomial:
    """A dimension with its literals and triangles multiplied out.

    >>> expanded(Dim.number(784) * Dim.named("n")), expanded(Dim.triangle(Dim.named("n")))
    ({('n',): 784}, {('n', 'n'): Fraction(1, 2), ('n',): Fraction(1, 2)})
    """
    total: dict[Monomial, Rational] = {}
    for monomial, coefficient in dim.terms:
        term: Polynomial = {(): coefficient}
        for name in monomial:
            if name[0] == "#":
                factor: Polynomial = {(): int(name[1:])}
            elif name[0] == TRIANGLE:
                side = triangle_side(name)
                twice = expanded(side * (side + ONE))
                factor = {powers: quotient(c, 2) for powers, c in twice.items()}
            else:
                factor = {(name,): 1}
            term = _times(term, factor)
        for powers, c in term.items():
            total[powers] = total.get(powers, 0) + c
    return total


def _times(one: Polynomial, two: Polynomial) -> Polynomial:
    total: dict[Monomial, Rational] = {}
    for a, c in one.items():
        for b, d in two.items():
            powers = tuple(sorted(a + b)) if a and b else a or b
            total[powers] = total.get(powers, 0) + c * d
    return total


@lru_cache(maxsize=1024)
def entries(dims: Dims) -> Polynomial:
    """How many entries an array of these dimensions has.

    >>> entries((Dim.named("n"), Dim.named("m"), Dim.number(3)))
    {('m', 'n'): 3}
    """
    names: list[str] = []
    others: list[Dim] = []
    for dim in dims:
        name = dim.name
        if name is None:
            others.append(dim)
        else:
            names.append(name)
    names.sort()
    total: Polynomial = {tuple(names): 1}
    for dim in others:
        total = _times(total, expanded(dim))
    return total


def evaluated(polynomial: Polynomial, at: Mapping[str, int]) -> int:
    """Its value at these sizes, to the nearest whole number.

    >>> evaluated({("n", "n"): 2, (): 1}, {"n": 10})
    201
    """
    total: Rational = 0
    for monomial, coefficient in polynomial.items():
        for name in monomial:
            coefficient *= at[name]
        total += coefficient
    return round(total)


def polynomial_text(polynomial: Polynomial) -> str:
    """The terms of the highest degree first.

    >>> polynomial_text({("m",): 1, ("m", "n", "n"): 2, (): 3}), polynomial_text({})
    ('2*m*n^2 + m + 3', '0')
    """
    ordered = sorted(polynomial.items(), key=lambda term: (-len(term[0]), term[0]))
    return " + ".join([_term_text(monomial, c) for monomial, c in ordered]) or "0"


def _term_text(monomial: Monomial, coefficient: Rational) -> str:
    factors: Iterable[str] = monomial
    if len({*monomial}) < len(monomial):
        powers = {name: monomial.count(name) for name in monomial}
        factors = [name if power == 1 else f"{name}^{power}" for name, power in powers.items()]
    if coefficient != 1 or not monomial:
        factors = (str(coefficient), *factors)
    return "*".join(factors)


def _undominated(sizes: Iterable[Polynomial]) -> list[Polynomial]:
    """Those that none of the others is at least as large as, whatever the dimensions."""
    kept: list[Polynomial] = []
    for size in sizes:
        for known in kept:
            if _bounded(size, known):
                break
        else:
            kept = [known for known in kept if not _bounded(known, size)]
            kept.append(size)
    return kept


def _bounded(size: Polynomial, by: Polynomial) -> bool:
    """Whether each term has another one above it: sizes are 1 and more."""
    left = dict(by)
    for monomial, coefficient in size.items():
        for above, most in left.items():
            if coefficient <= most and _divides(monomial, above):
                del left[above]
                break
        else:
            return False
    return True


def _divides(one: Monomial, two: Monomial) -> bool:
    if len(one) > len(two):
        return False
    return one == two or all(one.count(name) <= two.count(name) for name in one)


def cost_of(
    root: Node, functions: tuple[str, ...] | None, at: Mapping[str, int] | None = None
) -> Cost | None:
    """The cost of the NumPy code for a node.

    MatcalcError("unsupported") or ("limit") where there is no code.
    To plan the code of a large answer may take longer than the answer did: without sizes, of more than
    LARGE nodes, the cost is None.

    >>> from matcalc.tensor.nodes import Graph
    >>> graph, n = Graph(), Dim.named("n")
    >>> x = graph.variable("x", (n,))
    >>> cost_of(graph.add((2,), (x,), (n,)), ()).to_dict()
    {'flops': 'n', 'largest': 'n'}
    """
    order = postorder(root)
    if at is None and len(order) > LARGE:
        return None
    (stable,) = stabilised([root], order)
    schedule = scheduled([stable], at, order=order if stable is root else None)
    return Cost([*steps_of(schedule.roots, schedule.order, functions), (0, (), root.dims)])
