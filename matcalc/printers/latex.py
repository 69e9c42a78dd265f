r"""Expressions as LaTeX, for the maths mode of any engine with amsmath."""

from __future__ import annotations

from typing import cast

from matcalc.forms.expression import Expr
from matcalc.functions import FUNCTIONS, split_primes
from matcalc.printers.latex_names import escaped, name_latex
from matcalc.printers.precedence import POSTFIX, PRODUCT, level, needs_parentheses, open_ended

Piece = Expr | str

_NORMS = {"norm": "", "normsq": "^{2}", "norm1": "_{1}"}


def to_latex(expr: Expr) -> str:
    r"""The expression in LaTeX, its braces and \left, \right balanced.

    >>> from matcalc.forms.expression import name
    >>> to_latex(Expr("matmul", (Expr("transpose", (name("A"),)), name("x"))))
    'A^{\\top} x'
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


def _group(inside: list[Piece]) -> list[Piece]:
    return [r"\left(", *inside, r"\right)"]


def _child(parent: Expr, place: int, opened: frozenset[int]) -> list[Piece]:
    child = parent.children[place]
    if needs_parentheses(parent, place, opened):
        return _group([child])
    return [child]


def _joined(expr: Expr, operator: str, opened: frozenset[int]) -> list[Piece]:
    pieces: list[Piece] = []
    for place, child in enumerate(expr.children):
        inside = _factor(expr, place, opened)
        if place:
            digits = operator == " " and inside[0] is child and _starts_with_digit(child)
            pieces.append(r" \cdot " if digits else operator)
        pieces += inside
    return pieces


def _factor(expr: Expr, place: int, opened: frozenset[int]) -> list[Piece]:
    child = expr.children[place]
    # a fraction shows where it ends
    if _is_fraction(child):
        return [child]
    return _child(expr, place, opened)


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


def _pieces(expr: Expr, opened: frozenset[int]) -> list[Piece]:
    match expr.kind:
        case "number":
            return [_number(cast(int, expr.value))]
        case "name":
            return [name_latex(str(expr.value))]
        case "call":
            return _call(expr)
        case "keyword":
            return [*expr.children]
        case "add":
            return _terms(expr, opened)
        case "negate":
            return ["-", *_factor(expr, 0, opened)]
        case "matmul" | "product":
            return _joined(expr, " ", opened)
        case "hadamard":
            return _joined(expr, " " if expr.value else r" \odot ", opened)
        case "kron":
            return _joined(expr, r" \otimes ", opened)
        case "star":
            return _joined(expr, r" \star ", opened)
        case "frobenius":
            return _joined(expr, " : ", opened)
        case "divide":
            if expr.value:
                return [r"\frac{", expr.children[0], "}{", expr.children[1], "}"]
            return _joined(expr, r" \oslash ", opened)
        case "power":
            return _power(expr, opened)
        case "transpose":
            return _transpose(expr, opened)
        case "derivative":
            return [_fraction([name_latex(str(c.value)) for c in expr.children])]
        case "differentiate":
            words = cast("tuple[str, ...]", expr.value)
            return [_operator([name_latex(word) for word in words]), *_group([expr.children[0]])]
        case "sum":
            letters = "".join(_letter(letter) for letter in cast("tuple[str, ...]", expr.value))
            body = expr.children[0]
            inside = _group([body]) if level(body) < PRODUCT else [body]
            return [rf"\sum_{{{letters}}} ", *inside]
        case "integral":
            letter = _letter(expr.value)
            inside = _group([body]) if level(body := expr.children[0]) < PRODUCT else [body]
            return [r"\int_{0}^{1} ", *inside, rf" \, d{letter}"]
        case "series":
            last, body = expr.children
            inside = _group([body]) if level(body) < PRODUCT else [body]
            return [rf"\sum_{{{_letter(expr.value)}=0}}^{{", last, "} ", *inside]
        case "index":
            inside = _child(expr, 0, opened)
            if inside[0] is expr.children[0] and _has_script(expr.children[0]):
                inside = _group(inside) if expr.children[0].kind != "name" else ["{", *inside, "}"]
            return [*inside, f"_{{{_letters(expr.value)}}}"]
        case "delta":
            return [rf"\delta_{{{_letters(expr.value)}}}"]
        case "fuse":
            one, many = cast("tuple[object, object]", expr.value)
            return [rf"\left[{_letter(one)} = {_letter(many)}\right]"]
        case "partial":
            names = [
                _indexed(str(child.value), letters)
                for child, letters in zip(
                    expr.children, cast("tuple[object, ...]", expr.value), strict=True
                )
            ]
            return [_fraction(names)]
        case kind:
            raise AssertionError(f"no LaTeX for expressions of kind {kind}")


def _number(value: int) -> str:
    if value.denominator == 1:
        return str(value)
    sign = "-" if value < 0 else ""
    return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def _terms(expr: Expr, opened: frozenset[int]) -> list[Piece]:
    pieces: list[Piece] = []
    for place, sign in enumerate(cast("tuple[int, ...]", expr.value)):
        child = _child(expr, place, opened)
        if place:
            pieces.append(" + " if sign > 0 else " - ")
        elif sign < 0:
            pieces.append("-")
            if child[0] is expr.children[0] and expr.children[0].kind == "negate":
                child = _group(child)
        pieces += child
    return pieces


def _has_script(expr: Expr) -> bool:
    """Whether the LaTeX ends in a sub- or superscript, to which no other may be added bare."""
    if expr.kind == "name":
        return "_" in name_latex(str(expr.value))
    return expr.kind in ("transpose", "power", "index") or (
        expr.kind == "call" and expr.value in ("inv", "normsq", "norm1", "eye", "ones", "zeros",
                                               "e", "K", "duplication", "pinv")
    )  # fmt: skip


def _power(expr: Expr, opened: frozenset[int]) -> list[Piece]:
    base, exponent = expr.children
    inside = _child(expr, 0, opened)
    raised = base.kind in ("transpose", "power") or (
        base.kind == "call" and base.value in ("inv", "normsq", "pinv")
    )
    if inside[0] is base and raised:
        inside = _group(inside)
    # entry by entry
    mark = r"\odot " if expr.value == "**" else ""
    return [*inside, f"^{{{mark}", exponent, "}"]


def _transpose(expr: Expr, opened: frozenset[int]) -> list[Piece]:
    child = expr.children[0]
    if child.kind == "call" and child.value == "inv":
        return [*_base(child.children[0]), r"^{-\top}"]
    inside = _child(expr, 0, opened)
    if inside[0] is child and child.kind in ("transpose", "power", "call") and _has_script(child):
        inside = _group(inside)
    return [*inside, r"^{\top}"]


def _base(expr: Expr) -> list[Piece]:
    """An expression under an exponent."""
    raised = expr.kind in ("transpose", "power", "call") and _has_script(expr)
    return _group([expr]) if level(expr) < POSTFIX or raised else [expr]


def _call(expr: Expr) -> list[Piece]:
    function = str(expr.value)
    arguments = [child for child in expr.children if child.kind != "keyword"]
    keywords = [child for child in expr.children if child.kind == "keyword"]
    first = arguments[0] if arguments else None
    if first is not None:
        match function:
            case "inv":
                return [*_base(first), "^{-1}"]
            case "pinv":
                return [*_base(first), "^{+}"]
            case "sqrt":
                return [r"\sqrt{", first, "}"]
            case "abs":
                return [r"\left|", first, r"\right|"]
            case "norm" | "normsq" | "norm1":
                return [r"\left\lVert ", first, rf" \right\rVert{_NORMS[function]}"]
            case "eye" | "duplication":
                return [f"{'I' if function == 'eye' else 'D'}_{{", first, "}"]
            case "ones" | "zeros":
                letter = r"\mathbf{1}" if function == "ones" else "0"
                return [f"{letter}_{{", *_separated(arguments, r" \times "), "}"]
            case "K":
                return ["K_{", *_separated(arguments, ", "), "}"]
            case "e":
                return ["e_{", first, "}"]
            case _:
                pass
    word, primes = split_primes(function)
    row = FUNCTIONS.get(word)
    if row is not None:
        head = row.latex or rf"\operatorname{{{escaped(word)}}}"
    else:
        head = name_latex(word)
        if primes:
            marks = " ".join([r"\prime"] * primes)
            head = f"{head}^{{{marks}}}"
    if keywords:
        head = rf"{head}_{{\mathrm{{{keywords[0].value}}}\,"
        return [head, keywords[0], "}", *_group(_separated(arguments, ", "))]
    return [head, *_group(_separated(arguments, ", "))]


def _separated(parts: list[Expr], separator: str) -> list[Piece]:
    pieces: list[Piece] = []
    for part in parts:
        if pieces:
            pieces.append(separator)
        pieces.append(part)
    return pieces


def _letter(letter: object) -> str:
    if isinstance(letter, str):
        return f"{letter[0]}_{{{letter[1:]}}}" if len(letter) > 1 else letter
    return f"({_letters(letter)})"


def _letters(letters: object) -> str:
    return "".join(_letter(letter) for letter in cast("tuple[object, ...]", letters))


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
