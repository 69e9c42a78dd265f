"""Function calls: arguments counted and fitted to the signatures of the function table."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from matcalc.errors import MatcalcError
from matcalc.functions import (
    ALIASES,
    CONSTANT,
    ENTRYWISE,
    FUNCTIONS,
    Function,
    find,
)
from matcalc.language import derivatives, einsum
from matcalc.language.constants import constant, unknown_keyword, wrong_count
from matcalc.language.dimensions import ONE, Dim
from matcalc.language.indices import NONE, Value
from matcalc.language.scope import DERIVATIVES
from matcalc.language.shapes import written
from matcalc.language.syntax import Syntax
from matcalc.language.typed import Typed

if TYPE_CHECKING:
    from matcalc.language.elaborate import Elaborator, Visit

Rule = Callable[["Elaborator", Syntax, list[Typed]], Typed]


def call(run: Elaborator, syntax: Syntax, kept: frozenset[str], raw: bool) -> Visit:
    """The visitor of `f(...)`, whatever f is."""
    name: str = syntax.value
    if run.functions and name.rstrip("′″‴") in run.functions:
        return _elementwise(run, syntax, kept)
    declared = run.scope.declared.get(name)
    if declared is not None and declared.depends:
        return _at_once(_dependence(run, syntax, [word.text for word in declared.depends]))
    if name in DERIVATIVES:
        return derivatives.named(run, syntax)
    function = FUNCTIONS.get(ALIASES.get(name, name)) if run.formula else find(name)
    if function is None:
        raise _unknown(run, syntax, name)
    if function.kind == CONSTANT:
        made = constant(syntax, function, run.size)
        if function.name == "e" and made.dims[0].value is not None:
            run.pinned = True  # at a smaller size the place may be outside
        return _at_once(Value(made))
    if function.name == "einsum":
        return einsum.einsum(run, syntax)
    if function.kind == ENTRYWISE or (function.signature == "* -> *" and not function.axis):
        return _entrywise(syntax, function, kept)
    return _function(run, syntax, function)


def _at_once(value: Value) -> Visit:
    """The visitor of what needs no other value."""
    return value
    yield  # never reached: it makes this a visitor


def _entrywise(syntax: Syntax, function: Function, kept: frozenset[str]) -> Visit:
    value = yield _arguments(syntax, function, 1)[0], kept, False
    return _map(value, (function.name, ()), syntax)


def _function(run: Elaborator, syntax: Syntax, function: Function) -> Visit:
    arguments, axis = _keywords(syntax, function)
    typed = []
    for argument in arguments:
        value = yield argument, NONE, False
        typed.append(value.typed)
    special = _SPECIAL.get(function.name)
    if special is not None:
        return Value(special(run, syntax, typed))
    if axis is not None:
        return Value(_along(run, syntax, function, typed[0], axis))
    return Value(_by_signature(run, syntax, function, typed))


def _map(value: Value, data: tuple[str, tuple[()]], syntax: Syntax) -> Value:
    typed = value.typed
    return value.with_typed(Typed("call", (typed,), data, typed.dims, syntax, typed.row))


def _elementwise(run: Elaborator, syntax: Syntax, kept: frozenset[str]) -> Visit:
    if len(syntax.children) != 1 or syntax.children[0].kind == "keyword":
        message = f"{syntax.value} is declared elementwise: it takes one argument"
        raise MatcalcError("syntax", message, syntax)
    value = yield syntax.children[0], kept, False
    return _map(value, (syntax.value, ()), syntax)


def _dependence(run: Elaborator, syntax: Syntax, depends: list[str]) -> Value:
    """A(X) where A is declared so: it is A."""
    name: str = syntax.value
    if [argument.text for argument in syntax.children] != depends:
        message = f"{name} is declared as {name}({', '.join(depends)})"
        kind = "syntax" if len(syntax.children) != len(depends) else "name"
        raise MatcalcError(kind, message, syntax, hint=f"write {name} alone")
    variable = run.variables[name]
    return Value(Typed("variable", (), variable, variable.dims, syntax))


def _unknown(run: Elaborator, syntax: Syntax, name: str) -> MatcalcError:
    from matcalc.language.syntax import Word

    place = Word(name, syntax.source, syntax.start, syntax.start + len(name))
    if name in run.scope.declared:
        message = f"{name} is declared as no function"
        product = f"write {name} @ (...) or {name} * (...) for a product"
        return MatcalcError("name", message, place, hint=product)
    from matcalc.language.suggest import did_you_mean

    known = [
        *(n for n, function in FUNCTIONS.items() if not function.internal),
        *ALIASES,
        *DERIVATIVES,
        *run.functions,
    ]
    stem = name.rstrip("′″‴")
    hint = did_you_mean(stem, known)
    if name[0] == "d" and syntax.source.text[: syntax.start].endswith("d/"):
        hint = f"write d(...)/{name}"
    elif hint is None and stem[0].isupper():
        hint = f"a product is written {stem} @ (...)"
    hint = hint or f"declare it with where {stem}: elementwise"
    return MatcalcError("name", f"there is no function {name}", place, hint=hint)


def _arguments(syntax: Syntax, function: Function, count: int) -> list[Syntax]:
    for argument in syntax.children:
        if argument.kind == "keyword":
            raise unknown_keyword(argument, function)
    if len(syntax.children) != count:
        expected = "1 argument" if count == 1 else f"{count} arguments"
        raise wrong_count(syntax, function, expected)
    return list(syntax.children)


def _keywords(syntax: Syntax, function: Function) -> tuple[list[Syntax], Syntax | None]:
    """The arguments, and the value of axis= if it is there."""
    plain: list[Syntax] = []
    axis: Syntax | None = None
    for argument in syntax.children:
        if argument.kind != "keyword":
            if axis is not None:
                raise MatcalcError("syntax", "arguments come before keywords", argument)
            plain.append(argument)
        elif argument.value != "axis" or not function.axis:
            raise unknown_keyword(argument, function)
        elif axis is not None:
            raise MatcalcError("syntax", "axis stands twice", argument)
        else:
            axis = argument
    if function.name in ("hstack", "vstack"):
        if len(plain) < 2:
            raise wrong_count(syntax, function, "two or more arguments")
    elif len(plain) != len(function.parameters):
        count = len(function.parameters)
        expected = "1 argument" if count == 1 else f"{count} arguments"
        raise wrong_count(syntax, function, expected)
    return plain, axis


def _along(
    run: Elaborator, syntax: Syntax, function: Function, typed: Typed, keyword: Syntax
) -> Typed:
    """A function along one axis of a tensor, axes counted from 0."""
    value = keyword.children[0]
    sign = 1
    if value.kind == "unary":
        sign, value = (-1 if value.value == "-" else 1), value.children[0]
    if value.kind != "number" or not isinstance(value.value, int):
        raise MatcalcError("syntax", "axis is a number: axis=0 or axis=1", keyword)
    order = len(typed.dims)
    axis = sign * value.value
    if not -order <= axis < order:
        message = f"{written(typed)} is {run.shapes.describe(typed)} and has no axis {axis}"
        raise MatcalcError("shape", message, keyword)
    axis %= order
    keeps = function.signature.partition("->")[2].strip() == "n"
    if order == 1:
        return _by_signature(run, syntax, function, [typed])
    dims = typed.dims if keeps else typed.dims[:axis] + typed.dims[axis + 1 :]
    return Typed("call", (typed,), (function.name, (("axis", axis),)), dims, syntax)


Alternative = tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]
"""The letters of each argument, and those of the result."""


@cache
def signatures(text: str) -> tuple[Alternative, ...]:
    """The alternatives of a signature.

    >>> signatures("n -> n n | n n -> n")[0]
    ((('n',),), ('n', 'n'))
    """
    alternatives = []
    for alternative in text.split("|"):
        arguments, _, result = alternative.partition("->")
        alternatives.append(
            (tuple(_letters(argument) for argument in arguments.split(",")), _letters(result))
        )
    return tuple(alternatives)


@cache
def _fitting(text: str, orders: tuple[int, ...]) -> Alternative | None:
    """The first alternative of a signature whose arguments have these orders."""
    for alternative in signatures(text):
        fits = zip(alternative[0], orders, strict=True)
        if all(pattern == ("*",) or len(pattern) == order for pattern, order in fits):
            return alternative
    return None


def _letters(text: str) -> tuple[str, ...]:
    return () if text.strip() == "()" else tuple(text.split())


def _by_signature(
    run: Elaborator, syntax: Syntax, function: Function, arguments: list[Typed]
) -> Typed:
    """Fit the arguments to the alternative with their orders, and make equal letters equal."""
    orders = tuple([len(argument.dims) for argument in arguments])
    alternative = _fitting(function.signature, orders)
    if alternative is None:
        raise _misfit(run, syntax, function, arguments)
    patterns, result = alternative
    sizes: dict[str, Dim] = {}
    for pattern, argument in zip(patterns, arguments, strict=True):
        if pattern == ("*",):
            continue
        for letter, dim in zip(pattern, argument.dims, strict=True):
            size = sizes.setdefault(letter, dim)
            if size is not dim:
                run.unifier.require(size, dim, lambda: _misfit(run, syntax, function, arguments))
    row = False
    dims: tuple[Dim, ...] = ()
    if result == ("*",):
        dims = arguments[0].dims
    elif result == ("vech",):
        dims = (Dim.triangle(run.unifier.resolve(sizes["n"])),)
    elif result:
        dims = tuple(
            [sizes[letter] if letter in sizes else _evaluate(letter, sizes) for letter in result]
        )
        row = patterns == (("n",),) and len(dims) == 1 and arguments[0].row
    if function.name == "vec":
        row = False
    return Typed("call", tuple(arguments), (function.name, ()), dims, syntax, row)


def _evaluate(text: str, sizes: dict[str, Dim]) -> Dim:
    """A dimension of a signature that is no letter: m*p or m+p."""
    if "*" in text:
        left, right = text.split("*")
        return sizes[left] * sizes[right]
    left, right = text.split("+")
    return sizes[left] + sizes[right]


def _misfit(
    run: Elaborator, syntax: Syntax, function: Function, arguments: list[Typed]
) -> MatcalcError:
    kinds = {0: "a scalar", 1: "a vector", 2: "a matrix", 4: "a tensor"}
    wanted = []
    for patterns, _ in signatures(function.signature):
        one = kinds[len(patterns[0])]
        if len(patterns[0]) == 2 and len(set(patterns[0])) == 1:
            one = "a square matrix"
        wanted.append(one)
    shapes = " and ".join(
        f"{written(argument)} is {run.shapes.describe(argument)}" for argument in arguments
    )
    message = f"{syntax.value} takes {' or '.join(wanted)}; {shapes}"
    hint = None
    if function.axis and len(arguments[0].dims) == 2:
        hint = f"{syntax.value}({written(arguments[0])}, axis=0) goes along the columns, axis=1 along the rows"
    return MatcalcError("shape", message, syntax, hint=hint)


# functions with rules of their own


def frobenius(run: Elaborator, syntax: Syntax, left: Typed, right: Typed) -> Typed:
    """A : B."""
    run.shapes.equal(syntax, "the Frobenius product", left, right)
    return Typed("frobenius", (left, right), None, (), syntax)


def _frob(run: Elaborator, syntax: Syntax, arguments: list[Typed]) -> Typed:
    return frobenius(run, syntax, *arguments)


def _kron(run: Elaborator, syntax: Syntax, arguments: list[Typed]) -> Typed:
    return run.shapes.kron(syntax, *arguments)


def _khatrirao(run: Elaborator, syntax: Syntax, arguments: list[Typed]) -> Typed:
    return run.shapes.khatrirao(syntax, *arguments)


def _outer(run: Elaborator, syntax: Syntax, arguments: list[Typed]) -> Typed:
    left, right = arguments
    return Typed("outer", (left, right), None, left.dims + right.dims, syntax)


def _stack(run: Elaborator, syntax: Syntax, arguments: list[Typed]) -> Typed:
    """hstack and vstack; several arguments from the left."""
    name: str = syntax.value
    for argument in arguments:
        if len(argument.dims) > 2:
            message = f"{name} takes vectors and matrices; {written(argument)} is {run.shapes.describe(argument)}"
            raise MatcalcError("shape", message, syntax)
    typed = _at_least_vector(arguments[0])
    for argument in arguments[1:]:
        typed = _stacked(run, syntax, name, typed, _at_least_vector(argument))
    return typed


def _at_least_vector(typed: Typed) -> Typed:
    if typed.dims:
        return typed
    ones = Typed("constant", (), ("ones", (ONE,)), (ONE,), typed.syntax)
    return Typed("hadamard", (typed, ones), None, (ONE,), typed.syntax)


def _stacked(run: Elaborator, syntax: Syntax, name: str, left: Typed, right: Typed) -> Typed:
    side = name == "hstack"
    data: tuple[str, tuple[()]] = (name, ())
    vectors = len(left.dims) == len(right.dims) == 1
    if vectors and left.row == right.row == side:
        size = left.dims[0] + right.dims[0]  # end to end
        return Typed("call", (left, right), data, (size,), syntax, row=side)
    (m, n), (p, q) = run.shapes.as_matrix(left), run.shapes.as_matrix(right)
    needs = f"{name} needs as many {'rows' if side else 'columns'}"
    run.unifier.require(
        m if side else n,
        p if side else q,
        lambda: run.shapes.mismatch(syntax, left, right, needs),
    )
    dims = (m, n + q) if side else (m + p, n)
    return Typed("call", (left, right), data, dims, syntax)


_SPECIAL: dict[str, Rule] = {
    "frob": _frob,
    "kron": _kron,
    "khatrirao": _khatrirao,
    "outer": _outer,
    "hstack": _stack,
    "vstack": _stack,
}
