"""Expressions as plain text: matrix expressions in matcalc's own notation, index sums in Unicode."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from matcalc.errors import MatcalcError
from matcalc.forms.expression import Expr
from matcalc.printers.precedence import CLOSED, exponent_needs_parentheses, needs_parentheses

Piece = Expr | str
Writer = Callable[[Expr, list[Piece], int], None]
"""Appends what an expression reads like; what lies deeper than the number says is left as it is."""

DEPTH = 20
"""Writers call each other no deeper than so: no input exhausts the stack."""

_SUBSCRIPTS = dict(zip("ijklmnprstuvxoaeh", "ᵢⱼₖₗₘₙₚᵣₛₜᵤᵥₓₒₐₑₕ", strict=True))
_DIGITS = dict(zip("0123456789", "₀₁₂₃₄₅₆₇₈₉", strict=True))
_OPERATORS = {
    "matmul": " @ ",
    "hadamard": " * ",
    "divide": " / ",
    "frobenius": " : ",
    "kron": " ⊗ ",
    "star": " ⋆ ",
    "product": "·",
}
_SCALED = {"hadamard": "*", "divide": "/"}
"""By a scalar, and not entry by entry."""


def to_text(expr: Expr) -> str:
    """The expression on one line; a matrix expression parses back to the same value.

    >>> from matcalc.forms.expression import name, number
    >>> twice = Expr("hadamard", (number(2), name("A")), "scale")
    >>> to_text(Expr("transpose", (Expr("matmul", (twice, name("x"))),)))
    "(2*A @ x)'"
    """
    return assembled(expr, _WRITERS)


def assembled(root: Expr, writers: Mapping[str, Writer]) -> str:
    """What the writers of a notation, by the kind, make of an expression of any depth."""
    out: list[Piece] = []
    writers[root.kind](root, out, DEPTH)
    try:
        return "".join(cast("list[str]", out))
    except TypeError:
        # something lies deeper
        waiting = out[::-1]
    whole: list[str] = []
    while waiting:
        piece = waiting.pop()
        if isinstance(piece, str):
            whole.append(piece)
        else:
            out = []
            writers[piece.kind](piece, out, DEPTH)
            waiting += reversed(out)
    return "".join(whole)


def letters_text(letters: object) -> str:
    """`i,j`; a fused letter in parentheses.

    >>> letters_text(("i", ("k", "j")))
    'i,(k,j)'
    """
    assert isinstance(letters, tuple)
    return ",".join([letter_text(letter) for letter in letters])


def letter_text(letter: object) -> str:
    return letter if isinstance(letter, str) else f"({letters_text(letter)})"


def sum_text(letters: tuple[str, ...]) -> str:
    """Σ with its letters: `Σⱼ`, or `Σ[q]` where a letter has no subscript in Unicode.

    >>> sum_text(("j", "k")), sum_text(("j", "q")), sum_text(("i1",))
    ('Σⱼₖ', 'Σ[j,q]', 'Σᵢ₁')
    """
    small = "Σ"
    for letter in letters:
        head = _SUBSCRIPTS.get(letter[0])
        if head is None:
            return f"Σ[{','.join(letters)}]"
        small += head
        for digit in letter[1:]:
            if digit not in _DIGITS:
                return f"Σ[{','.join(letters)}]"
            small += _DIGITS[digit]
    return small


def _write(expr: Expr, out: list[Piece], depth: int) -> None:
    if depth:
        _WRITERS[expr.kind](expr, out, depth - 1)
    else:
        out.append(expr)


def _enclose(expr: Expr, out: list[Piece], depth: int) -> None:
    out.append("(")
    _write(expr, out, depth)
    out.append(")")


def _child(parent: Expr, place: int, out: list[Piece], depth: int) -> None:
    """A child, in parentheses where it needs them."""
    child = parent.children[place]
    if child.kind in CLOSED or not needs_parentheses(parent, place):
        _write(child, out, depth)
    else:
        _enclose(child, out, depth)


def _value(expr: Expr, out: list[Piece], depth: int) -> None:
    try:
        out.append(f"{expr.value}")
    except ValueError:  # Python writes no number that is longer
        raise MatcalcError("limit", "a number in the answer has thousands of digits") from None


def _call(expr: Expr, out: list[Piece], depth: int) -> None:
    out.append(f"{primed(f'{expr.value}')}(")
    for place, child in enumerate(expr.children):
        if place:
            out.append(", ")
        _write(child, out, depth)
    out.append(")")


def _keyword(expr: Expr, out: list[Piece], depth: int) -> None:
    out.append(f"{expr.value}=")
    _write(expr.children[0], out, depth)


def signed(child: Callable[[Expr, int, list[Piece], int], None]) -> tuple[Writer, Writer]:
    """The writers of sums and of negatives in a notation that writes the child at a place so."""

    def add(expr: Expr, out: list[Piece], depth: int) -> None:
        for place, sign in enumerate(cast("tuple[int, ...]", expr.value)):
            if place:
                out.append(" + " if sign > 0 else " - ")
            elif sign < 0:
                out.append("-")
            child(expr, place, out, depth)

    def negate(expr: Expr, out: list[Piece], depth: int) -> None:
        out.append("-")
        child(expr, 0, out, depth)

    return add, negate


_add, _negate = signed(_child)


def _product(expr: Expr, out: list[Piece], depth: int) -> None:
    operator = _SCALED[expr.kind] if expr.value == "scale" else _OPERATORS[expr.kind]
    for place in range(len(expr.children)):
        if place:
            out.append(operator)
        _child(expr, place, out, depth)


def _power(expr: Expr, out: list[Piece], depth: int) -> None:
    exponent = expr.children[1]
    _child(expr, 0, out, depth)
    out.append(f"{expr.value}")
    (_enclose if exponent_needs_parentheses(exponent) else _write)(exponent, out, depth)


def _transpose(expr: Expr, out: list[Piece], depth: int) -> None:
    _child(expr, 0, out, depth)
    out.append("'")


def _index(expr: Expr, out: list[Piece], depth: int) -> None:
    operand = expr.children[0]
    if operand.kind == "name":
        out.append(f"{operand.value}[{letters_text(expr.value)}]")
        return
    _child(expr, 0, out, depth)
    out.append(f"[{letters_text(expr.value)}]")


def _sum(expr: Expr, out: list[Piece], depth: int) -> None:
    out.append(sum_text(cast("tuple[str, ...]", expr.value)))
    out.append(" ")
    _write(expr.children[0], out, depth)


def _integral(expr: Expr, out: list[Piece], depth: int) -> None:
    out.append("∫₀¹ ")
    _write(expr.children[0], out, depth)
    out.append(f" d{expr.value}")


def _series(expr: Expr, out: list[Piece], depth: int) -> None:
    """Σₛ₌₀^(k - 1); Σ[q=0..k - 1] where the letter has no subscript."""
    last, body = expr.children
    head = sum_text((f"{expr.value}",))
    if head.startswith("Σ["):
        out.append(f"Σ[{expr.value}=0..")
        _write(last, out, depth)
        out.append("] ")
    else:
        out.append(f"{head}₌₀^")
        (_write if last.kind in ("name", "number") else _enclose)(last, out, depth)
        out.append(" ")
    _write(body, out, depth)


def _delta(expr: Expr, out: list[Piece], depth: int) -> None:
    out.append(f"δ[{letters_text(expr.value)}]")


def _fuse(expr: Expr, out: list[Piece], depth: int) -> None:
    one, many = cast("tuple[object, object]", expr.value)
    out.append(f"[{letter_text(one)} = {letter_text(many)}]")


def primed(function: str) -> str:
    """f″ for the second derivative of an unspecified function."""
    return function.replace("′′′", "‴").replace("′′", "″")


def derivative_text(expr: Expr) -> str:
    """The derivative of a name by names: d(A)/dX, d2(A)/dX2, d2(A)/dX dY."""
    of, *by = (str(child.value) for child in expr.children)
    if len(by) == 1:
        return f"d({of})/d{by[0]}"
    if len(by) == 2:
        words = f"d{by[0]}2" if by[0] == by[1] else f"d{by[0]} d{by[1]}"
        return f"d2({of})/{words}"
    text = of
    for word in by:
        text = f"d({text})/d{word}"
    return text


def _derivative(expr: Expr, out: list[Piece], depth: int) -> None:
    out.append(derivative_text(expr))


def _partial(expr: Expr, out: list[Piece], depth: int) -> None:
    """(∂A[i,j]/∂X[p,q]), in parentheses of its own."""
    places = cast("tuple[tuple[object, ...], ...]", expr.value)
    parts = [
        f"∂{child.value}[{letters_text(letters)}]" if letters else f"∂{child.value}"
        for child, letters in zip(expr.children, places, strict=True)
    ]
    degree = len(parts) - 1
    if degree > 1:
        exponent = {2: "²", 3: "³"}.get(degree, f"^{degree}")
        parts[0] = parts[0].replace("∂", f"∂{exponent}", 1)
    out.append(f"{parts[0]}/{''.join(parts[1:])}")


_WRITERS: dict[str, Writer] = {
    "number": _value,
    "name": _value,
    "call": _call,
    "keyword": _keyword,
    "add": _add,
    "negate": _negate,
    "matmul": _product,
    "hadamard": _product,
    "divide": _product,
    "frobenius": _product,
    "kron": _product,
    "star": _product,
    "product": _product,
    "power": _power,
    "transpose": _transpose,
    "derivative": _derivative,
    "sum": _sum,
    "integral": _integral,
    "series": _series,
    "index": _index,
    "delta": _delta,
    "fuse": _fuse,
    "partial": _partial,
}
