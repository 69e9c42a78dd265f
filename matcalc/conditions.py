"""Where an answer holds: the conditions of the functions and quotients that the user wrote."""

from __future__ import annotations

from typing import cast

from matcalc.functions import FUNCTIONS
from matcalc.language.typed import Typed, TypedProblem, postorder


def conditions_of(problem: TypedProblem) -> tuple[str, ...]:
    """Each condition once, in the order of the expression, about the user's own sub-expressions.

    >>> from matcalc.language.infer import infer
    >>> from matcalc.language.parse import parse_line
    >>> conditions_of(infer(parse_line("d(logdet(A + B)/tr(A))/dA")))
    ('A + B invertible', 'tr(A) not 0')
    """
    found: dict[str, None] = {}
    for node in postorder(problem.expression):
        condition = _condition(node)
        if condition is not None:
            found.setdefault(condition)
    return tuple(found)


def _condition(node: Typed) -> str | None:
    match node.op:
        case "call":
            function, _ = cast("tuple[str, object]", node.data)
            row = FUNCTIONS.get(function)
            if row is None or row.condition is None or _is_constant(node.children[0]):
                return None
            return row.condition.format(_text(node.children[0]))
        case "divide":
            return _not_zero(node.children[1])
        case "power":
            base, exponent = node.children
            value = _number(exponent)
            if value is None or value != int(value):
                return None if _is_constant(base) else _positive(base)
            return _not_zero(base) if value < 0 else None
        case "matpower" if isinstance(node.data, int) and node.data < 0:
            return f"{_text(node.children[0])} invertible"
        case _:
            return None


def _number(node: Typed) -> float | None:
    """The value of an exponent that is a number, a sign before it included."""
    sign = 1
    while node.op == "add" and len(node.children) == 1:
        sign *= cast("tuple[int]", node.data)[0]
        (node,) = node.children
    if node.op == "divide":
        parts = [_number(child) for child in node.children]
        if parts[0] is not None and parts[1]:
            return sign * parts[0] / parts[1]
    return sign * float(cast(float, node.data)) if node.op == "number" else None


def _is_constant(node: Typed) -> bool:
    return all(below.op != "variable" for below in postorder(node))


def _not_zero(node: Typed) -> str | None:
    if _is_constant(node):
        return None
    return f"no entry of {_text(node)} is 0" if node.dims else f"{_text(node)} not 0"


def _positive(node: Typed) -> str:
    return f"each entry of {_text(node)} positive" if node.dims else f"{_text(node)} positive"


def _text(node: Typed) -> str:
    assert node.syntax is not None
    text = node.syntax.text
    while node.syntax.kind == "group" and text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
        break
    return text
