"""Pieces of emitted Python: expressions as text, that know what binds how tightly in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.errors import MatcalcError

if TYPE_CHECKING:
    from matcalc.rational import Rational

# `@` binds as tightly as `*` in Python; it is kept apart so that a mixture gets its parentheses
SUM, PRODUCT, MATMUL, UNARY, POWER, ATOM = range(1, 7)


class Piece:
    """An expression of the emitted code.

    `thin`: its value only broadcasts to the shape that it stands for.  `reciprocal`: what it is 1
    divided by.  `transposed`: its transpose, where that is shorter.  `number`: its exact value.
    `placed`: the pattern of the places, and the values there, where all else is 0.
    """

    __slots__ = ("level", "number", "placed", "reciprocal", "text", "thin", "transposed")

    def __init__(
        self,
        text: str,
        level: int = ATOM,
        *,
        thin: bool = False,
        number: Rational | None = None,
        reciprocal: Piece | None = None,
        transposed: Piece | None = None,
        placed: tuple[str, Piece] | None = None,
    ) -> None:
        self.text = text
        self.level = level
        self.thin = thin
        self.number = number
        self.reciprocal = reciprocal
        self.transposed = transposed
        self.placed = placed

    def within(self, level: int) -> str:
        """The text, in parentheses if it binds less tightly than the level."""
        return self.text if self.level >= level else f"({self.text})"

    def __len__(self) -> int:
        return len(self.text)

    def __repr__(self) -> str:
        return f"Piece({self.text!r})"

    @property
    def simple(self) -> bool:
        """Whether it may be written again wherever it is used: a name, a number, `A.T`.

        >>> Piece("A.T").simple, Piece("f(x)").simple
        (True, False)
        """
        return self.number is not None or is_simple(self.text)


def is_simple(text: str) -> bool:
    """A name, an attribute of one, or a number; what a formatter writes `**` around without spaces.

    >>> is_simple("A.T"), is_simple("0.5"), is_simple("x + 1")
    (True, True, False)
    """
    return all(part.isidentifier() or part.isdigit() for part in text.split("."))


def number(value: Rational, *, thin: bool = False) -> Piece:
    """An exact number as a literal, or a quotient of two.

    >>> from fractions import Fraction
    >>> number(Fraction(1, 2)).text, number(Fraction(-1, 3)).text, number(10**30).text
    ('0.5', '-1 / 3', '1e30')
    """
    top, bottom = value.numerator, value.denominator
    if max(abs(top), bottom) > 2**53:
        return Piece(_nearest(value), UNARY if value < 0 else ATOM, thin=thin, number=value)
    if bottom == 1:
        return Piece(str(top), UNARY if value < 0 else ATOM, thin=thin, number=value)
    decimal = repr(top / bottom)
    if len(decimal) <= 6 and _is_exact(decimal, value):
        return Piece(decimal, UNARY if value < 0 else ATOM, thin=thin, number=value)
    return Piece(f"{top} / {bottom}", PRODUCT, thin=thin, number=value)


def _nearest(value: Rational) -> str:
    try:
        return repr(value.numerator / value.denominator).replace("e+", "e")
    except OverflowError:
        raise MatcalcError("limit", "a number of the answer is too large for a float") from None


def _is_exact(decimal: str, value: Rational) -> bool:
    from fractions import Fraction

    return Fraction(decimal) == value


def call(template: str, *pieces: Piece, thin: bool = False, **words: str) -> Piece:
    """A template of a backend, filled in: an atom."""
    text = template.format(*(piece.text for piece in pieces), **words)
    return Piece(text, thin=thin)


def one_over(piece: Piece, *, thin: bool = False) -> Piece:
    """1 / x, which a product writes as a division."""
    return Piece(f"1 / {piece.within(POWER)}", PRODUCT, thin=thin, reciprocal=piece)


def transpose(piece: Piece) -> Piece:
    """The transpose of a matrix.

    >>> transpose(Piece("A @ B", MATMUL)).text, transpose(transpose(Piece("A"))).text
    ('(A @ B).T', 'A')
    """
    if piece.transposed is not None:
        return piece.transposed
    inner = None if piece.reciprocal is None else transpose(piece.reciprocal)
    if inner is not None:
        return one_over(inner)
    return Piece(piece.within(ATOM) + ".T", ATOM, transposed=piece)


def subscript(piece: Piece, key: str) -> Piece:
    """x[key]; of a reciprocal, of what it divides by."""
    if piece.reciprocal is not None:
        return one_over(subscript(piece.reciprocal, key), thin=piece.thin)
    return Piece(f"{piece.within(ATOM)}[{key}]", thin=piece.thin)


def matmul(left: Piece, right: Piece) -> Piece:
    """left @ right."""
    one = left.text if left.level == MATMUL else left.within(POWER)
    return Piece(f"{one} @ {right.within(POWER)}", MATMUL)


def product(left: Piece, right: Piece, *, thin: bool = False) -> Piece:
    """left * right, entry by entry; a reciprocal becomes a division.

    >>> product(Piece("x"), one_over(Piece("y + z", SUM))).text
    'x / (y + z)'
    """
    if left.number == 1:
        return with_thin(right, thin=thin)
    if right.number == 1:
        return with_thin(left, thin=thin)
    if left.reciprocal is not None and right.reciprocal is not None:
        below = product(left.reciprocal, right.reciprocal)
        return one_over(below, thin=thin)
    if left.reciprocal is not None:
        left, right = right, left
    if right.reciprocal is not None:
        return Piece(f"{_factor(left)} / {right.reciprocal.within(POWER)}", PRODUCT, thin=thin)
    return Piece(f"{_factor(left)} * {right.within(POWER)}", PRODUCT, thin=thin)


def _factor(piece: Piece) -> str:
    """What stands left of `*` or `/`."""
    return piece.text if piece.level == PRODUCT else piece.within(UNARY)


def with_thin(piece: Piece, *, thin: bool) -> Piece:
    """The same piece, thin or not."""
    if piece.thin == thin:
        return piece
    return Piece(piece.text, piece.level, thin=thin, number=piece.number, reciprocal=piece.reciprocal)  # fmt: skip


def scaled(coefficient: Rational, piece: Piece) -> Piece:
    """A rational times a piece.

    >>> scaled(2, Piece("A @ x", MATMUL)).text, scaled(-1, Piece("x")).text
    ('2 * (A @ x)', '-x')
    """
    if piece.number is not None:
        return number(coefficient * piece.number, thin=piece.thin)
    if coefficient == 1:
        return piece
    if coefficient == -1:
        # the power binds more tightly, and formatters say so: -(x**2)
        if piece.level == PRODUCT and not _begins_with_power(piece.text):
            return Piece(f"-{piece.text}", PRODUCT, thin=piece.thin)
        return Piece(f"-{piece.within(ATOM)}", UNARY, thin=piece.thin)
    factor = number(coefficient)
    if piece.reciprocal is not None:
        return product(factor, piece, thin=piece.thin)
    if factor.level == PRODUCT and abs(coefficient.numerator) == 1:
        whole = scaled(coefficient.numerator, piece)
        return Piece(f"{_factor(whole)} / {coefficient.denominator}", PRODUCT, thin=piece.thin)
    if factor.level == PRODUCT:
        factor = Piece(f"({factor.text})")
    inner = piece.text if piece.level == PRODUCT else piece.within(POWER)
    return Piece(f"{factor.text} * {inner}", PRODUCT, thin=piece.thin)


def _begins_with_power(text: str) -> bool:
    """Whether the first factor of a product is a power.

    >>> _begins_with_power("x**2 * y"), _begins_with_power("f(x**2) * y")
    (True, False)
    """
    depth = 0
    for place, char in enumerate(text):
        depth += (char in "([") - (char in ")]")
        if depth == 0 and char in "*/@":
            return text.startswith("**", place)
    return False


def plus(left: Piece | None, right: Piece, *, negative: bool) -> Piece:
    """left + right, or left - right; without a left operand the right one alone.

    `right` is negated (not written negative) where `negative` is true.
    """
    if left is None:
        return scaled(-1, right) if negative else right
    sign = "-" if negative else "+"
    thin = left.thin and right.thin
    return Piece(f"{left.text} {sign} {right.within(PRODUCT)}", SUM, thin=thin)


def power(base: Piece, exponent: Piece) -> Piece:
    """base ** exponent, entry by entry.

    >>> power(Piece("x"), number(2)).text, power(Piece("x + y", SUM), Piece("k")).text
    ('x**2', '(x + y) ** k')
    """
    under, over = base.within(ATOM), exponent.within(ATOM)
    hugged = is_simple(under) and is_simple(over)
    return Piece(f"{under}**{over}" if hugged else f"{under} ** {over}", POWER)
