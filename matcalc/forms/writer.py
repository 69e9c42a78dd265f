"""The writing of nodes with letters: what `index_form` is made of."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, cast

from matcalc.forms.definitions import Definition, folded
from matcalc.forms.expression import Expr, call, name, number
from matcalc.forms.letters import (
    VALUE_LETTERS,
    Alphabet,
    Letter,
    Structure,
    all_letters,
    flat,
    index_structures,
    reading_order,
    structures,
)
from matcalc.forms.matrix import MatrixForms
from matcalc.forms.summation import Summation
from matcalc.forms.survey import Survey
from matcalc.forms.terms import combine, power, product, ratio, split, times
from matcalc.functions import FUNCTIONS
from matcalc.language.dimensions import ONE, Dim
from matcalc.tensor.nodes import (
    Add,
    Apply,
    Constant,
    Delta,
    Einsum,
    Fuse,
    Map,
    Node,
    Number,
    Partial,
    Size,
    Variable,
    postorder,
)

if TYPE_CHECKING:
    from matcalc.rational import Rational

DEEPEST_READ = 32
"""How far below a node its first term is looked for, to name its axes after."""
MOST_IN_SCOPE = 16
LONGEST_ARGUMENT = 60
Request = tuple[Node, tuple[Letter, ...], frozenset[str]]
Writing = Generator[Request, Expr, Expr]


class Writer:
    """Writes the nodes of one graph with letters."""

    def __init__(self, survey: Survey, definitions: Sequence[Definition] = ()) -> None:
        self._definitions = definitions
        self._fused = structures(postorder(*survey.roots)) if survey.fused else {}
        """How the axes of each node are fused, where any are."""
        self._starred = "⋆" in survey.variables
        words = {definition.name for definition in definitions}
        self.alphabet = Alphabet(words | survey.variables | survey.dimensions)
        self.outermost: frozenset[str] = frozenset()
        self.where: list[tuple[Expr, Expr]] = []
        self.names: dict[Node, tuple[Expr, bool]] = {}
        """A node, its name, and whether it is the transpose of what has the name."""
        self.sums: dict[Node, list[Node]] = {}
        """The sums that have a name, by their first operands."""
        for definition in definitions:
            if not definition.is_alias:
                word = name(definition.name)
                if definition.mirrored is not None:
                    self.names[definition.mirrored] = (word, True)
                self.names[definition.node] = (word, False)
                for node in (definition.node, definition.mirrored or definition.node):
                    if isinstance(node, Add) and node.operands:
                        self.sums.setdefault(node.operands[0], []).append(node)
        for definition in definitions:
            if definition.given:
                axes = self.axes_of(definition.node, self.structures(definition.node))
                head = _indexed(name(definition.name), axes)
                body = self.write(definition.node, axes, whole=True)
                if body.kind == "index" and body.value == axes:
                    # H = inv(A) rather than H[i,j] = inv(A)[i,j]
                    head, body = name(definition.name), body.children[0]
                self.where.append((head, body))

    @cached_property
    def matrices(self) -> MatrixForms:
        """The matrix forms of what stands between the parentheses of a function of matrices."""
        return MatrixForms(self._definitions)

    def structures(self, node: Node) -> tuple[Structure, ...]:
        """How each axis of a node is fused."""
        return self._fused[node] if self._fused else (None,) * node.order

    def axes_of(self, node: Node, wanted: tuple[Structure, ...]) -> tuple[Letter, ...]:
        """Letters for the axes of a node, in the order in which its first term is read."""
        if not node.dims:
            return ()
        inner = node
        for _ in range(DEEPEST_READ):
            if not (isinstance(inner, Map | Add) and inner.operands):
                break
            inner = folded(inner, ())[0][1] if isinstance(inner, Add) else inner.operands[0]
        used: set[str] = set()
        if not isinstance(inner, Einsum) or inner.order != node.order:
            return tuple(
                self.alphabet.fused(VALUE_LETTERS, used, dim, structure)
                for dim, structure in zip(node.dims, wanted, strict=True)
            )
        inside = index_structures(inner, self._fused)
        inside.update(
            (index, structure)
            for index, structure in zip(inner.output, wanted, strict=True)
            if structure is not None
        )
        summation = Summation(self.alphabet, inner, {}, inside, used)
        for place in reading_order(inner):
            summation.read(place)
        axes: list[Letter] = []
        for index, structure in zip(inner.output, wanted, strict=True):
            letter = summation.letter(index)
            if not all_letters((letter,)).isdisjoint(all_letters(axes)):
                # an axis has letters of its own; a δ says where they agree
                letter = self.alphabet.fused(VALUE_LETTERS, used, summation.dims[index], structure)
            axes.append(letter)
        return tuple(axes)

    def write(self, node: Node, axes: tuple[Letter, ...], whole: bool = False) -> Expr:
        """The expression of a node whose axes have these letters, without recursion.

        With `whole` its own name, if it has one, is not used.
        """
        self.outermost = all_letters(axes)
        at_once = self._at_once(node, axes, whole)
        if at_once is not None:
            return at_once
        stack = [self._writing((node, axes, self.outermost), whole)]
        answer: Expr | None = None
        while stack:
            try:
                request = stack[-1].send(cast(Expr, answer))
            except StopIteration as stop:
                answer = cast(Expr, stop.value)
                stack.pop()
            else:
                answer = None
                stack.append(self._writing(request))
        assert answer is not None
        return answer

    def _at_once(self, node: Node, axes: tuple[Letter, ...], whole: bool = False) -> Expr | None:
        """What has a name, or is written without another node; None of the others."""
        if self.names and node in self.names and not whole:
            word, mirrored = self.names[node]
            return _indexed(word, axes[::-1] if mirrored else axes)
        match node:
            case Variable():
                word = Expr("name", (), node.name)
                return Expr("index", (word,), axes) if axes else word
            case Einsum() | Add() | Map() | Apply():
                return None
            case Number():
                return number(node.value)
            case Size():
                return self._matrix(node)
            case Delta():
                if node.order == 1:
                    return number(1)
                return Expr("delta", (), tuple(sorted(axes, key=flat)))
            case Fuse():
                return Expr("fuse", (), (axes[-1], axes[:-1]))
            case Constant():
                return _indexed(self._constant(node), axes)
            case Partial():
                return _partial(node, axes)
            case _:
                raise AssertionError(f"no index form for nodes of kind {type(node).__name__}")

    def _writing(self, request: Request, whole: bool = False) -> Writing:
        """The writing of what is made of other nodes, for which it asks."""
        node, axes, scope = request
        match node:
            case Einsum():
                return self._einsum(node, axes, scope)
            case Add():
                return self._add(node, axes, scope, whole)
            case Map():
                return self._map(node, axes, scope)
            case Apply():
                return self._apply(node, axes, scope)
            case _:
                raise AssertionError(f"nodes of kind {type(node).__name__} are written at once")

    def _matrix(self, node: Node) -> Expr:
        form = self.matrices.form(node)
        assert form is not None
        return form.expr

    def _constant(self, node: Constant) -> Expr:
        form = self.matrices.form(node)
        if form is not None:
            return form.expr
        forms = self.matrices.forms
        sizes = (forms.size(p) if isinstance(p, Dim) else forms.number(p) for p in node.params)
        return call(node.name, *sizes)

    def _einsum(self, node: Einsum, axes: tuple[Letter, ...], scope: frozenset[str]) -> Writing:
        if self._starred:
            form = self._star(node)
            if form is not None:
                return _indexed(form, axes)
        inside = index_structures(node, self._fused)
        summation = Summation(
            self.alphabet, node, dict(zip(node.output, axes, strict=True)), inside, set(scope)
        )
        factors: list[tuple[Node, tuple[Letter, ...]]] = [
            (operand, ()) for operand in node.operands if not operand.dims
        ]
        if len(factors) > 1:
            # numbers and names before functions: a·cos(t)
            factors.sort(key=lambda pair: not isinstance(pair[0], Number | Size | Variable))
        order = reading_order(node)
        factors += [(node.operands[place], summation.read(place)) for place in order]
        extra = summation.extra_factors()
        bound, counted = summation.summed(order)
        inner = scope.union(bound)
        above: list[Expr] = []
        below: list[Expr] = []
        coefficient: Rational = 1
        for factor, letters in factors:
            exponent = _negative_exponent(factor) if isinstance(factor, Map) else None
            if exponent is None:
                expr = self._at_once(factor, letters) or (
                    yield factor, letters, self._scope(inner, letters)
                )
                if expr.kind in ("negate", "product"):
                    size, expr = split(expr)
                    coefficient = coefficient * size
                above.append(expr)
            else:
                base = self._at_once(factor.operands[0], letters) or (
                    yield factor.operands[0], letters, self._scope(inner, letters)
                )
                below.append(power(base, -exponent))
        # a letter that no factor has is summed over ones: it counts
        above = [self.matrices.forms.size(dim) for dim in counted] + above + extra
        body = product(above)
        if below:
            body = times(body, ratio(number(1), product(below)))
        expr = Expr("sum", (body,), bound) if bound else body
        return expr if coefficient == 1 else combine([(coefficient, expr)], [()])

    def _star(self, node: Einsum) -> Expr | None:
        """A ⋆ B as it is written in matrix notation."""
        if not any(isinstance(part, Variable) and part.name == "⋆" for part in node.operands):
            return None
        form = self.matrices.form(node)
        return None if form is None else form.expr

    def _scope(self, scope: frozenset[str], letters: tuple[Letter, ...]) -> frozenset[str]:
        """The letters that what is inside may not bind; deep inside, those alone that it has."""
        return scope if len(scope) <= MOST_IN_SCOPE else self.outermost.union(all_letters(letters))

    def _add(
        self, node: Add, axes: tuple[Letter, ...], scope: frozenset[str], whole: bool
    ) -> Writing:
        terms: list[tuple[Rational, Expr]] = []
        dims: list[tuple[Dim, ...]] = []
        named = [total for operand in node.operands for total in self.sums.get(operand, ())]
        for coefficient, operand in folded(
            node, [total for total in named if not (whole and total is node)]
        ):
            expr = self._at_once(operand, axes) or (yield operand, axes, scope)
            terms.append((coefficient, expr))
            letters = cast("tuple[str, ...]", expr.value) if expr.kind == "sum" else ()
            dims.append(tuple(self.alphabet.sizes[letter] for letter in letters))
        return combine(terms, dims)

    def _map(self, node: Map, axes: tuple[Letter, ...], scope: frozenset[str]) -> Writing:
        inner = node.operands[0]
        letters = axes if inner.dims else ()
        base = self._at_once(inner, letters) or (yield inner, letters, scope)
        if node.function != "pow":
            return call(node.function + "′" * node.primes, base)
        exponent = node.operands[1]
        if not isinstance(exponent, Number):
            letters = axes if exponent.dims else ()
            raised = self._at_once(exponent, letters) or (yield exponent, letters, scope)
            return Expr("power", (base, raised), "^")
        if exponent.value < 0:
            return ratio(number(1), power(base, -exponent.value))
        return power(base, exponent.value)

    def _apply(self, node: Apply, axes: tuple[Letter, ...], scope: frozenset[str]) -> Writing:
        arguments: list[Expr] = []
        for operand in node.operands:
            known = self.names.get(operand)
            form = self.matrices.form(operand)
            if known is not None:
                word, mirrored = known
                arguments.append(Expr("transpose", (word,)) if mirrored else word)
            elif form is not None and form.cost <= LONGEST_ARGUMENT:
                arguments.append(form.expr)
            else:
                used = set(scope)
                letters = tuple(
                    self.alphabet.fused(VALUE_LETTERS, used, dim, structure)
                    for dim, structure in zip(operand.dims, self.structures(operand), strict=True)
                )
                inside = self._at_once(operand, letters) or (
                    yield operand, letters, scope.union(all_letters(letters))
                )
                arguments.append(_indexed(inside, letters))
        internal = self._internal(node, arguments, axes, scope)
        if internal is not None:
            return internal
        if node.function == "matpower":
            return _indexed(Expr("power", tuple(arguments), "^"), axes)
        keywords = (Expr("keyword", (number(value),), word) for word, value in node.params)
        return _indexed(call(node.function, *arguments, *keywords), axes)

    def _internal(
        self, node: Apply, arguments: list[Expr], axes: tuple[Letter, ...], scope: frozenset[str]
    ) -> Expr | None:
        """The derivatives of expm and of a power written out; None of other functions."""
        row = FUNCTIONS.get(node.function)
        if row is None or not row.internal:
            return None
        from matcalc.forms import integrals

        used = set(scope)
        if not integrals.is_written_out(node):
            return None
        if node.function == "expm_derivative":
            letter = self.alphabet.letter(integrals.INTEGRAL_LETTERS, used, ONE)
            return integrals.exponential(arguments[0], axes, letter)
        exponent = self.matrices.form(node.operands[1])
        if exponent is None:
            return None
        letter = self.alphabet.letter(integrals.SERIES_LETTERS, used, ONE)
        return integrals.power(self.matrices.forms, arguments[0], exponent, axes, letter)


def _negative_exponent(node: Map) -> Rational | None:
    if node.function == "pow":
        exponent = node.operands[1]
        if isinstance(exponent, Number) and exponent.value < 0:
            return exponent.value
    return None


def _indexed(expr: Expr, axes: tuple[Letter, ...]) -> Expr:
    return Expr("index", (expr,), axes) if axes else expr


def _partial(node: Partial, axes: tuple[Letter, ...]) -> Expr:
    letters = []
    start = 0
    for operand in node.operands:
        letters.append(axes[start : start + operand.order])
        start += operand.order
    words = tuple(name(cast(Variable, operand).name) for operand in node.operands)
    return Expr("partial", words, tuple(letters))
