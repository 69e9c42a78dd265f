r"""Expressions as LaTeX, for the maths mode of any engine with amsmath."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from matcalc.forms.expression import Expr
from matcalc.functions import FUNCTIONS, split_primes
from matcalc.printers.latex_names import escaped, name_latex
from matcalc.printers.precedence import CLOSED, POSTFIX, PRODUCT, level, needs_parentheses
from matcalc.printers.text import Piece, Writer, assembled, signed

_OPERATORS = {
    "matmul": " ",
    "product": " ",
    "hadamard": r" \odot ",
    "divide": r" \oslash ",
    "frobenius": " : ",
    "kron": r" \otimes ",
    "star": r" \star ",
}
_EXPONENTS = {"inv": "^{-1}", "pinv": "^{+}"}
_BRACKETS = {
    "sqrt": (r"\sqrt{", "", "}"),
    "abs": (r"\left|", "", r"\right|"),
    "norm": (r"\left\lVert ", "", r" \right\rVert"),
    "normsq": (r"\left\lVert ", "", r" \right\rVert^{2}"),
    "norm1": (r"\left\lVert ", "", r" \right\rVert_{1}"),
    "eye": ("I_{", "", "}"),
    "duplication": ("D_{", "", "}"),
    "ones": (r"\mathbf{1}_{", r" \times ", "}"),
    "zeros": ("0_{", r" \times ", "}"),
    "K": ("K_{", ", ", "}"),
    "e": ("e_{", "", "}"),
}
"""What stands before, between and after the arguments; without a separator, after the first alone."""


def to_latex(expr: Expr) -> str:
    r"""The expression in LaTeX, its braces and \left, \right balanced.

    >>> from matcalc.forms.expression import name
    >>> to_latex(Expr("matmul", (Expr("transpose", (name("A"),)), name("x"))))
    'A^{\\top} x'
    """
    return assembled(expr, _WRITERS)


def _write(expr: Expr, out: list[Piece], depth: int) -> None:
    if depth:
        _WRITERS[expr.kind](expr, out, depth - 1)
    else:
        out.append(expr)


def _enclose(expr: Expr, out: list[Piece], depth: int) -> None:
    out.append(r"\left(")
    _write(expr, out, depth)
    out.append(r"\right)")


def _child(parent: Expr, place: int, out: list[Piece], depth: int) -> None:
    """A child, in parentheses where it needs them."""
    (_write if _is_bare(parent, place) else _enclose)(parent.children[place], out, depth)


def _is_bare(parent: Expr, place: int) -> bool:
    child = parent.children[place]
    # a fraction shows where it ends
    return child.kind in CLOSED or not needs_parentheses(parent, place) or _is_fraction(child)


def _separated(parts: Sequence[Expr], separator: str, out: list[Piece], depth: int) -> None:
    for place, part in enumerate(parts):
        if place:
            out.append(separator)
        _write(part, out, depth)


def _is_fraction(expr: Expr) -> bool:
    if expr.kind == "number":
        return cast(int, expr.value).denominator != 1
    return expr.kind in ("partial", "derivative") or (
        expr.kind == "divide" and expr.value == "scale"
    )


def _starts_with_digit(expr: Expr) -> bool:
    while expr.children and expr.kind in (
        "hadamard", "matmul", "kron", "star", "product", "power", "divide"
    ):  # fmt: skip
        if expr.kind == "divide" and expr.value == "scale":
            return False
        expr = expr.children[0]
    return expr.kind == "number" and cast(int, expr.value).denominator == 1


def _number(expr: Expr, out: list[Piece], depth: int) -> None:
    value = cast(int, expr.value)
    if value.denominator == 1:
        out.append(str(value))
    else:
        sign = "-" if value < 0 else ""
        out.append(rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}")


def _name(expr: Expr, out: list[Piece], depth: int) -> None:
    out.append(name_latex(f"{expr.value}"))


_add, _negate = signed(_child)


def _product(expr: Expr, out: list[Piece], depth: int) -> None:
    operator = " " if expr.value == "scale" else _OPERATORS[expr.kind]
    for place, child in enumerate(expr.children):
        bare = _is_bare(expr, place)
        if place:
            digits = operator == " " and bare and _starts_with_digit(child)
            out.append(r" \cdot " if digits else operator)
        (_write if bare else _enclose)(child, out, depth)


def _divide(expr: Expr, out: list[Piece], depth: int) -> None:
    if expr.value != "scale":
        _product(expr, out, depth)
        return
    above, below = expr.children
    out.append(r"\frac{")
    _write(above, out, depth)
    out.append("}{")
    _write(below, out, depth)
    out.append("}")


def _derivative(expr: Expr, out: list[Piece], depth: int) -> None:
    out.append(_fraction([name_latex(f"{child.value}") for child in expr.children]))


def _differentiate(expr: Expr, out: list[Piece], depth: int) -> None:
    words = cast("tuple[str, ...]", expr.value)
    out.append(_operator([name_latex(word) for word in words]))
    _enclose(expr.children[0], out, depth)


def _partial(expr: Expr, out: list[Piece], depth: int) -> None:
    places = cast("tuple[object, ...]", expr.value)
    names = [
        _indexed(f"{child.value}", letters)
        for child, letters in zip(expr.children, places, strict=True)
    ]
    out.append(_fraction(names))


def _sum(expr: Expr, out: list[Piece], depth: int) -> None:
    out.append(rf"\sum_{{{_letters(expr.value)}}} ")
    _summand(expr.children[0], out, depth)


def _integral(expr: Expr, out: list[Piece], depth: int) -> None:
    out.append(r"\int_{0}^{1} ")
    _summand(expr.children[0], out, depth)
    out.append(rf" \, d{_letter(expr.value)}")


def _series(expr: Expr, out: list[Piece], depth: int) -> None:
    last, body = expr.children
    out.append(rf"\sum_{{{_letter(expr.value)}=0}}^{{")
    _write(last, out, depth)
    out.append("} ")
    _summand(body, out, depth)


def _summand(body: Expr, out: list[Piece], depth: int) -> None:
    (_enclose if level(body) < PRODUCT else _write)(body, out, depth)


def _index(expr: Expr, out: list[Piece], depth: int) -> None:
    operand = expr.children[0]
    if operand.kind == "name":
        out.append(_indexed(f"{operand.value}", expr.value))
        return
    bare = level(operand) == POSTFIX and not _has_script(operand)
    (_write if bare else _enclose)(operand, out, depth)
    out.append(f"_{{{_letters(expr.value)}}}")


def _delta(expr: Expr, out: list[Piece], depth: int) -> None:
    out.append(rf"\delta_{{{_letters(expr.value)}}}")


def _fuse(expr: Expr, out: list[Piece], depth: int) -> None:
    one, many = cast("tuple[object, object]", expr.value)
    out.append(rf"\left[{_letter(one)} = {_letter(many)}\right]")


def _has_script(expr: Expr) -> bool:
    """Whether the LaTeX ends in a sub- or superscript, to which no other may be added bare."""
    return expr.kind in ("transpose", "power", "index") or (
        expr.kind == "call" and expr.value in ("inv", "normsq", "norm1", "eye", "ones", "zeros",
                                               "e", "K", "duplication", "pinv")
    )  # fmt: skip


def _power(expr: Expr, out: list[Piece], depth: int) -> None:
    base, exponent = expr.children
    raised = base.kind in ("transpose", "power") or (
        base.kind == "call" and base.value in ("inv", "normsq", "pinv")
    )
    (_enclose if raised or level(base) < POSTFIX else _write)(base, out, depth)
    # entry by entry
    out.append(r"^{\odot " if expr.value == "**" else "^{")
    _write(exponent, out, depth)
    out.append("}")


def _transpose(expr: Expr, out: list[Piece], depth: int) -> None:
    child = expr.children[0]
    if child.kind == "call" and child.value == "inv":
        _base(child.children[0], out, depth)
        out.append(r"^{-\top}")
    else:
        _base(child, out, depth)
        out.append(r"^{\top}")


def _base(expr: Expr, out: list[Piece], depth: int) -> None:
    """An expression under an exponent."""
    raised = expr.kind in ("transpose", "power", "call") and _has_script(expr)
    (_enclose if raised or level(expr) < POSTFIX else _write)(expr, out, depth)


def _call(expr: Expr, out: list[Piece], depth: int) -> None:
    function = f"{expr.value}"
    arguments: Sequence[Expr] = expr.children
    keyword = None
    if arguments and arguments[-1].kind == "keyword":
        keyword = next(child for child in arguments if child.kind == "keyword")
        arguments = [child for child in arguments if child.kind != "keyword"]
    if arguments and function in _EXPONENTS:
        _base(arguments[0], out, depth)
        out.append(_EXPONENTS[function])
    elif arguments and function in _BRACKETS:
        opening, separator, closing = _BRACKETS[function]
        out.append(opening)
        _separated(arguments if separator else arguments[:1], separator, out, depth)
        out.append(closing)
    else:
        out.append(_head(function))
        if keyword is not None:
            out.append(rf"_{{\mathrm{{{keyword.value}}}\,")
            _write(keyword.children[0], out, depth)
            out.append("}")
        out.append(r"\left(")
        _separated(arguments, ", ", out, depth)
        out.append(r"\right)")


def _head(function: str) -> str:
    word, primes = (function, 0) if function in FUNCTIONS else split_primes(function)
    row = FUNCTIONS.get(word)
    if row is not None:
        return row.latex or rf"\operatorname{{{escaped(word)}}}"
    head = name_latex(word)
    if primes:
        marks = " ".join([r"\prime"] * primes)
        head = f"{head}^{{{marks}}}"
    return head


def _letter(letter: object) -> str:
    if isinstance(letter, str):
        return f"{letter[0]}_{{{letter[1:]}}}" if len(letter) > 1 else letter
    return f"({_letters(letter)})"


def _letters(letters: object) -> str:
    return "".join([_letter(letter) for letter in cast("tuple[object, ...]", letters)])


def _indexed(word: str, letters: object) -> str:
    name = name_latex(word)
    if not letters:
        return name
    base = f"{{{name}}}" if "_" in name else name
    return f"{base}_{{{_letters(letters)}}}"


def _operator(names: list[str]) -> str:
    if len(names) > 1 and len(set(names)) == 1:
        return rf"\frac{{\partial^{{{len(names)}}}}}{{\partial {{{names[0]}}}^{{{len(names)}}}}}"
    return _fraction(["", *names])


def _fraction(names: list[str]) -> str:
    of, *by = names
    if len(by) == 1:
        return rf"\frac{{\partial {of}}}{{\partial {by[0]}}}"
    below = " ".join(rf"\partial {name}" for name in by)
    return rf"\frac{{\partial^{{{len(by)}}} {of}}}{{{below}}}"


_WRITERS: dict[str, Writer] = {
    "number": _number,
    "name": _name,
    "call": _call,
    "add": _add,
    "negate": _negate,
    "matmul": _product,
    "hadamard": _product,
    "divide": _divide,
    "frobenius": _product,
    "kron": _product,
    "star": _product,
    "product": _product,
    "power": _power,
    "transpose": _transpose,
    "derivative": _derivative,
    "differentiate": _differentiate,
    "sum": _sum,
    "integral": _integral,
    "series": _series,
    "index": _index,
    "delta": _delta,
    "fuse": _fuse,
    "partial": _partial,
}
