"""Index forms in the notation that the language reads: sum[j](A[i,j]*B[j,k]), eye(n)[i,p] for δ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from matcalc.errors import MatcalcError
from matcalc.forms.expression import Expr, postorder
from matcalc.functions import FUNCTIONS, MATRIX, split_primes
from matcalc.language.dimensions import Dim
from matcalc.printers.precedence import POSTFIX, PRODUCT, SUM, UNARY, level
from matcalc.printers.text import derivative_text, primed, to_text

_INDEXED = frozenset(("index", "delta", "partial", "sum", "product", "fuse", "integral", "series"))


class Piece:
    """A part as text: its level, its free letters, and those that it has more than once.

    A letter that stands twice in a product is summed unless a bracket or sum around it says otherwise.
    """

    __slots__ = ("free", "level", "repeated", "text")

    def __init__(
        self, text: str, level: int, free: Sequence[str] = (), repeated: Iterable[str] = ()
    ) -> None:
        self.text = text
        self.level = level
        self.free = tuple(dict.fromkeys(free))
        self.repeated = frozenset(repeated)

    def at_least(self, wanted: int) -> str:
        """The text, in parentheses if it binds more loosely."""
        return self.text if self.level >= wanted else f"({self.text})"


def to_notation(expr: Expr, axes: Sequence[object], sizes: Mapping[str, Dim]) -> str:
    """An index form whose axes have these letters, as text that parses to the same tensor.

    `sizes` are the dimensions of the letters.  MatcalcError("unsupported") for what the language has
    no notation of: fused axes, integrals.

    >>> from matcalc.forms.expression import name
    >>> one, two = (Expr("index", (name(word),), letters) for word, letters in (("A", "ij"), ("B", "kj")))
    >>> form = Expr("sum", (Expr("product", (one, two)),), ("j",))
    >>> to_notation(form, ("i", "k"), {})
    '(sum[j](A[i,j]*B[k,j]))[i,k]'
    """
    letters = _plain(axes)
    made: dict[int, Piece | None] = {}
    for part in postorder(expr):
        made[id(part)] = _piece(part, [made[id(child)] for child in part.children], sizes)
    piece = made[id(expr)] or _whole(expr)
    missing = [letter for letter in letters if letter not in piece.free]
    if missing:
        ones = [f"ones({sizes[letter]})[{letter}]" for letter in missing]
        factors = ones if piece.text == "1" else [piece.at_least(PRODUCT), *ones]
        piece = Piece("*".join(factors), PRODUCT, letters, piece.repeated)
    if not letters:
        return piece.text
    if expr.kind == "index" and expr.children[0].kind == "name" and letters == piece.free:
        return piece.text if not piece.repeated else f"({piece.text})[{','.join(letters)}]"
    return f"({piece.text})[{','.join(letters)}]"


def _plain(letters: object) -> tuple[str, ...]:
    found = cast("tuple[object, ...]", letters)
    if not all(isinstance(letter, str) for letter in found):
        raise MatcalcError(
            "unsupported",
            "the index notation has no letter for an axis of vec or of a Kronecker product",
        )
    return cast("tuple[str, ...]", tuple(found))


def _whole(expr: Expr) -> Piece:
    """An expression without indices."""
    return Piece(to_text(expr), level(expr))


def _repeated(letters: Sequence[str]) -> set[str]:
    return {letter for letter in letters if letters.count(letter) > 1}


def _named(text: str, letters: tuple[str, ...]) -> Piece:
    if not letters:
        return Piece(text, POSTFIX)
    return Piece(f"{text}[{','.join(letters)}]", POSTFIX, letters, _repeated(letters))


def _piece(expr: Expr, below: list[Piece | None], sizes: Mapping[str, Dim]) -> Piece | None:
    """The text of a part; None for one without indices, which is written as a whole where it is used."""
    if expr.kind not in _INDEXED and all(piece is None for piece in below):
        return None
    parts = [piece or _whole(child) for piece, child in zip(below, expr.children, strict=True)]
    match expr.kind:
        case "index":
            return _named(_operand(expr.children[0], parts[0]), _plain(expr.value))
        case "delta":
            return _delta(_plain(expr.value), sizes)
        case "partial":
            letters = [_plain(own) for own in cast("tuple[object, ...]", expr.value)]
            return _named(f"({derivative_text(expr)})", tuple(x for own in letters for x in own))
        case "sum":
            return _sum(_plain(expr.value), parts[0])
        case "product" | "hadamard":
            return _product(parts, ["*"] * len(parts))
        case "divide":
            return _product(parts, ["*", "/"])
        case "add":
            return _add(parts, cast("tuple[int, ...]", expr.value))
        case "negate":
            return Piece(f"-{parts[0].at_least(PRODUCT)}", UNARY, parts[0].free, parts[0].repeated)
        case "power":
            base, exponent = parts
            sign = "**" if base.free else "^"
            raised = exponent.text if exponent.text.isalnum() else f"({exponent.text})"
            text = f"{base.at_least(POSTFIX)}{sign}{raised}"
            return Piece(text, POSTFIX - 1, base.free, base.repeated)
        case "call":
            return _call(expr, parts)
        case "keyword":
            return Piece(f"{expr.value}={parts[0].text}", POSTFIX)
        case kind:
            raise MatcalcError("unsupported", f"the index notation has no {kind}")


def _operand(expr: Expr, piece: Piece) -> str:
    """What indices stand after; a result of the index notation in parentheses of its own."""
    return piece.at_least(POSTFIX) if expr.kind != "index" else f"({piece.text})"


def _delta(letters: tuple[str, ...], sizes: Mapping[str, Dim]) -> Piece:
    size = next(sizes[letter] for letter in letters if letter in sizes)
    pairs = [(letters[0], letter) for letter in letters[1:]]
    text = "*".join(f"eye({size})[{one},{two}]" for one, two in pairs)
    every = [letter for pair in pairs for letter in pair]
    return Piece(text, POSTFIX if len(pairs) == 1 else PRODUCT, every, _repeated(every))


def _sum(bound: tuple[str, ...], body: Piece) -> Piece:
    text = body.text
    free = tuple(letter for letter in body.free if letter not in bound)
    if not body.repeated.issubset(bound):
        text = f"({text})[{','.join(body.free)}]"
    return Piece(f"sum[{','.join(bound)}]({text})", POSTFIX, free)


def _product(parts: list[Piece], signs: list[str]) -> Piece:
    text = parts[0].at_least(PRODUCT)
    for part, sign in zip(parts[1:], signs[1:], strict=True):
        text += sign + part.at_least(POSTFIX - 1 if sign == "/" else UNARY + 1)
    every = [letter for part in parts for letter in part.free]
    repeated = _repeated(every).union(*(part.repeated for part in parts))
    return Piece(text, PRODUCT, every, repeated)


def _add(parts: list[Piece], signs: tuple[int, ...]) -> Piece:
    text = ("-" if signs[0] < 0 else "") + parts[0].at_least(PRODUCT)
    for part, sign in zip(parts[1:], signs[1:], strict=True):
        text += (" + " if sign > 0 else " - ") + part.at_least(PRODUCT)
    every = [letter for part in parts for letter in part.free]
    return Piece(text, SUM, every, frozenset().union(*(part.repeated for part in parts)))


def _call(expr: Expr, parts: list[Piece]) -> Piece:
    word, _ = split_primes(str(expr.value))
    row = FUNCTIONS.get(word)
    if row is not None and row.internal:
        raise MatcalcError("unsupported", f"the language has no notation for {word}")
    text = f"{primed(str(expr.value))}({', '.join(part.text for part in parts)})"
    if row is not None and row.kind == MATRIX:
        return Piece(text, POSTFIX)
    return Piece(text, POSTFIX, parts[0].free, parts[0].repeated)
