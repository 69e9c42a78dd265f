"""Expressions read in the scope of a problem that is typed already: every name in them is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from matcalc.errors import MatcalcError, Source
from matcalc.language.dimensions import Dim
from matcalc.language.elaborate import Elaborator
from matcalc.language.infer import like_the_answer, put_in
from matcalc.language.parse import parse_expression
from matcalc.language.scope import Scope, dimension
from matcalc.language.syntax import Declaration, Syntax, Word
from matcalc.language.typed import Typed, TypedProblem, Variable, literals_of, postorder

Make = Callable[[Elaborator, Syntax], Typed]


class Reader:
    """Reads texts whose names are a problem's variables and functions, and these definitions.

    The tree of a text is that of the text in a line with all of them declared, but the
    declarations are neither written, parsed nor inferred again.

    >>> from matcalc.language.infer import infer
    >>> from matcalc.language.parse import parse_line
    >>> reader = Reader(infer(parse_line("d(x'@A@x)/dx")), {})
    >>> reader.define("g", "(A + A')@x")
    >>> reader.read("2*g'").dims, reader.read("2*g'").row
    ((Dim(n),), True)
    """

    __slots__ = ("_known", "_run")

    def __init__(self, problem: TypedProblem, definitions: Mapping[str, Typed]) -> None:
        known = dict.fromkeys(definitions, _TENSOR)
        known.update(dict.fromkeys(problem.functions, _FUNCTION))
        variables = {variable.name: variable for variable in problem.variables}
        known.update(dict.fromkeys(variables, _TENSOR))
        known.update([(v.name, _dependent(v)) for v in problem.variables if v.depends])
        self._known = known
        self._run = _Reading(Scope.known(known, problem.sizes), problem)
        self._run.variables = variables
        self._run.definitions.update(definitions)

    def define(self, name: str, text: str) -> None:
        """Give a name to an expression, for what is read from here on; MatcalcError as of `read`."""
        self._run.definitions[name] = self._elaborated(parse_expression(text), Elaborator.elaborate)
        self._known[name] = _TENSOR

    def read(self, text: str) -> Typed:
        """The typed tree of a text.

        MatcalcError as of `parse_expression` and `infer`, of the kind name for a name not known here,
        and unsupported where shapes agree by the values of literal sizes alone.
        """
        return self._named(parse_expression(text), _alone)

    def claim(self, syntax: Syntax, wanted: tuple[Dim, ...], layout: str) -> Typed:
        """The same of a claim; what that leaves open is as in an answer of these dimensions in the layout."""

        def typed(run: Elaborator, syntax: Syntax) -> Typed:
            claim = run.elaborate(syntax)
            like_the_answer(run, claim, wanted, layout)
            run.unifier.settle()
            return claim

        return self._named(syntax, typed)

    def _named(self, syntax: Syntax, make: Make) -> Typed:
        typed = self._elaborated(syntax, make)
        if self._run.unifier.count:
            # as in the problem itself, whose unknowns need not be dimensions of what stands here
            nodes = postorder(typed)
            dims = [dim for variable in self._run.variables.values() for dim in variable.dims]
            dims += [dim for node in nodes for dim in node.dims]
            taken = {*self._known, *(name for dim in dims for name in dim.names)}
            put_in(self._run, (), nodes, taken)
        return typed

    def _elaborated(self, syntax: Syntax, make: Make) -> Typed:
        run = self._run
        run.unifier.rigid = False
        typed = make(run, syntax)
        if run.unifier.rigid:
            # a 9 that is a size of the problem too may be its 3*3 here
            run.unifier.rigid = False
            run.literals, literals = frozenset(), run.literals
            typed = make(run, syntax)
            run.literals = literals
            if run.unifier.rigid:
                raise MatcalcError("unsupported", "the sizes agree by their values alone", syntax)
        return typed


def _alone(run: Elaborator, syntax: Syntax) -> Typed:
    typed = run.elaborate(syntax)
    run.unifier.settle()
    return typed


class Within(Elaborator):
    """Of a text in the scope of a typed problem.

    A literal size that the problem does not name is plain, as what the problem's sizes make is: the 9
    of its 3*3.
    """

    def __init__(self, scope: Scope, problem: TypedProblem) -> None:
        self._problem = problem
        self.literals: frozenset[str] | None = None
        """Those that are not plain, once it was asked."""
        super().__init__(scope, {})

    def size(self, at: Syntax) -> Dim:
        """As the problem has it."""
        dim = dimension(at)
        literals = dim.literals
        if literals:
            if self.literals is None:
                self.literals = literals_of(self._problem)
            dim = dim.plain(literals - self.literals)
        return dim


class _Reading(Within):
    """Of a text whose names are all known."""

    def undeclared(self, at: Syntax) -> Variable:
        raise MatcalcError("name", f"{at.value} is not known here", at)


_NOWHERE = Word("", Source(""), 0, 0)
_TENSOR = Declaration(_NOWHERE, ())
_FUNCTION = Declaration(_NOWHERE, (), elementwise=True)
"""Declarations of what is typed already, which the scope has by name."""


def _dependent(variable: Variable) -> Declaration:
    words = [Word(other.name, _NOWHERE.source, 0, 0) for other in variable.depends]
    return Declaration(_NOWHERE, (), tuple(words))
