"""What emitted code costs: floating-point operations as a polynomial, and the largest array it makes.

A product of matrices m×n and n×p counts 2·m·n·p, what is done entry by entry one for each entry,
whatever the function.  For functions of whole matrices the leading terms of the textbook (Golub and
Van Loan, Matrix Computations, 2013): LU 2/3·n³, inverse 2·n³, singular values with their vectors
21·n³, eigenvalues of a symmetric matrix with theirs 9·n³.  expm counts 25·n³: six products, a
solution, and five squarings; a power whose exponent is not known 11·n³, by eigenvalues.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING

from matcalc.language.dimensions import ONE, TRIANGLE, Dim, triangle_side
from matcalc.rational import quotient
from matcalc.tensor.nodes import Apply, Dims, Node, Number, postorder

if TYPE_CHECKING:
    from matcalc.rational import Rational

LARGE = 100
"""The nodes of an answer whose cost is told without being asked for."""

Monomial = tuple[str, ...]
Polynomial = dict[Monomial, "Rational"]
Operations = tuple["Rational", Dims]
"""So many for each entry of an array of these dimensions."""


class Cost:
    """The cost of a function's body.

    `flops` is a polynomial in the names of dimensions, `largest` the shapes of the largest arrays
    that are made: several, where it depends on the sizes which one that is.
    """

    __slots__ = ("flops", "largest")

    def __init__(self, spent: Iterable[tuple[Rational, Dims, Dims]]) -> None:
        self.flops: Polynomial = {}
        shapes: dict[Dims, Polynomial] = {}
        for count, each, dims in spent:
            if count:
                for monomial, coefficient in entries(each).items():
                    self.flops[monomial] = self.flops.get(monomial, 0) + count * coefficient
            if dims not in shapes:
                shapes[dims] = entries(dims)
        self.largest = _undominated(shapes)

    def to_dict(self, at: Mapping[str, int] | None = None) -> dict[str, object]:
        """As JSON has it; with sizes for all names, the numbers at these too.

        >>> m, n = Dim.named("m"), Dim.named("n")
        >>> cost = Cost([(2, (m, n), (m,)), (1, (m,), (m,))])
        >>> cost.to_dict({"m": 10, "n": 20}) == {"flops": "2*m*n + m", "largest": "m",
        ...     "at": {"m": 10, "n": 20}, "flops_at": 410, "largest_at": 10}
        True
        """
        sizes = [entries(dims) for dims in self.largest] or [{(): 1}]
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
    total: Polynomial = {}
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
    total: Polynomial = {}
    for a, c in one.items():
        for b, d in two.items():
            powers = tuple(sorted(a + b)) if a and b else a or b
            total[powers] = total.get(powers, 0) + c * d
    return total


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
    return " + ".join(_term_text(monomial, c) for monomial, c in ordered) or "0"


def _term_text(monomial: Monomial, coefficient: Rational) -> str:
    factors = [] if coefficient == 1 and monomial else [str(coefficient)]
    for name in dict.fromkeys(monomial):
        power = monomial.count(name)
        factors.append(name if power == 1 else f"{name}^{power}")
    return "*".join(factors)


def _undominated(shapes: Mapping[Dims, Polynomial]) -> tuple[Dims, ...]:
    """The shapes that none of the others has at least as many entries as, whatever the sizes."""
    kept: dict[Dims, Polynomial] = {}
    for dims, size in shapes.items():
        if any(_bounded(size, other) for other in kept.values()):
            continue
        kept = {other: known for other, known in kept.items() if not _bounded(known, size)}
        kept[dims] = size
    return tuple(kept)


def _bounded(size: Polynomial, by: Polynomial) -> bool:
    """Whether each term has another one above it: sizes are 1 and more."""
    left = dict(by)
    for monomial, coefficient in size.items():
        above = next((m for m, c in left.items() if c >= coefficient and _divides(monomial, m)), None)  # fmt: skip
        if above is None:
            return False
        del left[above]
    return True


def _divides(one: Monomial, two: Monomial) -> bool:
    return one == two or all(one.count(name) <= two.count(name) for name in set(one))


def apply_flops(node: Apply) -> tuple[Operations, ...]:
    """What a function of a whole tensor takes."""
    dims = node.operands[0].dims
    if node.function == "solve":
        return _cubic(2, 3)(dims), (2, (*dims, *node.dims[1:]))
    rule = APPLIES.get(node.function)
    if rule is None:
        return (_each(4)(dims),)
    if node.function.startswith("matpower") and isinstance(exponent := node.operands[1], Number):
        whole = abs(exponent.value.numerator)
        if exponent.value.denominator == 1:
            products = whole.bit_length() + whole.bit_count() - 2 if whole else 0
            inverse = 2 if exponent.value.numerator < 0 else 0
            power = _cubic(2 * products + inverse, 1)(dims)
            if node.function == "matpower":
                return (power,)
            return power, (2 * whole, dims * 2)
    return (rule(dims),)


def apply_room(node: Apply) -> Dims:
    """The shape of the largest array that a function of a whole tensor makes."""
    n = node.operands[0].dims[:1]
    match node.function:
        case "expm_derivative":
            return (*n * 2, *(Dim.number(2) * dim for dim in n * 2))
        case "expm_second":
            return (*n * 4, *(Dim.number(3) * dim for dim in n * 2))
        case _:
            return node.dims


def _cubic(numerator: int, denominator: int) -> Callable[[Dims], Operations]:
    return lambda dims: (quotient(numerator, denominator), (*dims, dims[-1]))


def _each(count: int) -> Callable[[Dims], Operations]:
    return lambda dims: (count, dims)


APPLIES: dict[str, Callable[[Dims], Operations]] = {
    "det": _cubic(2, 3),
    "logdet": _cubic(2, 3),
    "inv": _cubic(2, 1),
    "adj": _cubic(21, 1),
    "pinv": _cubic(21, 1),
    "nuclear": _cubic(8, 3),
    "polar": _cubic(23, 1),
    "expm": _cubic(25, 1),
    "expm_derivative": lambda dims: (25 * 8, (*dims * 2, dims[0])),
    "expm_second": lambda dims: (25 * 27, (*dims * 3, dims[0])),
    "sqrtm": _cubic(11, 1),
    "sqrtm_derivative": lambda dims: (2, dims * 3),
    "matpower": _cubic(11, 1),
    "matpower_derivative": lambda dims: (1, dims * 3),
    "max": _each(1),
    "argmax": _each(1),
    "softmax": _each(5),
    "logsumexp": _each(4),
}
"""What each takes, of the dimensions of its operand."""


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
    if at is None and sum(1 for _ in islice(postorder(root), LARGE + 1)) > LARGE:
        return None
    from matcalc.emit.backend import backend
    from matcalc.emit.names import Names
    from matcalc.emit.stable import stabilised
    from matcalc.emit.statements import Writer

    writer = Writer(backend("numpy"), Names(), functions, at)
    writer.values(*stabilised([root]))
    return Cost([*writer.spent, (0, (), root.dims)])
