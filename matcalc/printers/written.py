"""What a line says, as expressions that the printers of formulas read: nothing is inferred of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from matcalc.forms.expression import Expr, call, name
from matcalc.functions import find
from matcalc.language.syntax import Problem, Syntax

_SUMS = {"+": 1, "-": -1}
_FLAT = {"@": "matmul", "⊗": "kron", "*": "hadamard"}
_SCALAR = "()"


def written(syntax: Syntax, scalars: frozenset[str] = frozenset()) -> Expr:
    """The expression as it was written; `scalars` are the names of numbers, which need no ⊙.

    >>> from matcalc.language.parse import parse_expression
    >>> from matcalc.printers.latex import to_latex
    >>> to_latex(written(parse_expression("d(x'@A@x)/dx - 2*A@x")))
    '\\\\frac{\\\\partial }{\\\\partial x}\\\\left(x^{\\\\top} A x\\\\right) - 2 A x'
    """
    made: dict[int, Expr] = {}
    plain: dict[int, bool] = {}
    for part in _postorder(syntax):
        below = [made[id(child)] for child in part.children]
        plain[id(part)] = _is_scalar(part, [plain[id(child)] for child in part.children], scalars)
        made[id(part)] = _written(part, below, plain)
    return made[id(syntax)]


def scalars_of(problem: Problem) -> frozenset[str]:
    """The names that the declarations of a line itself make numbers: scalars and dimensions."""
    found: set[str] = set()
    for declaration in problem.declarations:
        dims = declaration.dims
        if dims == ():
            found.add(declaration.name.text)
        for dim in dims or ():
            found.update(str(part.value) for part in _postorder(dim) if part.kind == "name")
    return frozenset(found)


def _postorder(root: Syntax) -> Iterator[Syntax]:
    stack = [(root, False)]
    while stack:
        syntax, ready = stack.pop()
        if ready:
            yield syntax
        else:
            stack.append((syntax, True))
            stack.extend((child, False) for child in reversed(syntax.children))


def _is_scalar(syntax: Syntax, below: list[bool], scalars: frozenset[str]) -> bool:
    """Whether it is plain from the text alone that this is a number."""
    match syntax.kind:
        case "number" | "index" | "bound":
            # an entry is a number
            return True
        case "name":
            return syntax.value in scalars or syntax.value == "pi"
        case "group" | "unary" | "power" | "transpose":
            return below[0]
        case "binary":
            return syntax.value == ":" or all(below)
        case "call":
            row = find(str(syntax.value))
            if row is None or any(child.kind == "keyword" for child in syntax.children):
                return False
            results = [way.split("->")[-1].strip() for way in row.signature.split("|")]
            return all(result == _SCALAR for result in results) or (bool(below) and all(below))
        case _:
            return False


def _written(syntax: Syntax, below: list[Expr], plain: dict[int, bool]) -> Expr:
    match syntax.kind:
        case "number":
            return Expr("number", (), syntax.value)
        case "name" | "string":
            return name(str(syntax.value))
        case "group":
            return below[0]
        case "unary":
            return Expr("negate", (below[0],)) if syntax.value == "-" else below[0]
        case "binary":
            return _binary(syntax, below, plain)
        case "power":
            return _power(syntax, below, plain)
        case "transpose":
            return Expr("transpose", (below[0],))
        case "index":
            return Expr("index", (below[0],), syntax.value)
        case "bound":
            return Expr("sum", (below[0],), syntax.value)
        case "call":
            row = find(str(syntax.value))
            return call(str(syntax.value) if row is None else row.name, *below)
        case "keyword":
            return Expr("keyword", (below[0],), syntax.value)
        case "derivative":
            order, words = cast("tuple[int, tuple[str, ...]]", syntax.value)
            return Expr("differentiate", (below[0],), _variables(order, words))
        case kind:
            raise AssertionError(f"no expression for syntax of kind {kind}")


def _binary(syntax: Syntax, below: list[Expr], plain: dict[int, bool]) -> Expr:
    left, right = below
    one, two = (plain[id(child)] for child in syntax.children)
    # without parentheses, a chain to the left is one sum, one product
    ungrouped = syntax.children[0].kind != "group"
    match syntax.value:
        case "+" | "-":
            sign = _SUMS[str(syntax.value)]
            if left.kind == "add" and ungrouped:
                signs = cast("tuple[int, ...]", left.value)
                return Expr("add", (*left.children, right), (*signs, sign))
            return Expr("add", (left, right), (1, sign))
        case "*" if one or two:
            # a number stands first: A*2 is 2 A
            if one and ungrouped and left.kind == "hadamard" and left.value == "scale":
                return Expr("hadamard", (*left.children, right), "scale")
            return Expr("hadamard", (left, right) if one else (right, left), "scale")
        case "@" | "⊗" | "*":
            kind = _FLAT[str(syntax.value)]
            if left.kind == kind and left.value is None and ungrouped:
                return Expr(kind, (*left.children, right))
            return Expr(kind, (left, right))
        case "/":
            return Expr("divide", (left, right), "scale" if two else None)
        case ":":
            return Expr("frobenius", (left, right))
        case "⋆":
            return Expr("star", (left, right))
        case operator:
            raise AssertionError(f"no expression for the operator {operator}")


def _power(syntax: Syntax, below: list[Expr], plain: dict[int, bool]) -> Expr:
    base, exponent = below
    if exponent.kind == "name" and exponent.value == "T":
        return Expr("transpose", (base,))
    if exponent.kind == "negate" and exponent.children[0].value == "T":
        return Expr("transpose", (call("inv", base),))
    sign = "^" if plain[id(syntax.children[0])] else str(syntax.value)
    return Expr("power", (base, exponent), sign)


def _variables(order: int, words: tuple[str, ...]) -> tuple[str, ...]:
    """The names after the slash, as well as they can be told without declarations."""
    if order == 1:
        return (words[0][1:],)
    if len(words) == 1 and words[0].endswith(str(order)) and len(words[0]) > 1 + len(str(order)):
        return (words[0][1 : -len(str(order))],) * order
    if len(words) == 1:
        return tuple(part for part in words[0].split("d") if part)
    return tuple(word[1:] for word in words)
