"""The constants eye, ones, zeros, e, K and duplication, whose arguments are sizes."""

from __future__ import annotations

from collections.abc import Callable

from matcalc.errors import MatcalcError
from matcalc.functions import Function
from matcalc.language.dimensions import Dim
from matcalc.language.shapes import clip
from matcalc.language.syntax import Syntax
from matcalc.language.typed import Typed


def constant(syntax: Syntax, function: Function, size: Callable[[Syntax], Dim]) -> Typed:
    """eye(n), ones(m, n), zeros(n), e(i, n), K(m, n), duplication(n); `size` reads an argument."""
    for argument in syntax.children:
        if argument.kind == "keyword":
            raise unknown_keyword(argument, function)
    name = function.name
    sizes = [size(_checked(syntax, argument)) for argument in syntax.children]
    counts = {"eye": (1,), "duplication": (1,), "e": (2,), "K": (2,)}.get(name)
    if (counts is not None and len(sizes) not in counts) or not sizes:
        expected = {None: "sizes", (1,): "1 size", (2,): "2 sizes"}[counts]
        raise wrong_count(syntax, function, expected)
    params: tuple[int | Dim, ...] = tuple(sizes)
    dims: tuple[Dim, ...]
    match name:
        case "eye":
            dims = (sizes[0], sizes[0])
        case "ones" | "zeros":
            dims = tuple(sizes)
        case "e":
            position, length = sizes[0].value, sizes[1].value
            if position is not None and length is not None and position > length:
                message = (
                    f"{clip(syntax.text)}: there is no unit vector {position} of length {length}"
                )
                raise MatcalcError("shape", message, syntax)
            params = (sizes[0] if position is None else position, sizes[1])
            dims = (sizes[1],)
        case "K":
            product = sizes[0] * sizes[1]
            dims = (product, product)
        case "duplication":
            dims = (sizes[0] * sizes[0], Dim.triangle(sizes[0]))
        case _:
            raise AssertionError(f"no rule for the constant {name}")
    return Typed("constant", (), (name, params), dims, syntax)


def _checked(syntax: Syntax, argument: Syntax) -> Syntax:
    if argument.kind == "unary" or (argument.kind == "number" and argument.value == 0):
        raise MatcalcError("shape", f"{argument.text} is no size: sizes are positive", argument)
    if argument.kind == "string":
        raise MatcalcError("syntax", f"{syntax.value} takes sizes", argument)
    return argument


def wrong_count(syntax: Syntax, function: Function, expected: str) -> MatcalcError:
    count = len([one for one in syntax.children if one.kind != "keyword"])
    message = f"{syntax.value} takes {expected}, not {count}"
    return MatcalcError("syntax", message, syntax, hint=f"for example {function.example}")


def unknown_keyword(argument: Syntax, function: Function) -> MatcalcError:
    hint = "the keyword is axis=0 or axis=1" if function.axis else None
    message = f"{function.name} has no keyword {argument.value}"
    return MatcalcError("syntax", message, argument, hint=hint)
