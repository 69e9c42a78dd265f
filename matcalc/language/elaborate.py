"""Syntax to typed tree: one visitor a kind, run on a stack of their own, so that depth costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from matcalc.errors import MatcalcError
from matcalc.language import calls, derivatives, indices, powers
from matcalc.language.attributes import check_attributes
from matcalc.language.differentials import differential
from matcalc.language.dimensions import Dim
from matcalc.language.indices import NONE, Value
from matcalc.language.scope import Scope, dimension, transposes
from matcalc.language.shapes import Shapes
from matcalc.language.syntax import Declaration, Syntax
from matcalc.language.typed import Typed, Variable, linear_structure
from matcalc.language.unify import Unifier

if TYPE_CHECKING:
    from matcalc.rational import Rational

Request = tuple[Syntax, frozenset[str], bool]
Visit = Generator[Request, Value, Value]
"""A visitor yields (syntax, kept letters, raw) and gets its value; raw lets A[i,i] keep both its i."""


class Elaborator:
    """One attempt: `orders` says how many axes each undeclared name has."""

    def __init__(self, scope: Scope, orders: dict[str, int], formula: bool = False) -> None:
        self.scope = scope
        self.orders = orders
        self.formula = formula
        self.unifier = Unifier()
        self.shapes = Shapes(self.unifier)
        self.variables: dict[str, Variable] = {}
        self.definitions: dict[str, Typed] = {}
        self.differentials: list[Typed] = []
        self.pinned = False
        """Whether a literal size cannot be varied for another reason than that shapes agree by it alone."""
        self.functions = tuple(
            [name for name, declaration in scope.declared.items() if declaration.elementwise]
        )
        for name in scope.order:
            self._declare(scope.declared[name])

    def _declare(self, declaration: Declaration) -> None:
        name = declaration.name.text
        if declaration.definition is not None:
            # typed without letters: the result of index notation is an ordinary tensor
            self.definitions[name] = self.elaborate(declaration.definition)
        elif declaration.dims is not None:
            dims = tuple([dimension(dim) for dim in declaration.dims])
            attributes = check_attributes(declaration, dims)
            depends = []
            for word in declaration.depends:
                if word.text in self.definitions or word.text in self.functions:
                    message = f"{name} depends on variables, and {word.text} is none"
                    raise MatcalcError("name", message, word)
                if word.text in self.scope.sizes and word.text not in self.scope.declared:
                    message = f"{name} depends on variables, and {word.text} is a dimension"
                    raise MatcalcError("name", message, word)
                depends.append(self.variable(word.text))
            self.variables[name] = Variable(name, dims, attributes, tuple(depends))

    def variable(self, name: str) -> Variable:
        """The variable of a name; one that is not declared is made, with unknown dimensions."""
        variable = self.variables.get(name)
        if variable is None:
            moved = self._moved(name) if self.scope.differentials else None
            if moved is not None:
                # dx has the dimensions of x, and its structure
                attributes = linear_structure(moved.attributes)
                variable = self.variables[name] = Variable(name, moved.dims, attributes, inferred=True)  # fmt: skip
                return variable
            dims = tuple([self.unifier.fresh() for _ in range(self.orders.get(name, 1))])
            variable = self.variables[name] = Variable(name, dims, inferred=True)
        return variable

    def size(self, at: Syntax) -> Dim:
        """The size that an argument of eye, ones, K, ... is."""
        return dimension(at)

    def undeclared(self, at: Syntax) -> Variable:
        """What a name means that is declared nowhere."""
        return self.variable(at.value)

    def _moved(self, name: str) -> Variable | None:
        """The variable that an undeclared name is the differential of."""
        bare, scope = name[1:], self.scope
        if name[0] != "d" or bare in self.functions:
            return None
        if bare in self.variables or bare in scope.undeclared:
            return self.variable(bare)
        return None

    def elaborate(self, root: Syntax) -> Typed:
        """The typed tree of an expression."""
        stack: list[Visit] = []
        syntax, kept, raw = root, NONE, False
        while True:
            leaf = LEAVES.get(syntax.kind)
            if leaf is not None:
                result: Any = Value(leaf(self, syntax))
            elif syntax.kind == "group":  # parentheses are passed through
                syntax, raw = syntax.children[0], False
                continue
            else:
                stack.append(VISITORS[syntax.kind](self, syntax, kept, raw))
                result = None  # a visitor starts with None
            while stack:
                try:
                    syntax, kept, raw = stack[-1].send(result)
                    break
                except StopIteration as stop:
                    result = stop.value
                    stack.pop()
            else:
                typed: Typed = result.typed
                return typed


Visitor = Callable[[Elaborator, Syntax, frozenset[str], bool], Visit]


def _number(run: Elaborator, syntax: Syntax) -> Typed:
    return Typed("number", (), syntax.value, (), syntax)


def _named(run: Elaborator, syntax: Syntax) -> Typed:
    name: str = syntax.value
    variable = run.variables.get(name)
    if variable is not None:
        return Typed("variable", (), variable, variable.dims, syntax)
    definition = run.definitions.get(name)
    if definition is not None:
        # under the name that stands here, for messages; what is below stays shared
        return Typed(
            definition.op,
            definition.children,
            definition.data,
            definition.dims,
            syntax,
            definition.row,
        )
    if name in run.functions:
        message = f"{name} is a function: {name}(...)"
        raise MatcalcError("name", message, syntax)
    if name[0] == "d" and name[1:] in run.definitions and name not in run.scope.sizes:
        operand = run.definitions[name[1:]]
        return differential(run, operand, syntax)
    if name in run.scope.sizes:
        return Typed("size", (), Dim.named(name), (), syntax)
    if name == "pi" or (name == "imaginary" and run.formula):
        return Typed("constant", (), (name, ()), (), syntax)
    if name == "I":
        size = run.unifier.fresh()
        return Typed("constant", (), ("eye", (size,)), (size, size), syntax)
    variable = run.undeclared(syntax)
    return Typed("variable", (), variable, variable.dims, syntax)


def _string(run: Elaborator, syntax: Syntax, kept: frozenset[str], raw: bool) -> Visit:
    raise MatcalcError("syntax", "text in quotes is an argument of einsum alone", syntax)
    yield


def _keyword(run: Elaborator, syntax: Syntax, kept: frozenset[str], raw: bool) -> Visit:
    raise MatcalcError("syntax", f"there is no keyword {syntax.value} here", syntax)
    yield


def _unary(run: Elaborator, syntax: Syntax, kept: frozenset[str], raw: bool) -> Visit:
    value = yield syntax.children[0], kept, raw
    return value if syntax.value == "+" else negative(value, syntax)


def negative(value: Value, syntax: Syntax) -> Value:
    """The value with its sign changed; a number stays a number."""
    typed = value.typed
    if typed.op == "number":
        number: Rational = typed.data
        return Value(Typed("number", (), -number, (), syntax))
    return value.with_typed(Typed("add", (typed,), (-1,), typed.dims, syntax, typed.row))


def _binary(run: Elaborator, syntax: Syntax, kept: frozenset[str], raw: bool) -> Visit:
    return OPERATORS[syntax.value](run, syntax, kept, raw)


def _matmul(run: Elaborator, syntax: Syntax, kept: frozenset[str], raw: bool) -> Visit:
    left = yield syntax.children[0], NONE, False
    right = yield syntax.children[1], NONE, False
    return Value(run.shapes.matmul(syntax, left.typed, right.typed))


def _frobenius(run: Elaborator, syntax: Syntax, kept: frozenset[str], raw: bool) -> Visit:
    left = yield syntax.children[0], NONE, False
    right = yield syntax.children[1], NONE, False
    return Value(calls.frobenius(run, syntax, left.typed, right.typed))


def _kron(run: Elaborator, syntax: Syntax, kept: frozenset[str], raw: bool) -> Visit:
    left = yield syntax.children[0], NONE, False
    right = yield syntax.children[1], NONE, False
    return Value(run.shapes.kron(syntax, left.typed, right.typed))


def _star(run: Elaborator, syntax: Syntax, kept: frozenset[str], raw: bool) -> Visit:
    left = (yield syntax.children[0], NONE, False).typed
    right = (yield syntax.children[1], NONE, False).typed
    order = max(len(left.dims), len(right.dims))
    dims = tuple([run.unifier.fresh() for _ in range(order)])
    return Value(Typed("star", (left, right), None, dims, syntax))


def _chain(syntax: Syntax, operators: tuple[str, str]) -> tuple[Syntax, list[Syntax]]:
    """The first operand of a chain of two operators, and each longer chain, up to the whole of it."""
    chains = []
    while syntax.kind == "binary" and syntax.value in operators:
        chains.append(syntax)
        syntax = syntax.children[0]
    chains.reverse()
    return syntax, chains


def _sum(run: Elaborator, syntax: Syntax, kept: frozenset[str], raw: bool) -> Visit:
    first, chains = _chain(syntax, ("+", "-"))
    values = [(yield first, kept, False)]
    signs = [1]
    for chain in chains:
        values.append((yield chain.children[1], kept, False))
        signs.append(1 if chain.value == "+" else -1)
    if indices.all_indexed(values):
        return indices.add(run.shapes, syntax, values, tuple(signs))
    terms = tuple([value.typed for value in values])
    shaped = terms[0]
    for chain, typed in zip(chains, terms[1:], strict=True):
        if not shaped.dims:
            shaped = typed
        elif typed.dims:
            run.shapes.equal(chain, chain.value, shaped, typed)
    row = shaped.row and bool(shaped.dims)
    return Value(Typed("add", terms, tuple(signs), shaped.dims, syntax, row))


def _product(run: Elaborator, syntax: Syntax, kept: frozenset[str], raw: bool) -> Visit:
    first, chains = _chain(syntax, ("*", "/"))
    values = [(yield first, kept, True)]
    for chain in chains:
        value = yield chain.children[1], kept, True
        values.append(value)
    if indices.all_indexed(values):
        inverse = [False, *[chain.value == "/" for chain in chains]]
        return indices.product(run.shapes, syntax, values, inverse, kept)
    typed: Typed | None = None
    for chain, value in zip((first, *chains), values, strict=True):
        right = value.typed
        if value.letters is not None:
            operand = first if typed is None else chain.children[1]
            right = indices.ordinary(run.shapes, value, operand, kept)
        if typed is None:
            typed = right
            continue
        dims, row = run.shapes.broadcast(chain, chain.value, typed, right)
        op = "hadamard" if chain.value == "*" else "divide"
        typed = Typed(op, (typed, right), None, dims, chain, row)
    assert typed is not None
    return Value(typed)


def _power(run: Elaborator, syntax: Syntax, kept: frozenset[str], raw: bool) -> Visit:
    base, exponent = syntax.children
    if syntax.value == "^" and exponent.kind != "number":
        sign = transposes(exponent)
        if sign and not _is_scalar(run, "T"):
            operand = (yield base, NONE, False).typed
            if sign < 0:
                run.shapes.square(syntax, operand, "^-T")
                operand = Typed("call", (operand,), ("inv", ()), operand.dims, syntax)
            return Value(run.shapes.transpose(syntax, operand))
        tower = powers.of_transpose(syntax)
        if tower is not None and not _is_scalar(run, "T"):
            raise tower
    left = yield base, kept, False
    right = yield exponent, kept, False
    return powers.power(run.shapes, syntax, left, right)


def _is_scalar(run: Elaborator, name: str) -> bool:
    if name in run.definitions:
        return not run.definitions[name].dims
    return name in run.scope.declared and name in run.variables and not run.variables[name].dims


def _transpose(run: Elaborator, syntax: Syntax, kept: frozenset[str], raw: bool) -> Visit:
    operand = (yield syntax.children[0], NONE, False).typed
    return Value(run.shapes.transpose(syntax, operand))


def _index(run: Elaborator, syntax: Syntax, kept: frozenset[str], raw: bool) -> Visit:
    letters: tuple[str, ...] = syntax.value
    value = yield syntax.children[0], frozenset(letters), False
    if value.letters is not None:
        return indices.reorder(run.shapes, syntax, value, letters)
    named = indices.name_axes(run.shapes, syntax, value.typed, letters)
    return named if raw else indices.product(run.shapes, syntax, [named], [False], kept)


def _bound(run: Elaborator, syntax: Syntax, kept: frozenset[str], raw: bool) -> Visit:
    letters: tuple[str, ...] = syntax.value
    value = yield syntax.children[0], kept | frozenset(letters), False
    return indices.sum_out(run.shapes, syntax, value, letters)


OPERATORS: dict[str, Visitor] = {
    "+": _sum,
    "-": _sum,
    "*": _product,
    "/": _product,
    "@": _matmul,
    ":": _frobenius,
    "⊗": _kron,
    "⋆": _star,
}

LEAVES: dict[str, Callable[[Elaborator, Syntax], Typed]] = {"number": _number, "name": _named}

VISITORS: dict[str, Visitor] = {
    "string": _string,
    "unary": _unary,
    "binary": _binary,
    "power": _power,
    "transpose": _transpose,
    "index": _index,
    "bound": _bound,
    "call": calls.call,
    "keyword": _keyword,
    "derivative": derivatives.derivative,
}
