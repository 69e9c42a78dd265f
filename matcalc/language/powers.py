"""Powers: of scalars, of square matrices, and entry by entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.errors import MatcalcError
from matcalc.language import indices
from matcalc.language.indices import Value
from matcalc.language.scope import transposes
from matcalc.language.shapes import Shapes, clip, written
from matcalc.language.syntax import Syntax
from matcalc.language.typed import Typed, Variable, postorder
from matcalc.rational import normal, quotient

if TYPE_CHECKING:
    from matcalc.rational import Rational


def power(shapes: Shapes, at: Syntax, left: Value, right: Value) -> Value:
    """`base ^ exponent` and `base ** exponent`; an indexed base is taken entry by entry."""
    base, exponent = left.typed, right.typed
    if indices.all_indexed((left, right)):
        (base, exponent), union = indices.align(shapes, at, (left, right))
        dims = base.dims or exponent.dims
        return Value(Typed("power", (base, exponent), None, dims, at), union)
    if at.value == "**":
        dims, row = shapes.broadcast(at, "**", base, exponent)
        return Value(Typed("power", (base, exponent), None, dims, at, row))
    if exponent.dims:
        message = (
            f"the exponent {written(exponent)} is {shapes.describe(exponent)}: ^ needs a scalar"
        )
        raise MatcalcError("shape", message, at, hint=_entrywise(at))
    if not base.dims:
        return Value(Typed("power", (base, exponent), None, (), at))
    if len(base.dims) != 2:
        message = f"^ is the power of a square matrix or of a scalar; {written(base)} is {shapes.describe(base)}"
        raise MatcalcError("shape", message, at, hint=_entrywise(at))
    shapes.square(at, base, "the matrix power ^")
    number = constant(exponent)
    if isinstance(number, int):
        return Value(Typed("matpower", (base,), number, base.dims, at))
    if number is not None:
        if not is_posdef(base):
            message = f"{clip(at.text)} is a real power of a matrix that is not declared posdef"
            hint = f"declare it posdef; {_entrywise(at)}"
            raise MatcalcError("unsupported", message, at, hint=hint)
        exponent = Typed("number", (), number, (), exponent.syntax)
    return Value(Typed("matpower", (base, exponent), None, base.dims, at))


def _entrywise(at: Syntax) -> str:
    """What to write instead of a power ^, its operands as they stand there, in their parentheses."""
    base, exponent = (clip(child.text) for child in at.children)
    return f"{base} ** {exponent} is the power entry by entry"


def of_transpose(at: Syntax) -> MatcalcError | None:
    """The error for A^T^2, which would be A^(T^2), where T is not declared a scalar; None for others."""
    exponent = at.children[1]
    while exponent.kind == "unary":
        exponent = exponent.children[0]
    if exponent.kind != "power" or not transposes(exponent.children[0]):
        return None
    transpose = clip(at.source.text[at.start : exponent.children[0].end])
    raised = clip(at.source.text[exponent.children[0].end : at.end]).strip()
    message = (
        f"powers are read from the right: {clip(exponent.text)} would be a number, "
        "and T is not declared a scalar"
    )
    return MatcalcError("syntax", message, at, hint=f"write ({transpose}){raised}")


def constant(typed: Typed) -> Rational | None:
    """The value of an expression of numbers alone, else None."""
    values: dict[int, Rational] = {}
    for node in postorder(typed):
        parts = [values[id(child)] for child in node.children]
        match node.op:
            case "number":
                value = node.data
            case "add":
                signs = node.data
                value = sum(s * part for s, part in zip(signs, parts, strict=True))
            case "hadamard":
                value = parts[0] * parts[1]
            case "divide" if parts[1]:
                value = quotient(parts[0], parts[1])
            case _:
                return None
        values[id(node)] = value
    return normal(values[id(typed)])


def is_posdef(typed: Typed) -> bool:
    """Whether a matrix is symmetric positive definite by its form: what is said of its parts."""
    known: dict[int, bool] = {}
    for node in postorder(typed):
        parts = [known[id(child)] for child in node.children]
        match node.op:
            case "variable":
                assert isinstance(node.data, Variable)
                known[id(node)] = "posdef" in node.data.attributes
            case "constant":
                assert isinstance(node.data, tuple)
                known[id(node)] = node.data[0] == "eye"
            case "number":
                known[id(node)] = node.data > 0
            case "add":
                shaped = all(child.dims for child in node.children)
                positive = all(sign == 1 for sign in node.data)
                known[id(node)] = all(parts) and positive and shaped
            case "divide":
                known[id(node)] = all(parts) and not node.children[1].dims
            case "hadamard" | "transpose" | "matpower" | "kron":
                known[id(node)] = all(parts)
            case "call":
                assert isinstance(node.data, tuple)
                known[id(node)] = node.data[0] in ("inv", "sqrtm", "adj") and all(parts)
            case _:
                known[id(node)] = False
    return known[id(typed)]
