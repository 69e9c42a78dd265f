"""Typed trees by hand: the verifier's tests need no parser."""

from __future__ import annotations

from matcalc.language.dimensions import Dim
from matcalc.language.typed import Typed, TypedProblem, Variable

ONE = Typed("number", (), 1, ())


def dims(text: str) -> tuple[Dim, ...]:
    """Dimensions by name or number: "m n", "3 n", "" for a scalar."""
    return tuple(
        Dim.number(int(word)) if word.isdigit() else Dim.named(word) for word in text.split()
    )


def variable(name: str, text: str = "", *attributes: str) -> Variable:
    return Variable(name, dims(text), tuple(sorted(attributes)))


def leaf(variable: Variable) -> Typed:
    return Typed("variable", (), variable, variable.dims)


def number(value: object) -> Typed:
    return Typed("number", (), value, ())


def add(*terms: Typed, signs: tuple[int, ...] = ()) -> Typed:
    shape = max((term.dims for term in terms), key=len)
    return Typed("add", terms, signs or (1,) * len(terms), shape)


def hadamard(a: Typed, b: Typed) -> Typed:
    return Typed("hadamard", (a, b), None, a.dims or b.dims)


def divide(a: Typed, b: Typed) -> Typed:
    return Typed("divide", (a, b), None, a.dims or b.dims)


def power(a: Typed, b: object) -> Typed:
    return Typed("power", (a, b if isinstance(b, Typed) else number(b)), None, a.dims)


def transpose(a: Typed) -> Typed:
    return Typed("transpose", (a,), None, a.dims[::-1], row=len(a.dims) == 1 and not a.row)


def matmul(a: Typed, b: Typed) -> Typed:
    if a.row and len(b.dims) == 2:
        return Typed("matmul", (a, b), "covector", b.dims[1:], row=True)
    if b.row:
        return Typed("matmul", (a, b), "outer", a.dims + b.dims)
    kind = {(2, 2): "matrix", (2, 1): "vector", (1, 1): "inner", (1, 2): "covector"}
    shape = a.dims[:-1] + b.dims[1:]
    return Typed("matmul", (a, b), kind[len(a.dims), len(b.dims)], shape)


def call(function: str, *arguments: Typed, shape: str | None = None, **params: int) -> Typed:
    found = arguments[0].dims if shape is None else dims(shape)
    return Typed("call", arguments, (function, tuple(sorted(params.items()))), found)


def inverse(a: Typed) -> Typed:
    return Typed("matpower", (a,), -1, a.dims)


def constant(name: str, *params: int | Dim, shape: str = "") -> Typed:
    return Typed("constant", (), (name, params), dims(shape))


def problem(
    value: Typed, *variables: Variable, functions: tuple[str, ...] = (), rigid: bool = False
) -> TypedProblem:
    names = tuple(dict.fromkeys(str(d) for v in variables for d in v.dims))
    return TypedProblem(value, None, variables, functions, {}, names, rigid)
