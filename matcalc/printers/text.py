"""Expressions as plain text: matrix expressions in matcalc's own notation, index sums in Unicode."""

from __future__ import annotations

from typing import cast

from matcalc.forms.expression import Expr
from matcalc.printers.precedence import needs_parentheses, open_ended

Piece = Expr | str

_SUBSCRIPTS = dict(zip("ijklmnprstuvxoaeh", "ᵢⱼₖₗₘₙₚᵣₛₜᵤᵥₓₒₐₑₕ", strict=True))
_DIGITS = dict(zip("0123456789", "₀₁₂₃₄₅₆₇₈₉", strict=True))
_OPERATORS = {"matmul": " @ ", "kron": " ⊗ ", "star": " ⋆ ", "product": "·", "frobenius": " : "}


def to_text(expr: Expr) -> str:
    """The expression on one line; a matrix expression parses back to the same value.

    >>> from matcalc.forms.expression import name, number
    >>> twice = Expr("hadamard", (number(2), name("A")), "scale")
    >>> to_text(Expr("transpose", (Expr("matmul", (twice, name("x"))),)))
    "(2*A @ x)'"
    """
    opened = open_ended(expr)
    out: list[str] = []
    stack: list[Piece] = [expr]
    while stack:
        piece = stack.pop()
        if isinstance(piece, str):
            out.append(piece)
        else:
            stack.extend(reversed(_pieces(piece, opened)))
    return "".join(out)


def letters_text(letters: object) -> str:
    """`i,j`; a fused letter in parentheses.

    >>> letters_text(("i", ("k", "j")))
    'i,(k,j)'
    """
    assert isinstance(letters, tuple)
    return ",".join(letter_text(letter) for letter in letters)


def letter_text(letter: object) -> str:
    return letter if isinstance(letter, str) else f"({letters_text(letter)})"


def sum_text(letters: tuple[str, ...]) -> str:
    """Σ with its letters: `Σⱼ`, or `Σ[q]` where a letter has no subscript in Unicode.

    >>> sum_text(("j", "k")), sum_text(("j", "q")), sum_text(("i1",))
    ('Σⱼₖ', 'Σ[j,q]', 'Σᵢ₁')
    """
    small = ""
    for letter in letters:
        head = _SUBSCRIPTS.get(letter[0])
        if head is None or not all(digit in _DIGITS for digit in letter[1:]):
            return f"Σ[{','.join(letters)}]"
        small += head + "".join(_DIGITS[digit] for digit in letter[1:])
    return "Σ" + small


def _child(parent: Expr, place: int, opened: frozenset[int]) -> list[Piece]:
    child = parent.children[place]
    if needs_parentheses(parent, place, opened):
        return ["(", child, ")"]
    return [child]


def _joined(expr: Expr, operator: str, opened: frozenset[int]) -> list[Piece]:
    pieces: list[Piece] = []
    for place in range(len(expr.children)):
        if place:
            pieces.append(operator)
        pieces += _child(expr, place, opened)
    return pieces


def _pieces(expr: Expr, opened: frozenset[int]) -> list[Piece]:
    match expr.kind:
        case "number" | "name":
            return [str(expr.value)]
        case "call":
            return [f"{primed(str(expr.value))}(", *_joined(expr, ", ", opened), ")"]
        case "keyword":
            return [f"{expr.value}=", *expr.children]
        case "add":
            return _terms(expr, opened)
        case "negate":
            return ["-", *_child(expr, 0, opened)]
        case "matmul" | "kron" | "star" | "product" | "frobenius":
            return _joined(expr, _OPERATORS[expr.kind], opened)
        case "hadamard":
            return _joined(expr, "*" if expr.value == "scale" else " * ", opened)
        case "divide":
            operator = "/" if expr.value else " / "
            return _joined(expr, operator, opened)
        case "power":
            base, exponent = _child(expr, 0, opened), _child(expr, 1, opened)
            return [*base, str(expr.value), *exponent]
        case "transpose":
            return [*_child(expr, 0, opened), "'"]
        case "derivative":
            return [derivative_text(expr)]
        case "sum":
            letters = cast("tuple[str, ...]", expr.value)
            return [sum_text(letters), " ", *_child(expr, 0, opened)]
        case "integral":
            return ["∫₀¹ ", *_child(expr, 0, opened), f" d{expr.value}"]
        case "series":
            return [*_series_head(str(expr.value), expr.children[0]), *_child(expr, 1, opened)]
        case "index":
            return [*_child(expr, 0, opened), f"[{letters_text(expr.value)}]"]
        case "delta":
            return [f"δ[{letters_text(expr.value)}]"]
        case "fuse":
            one, many = cast("tuple[object, object]", expr.value)
            return [f"[{letter_text(one)} = {letter_text(many)}]"]
        case "partial":
            return [_partial(expr)]
        case kind:
            raise AssertionError(f"no text for expressions of kind {kind}")


def _series_head(letter: str, last: Expr) -> list[Piece]:
    """Σₛ₌₀^(k - 1); Σ[q=0..k - 1] where the letter has no subscript."""
    head = sum_text((letter,))
    if head.startswith("Σ["):
        return [f"Σ[{letter}=0..", last, "] "]
    if last.kind in ("name", "number"):
        return [f"{head}₌₀^", last, " "]
    return [f"{head}₌₀^(", last, ") "]


def primed(function: str) -> str:
    """f″ for the second derivative of an unspecified function."""
    return function.replace("′′′", "‴").replace("′′", "″")


def _terms(expr: Expr, opened: frozenset[int]) -> list[Piece]:
    pieces: list[Piece] = []
    for place, sign in enumerate(cast("tuple[int, ...]", expr.value)):
        child = _child(expr, place, opened)
        if place:
            pieces.append(" + " if sign > 0 else " - ")
        elif sign < 0:
            pieces.append("-")
            if child[0] != "(" and expr.children[0].kind == "negate":
                child = ["(", *child, ")"]
        pieces += child
    return pieces


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


def _partial(expr: Expr) -> str:
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
    return f"{parts[0]}/{''.join(parts[1:])}"
