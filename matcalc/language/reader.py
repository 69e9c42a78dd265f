"""Expressions read in the scope of a problem that is typed already: every name in them is known."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.errors import MatcalcError, Source
from matcalc.language.elaborate import Elaborator
from matcalc.language.infer import put_in
from matcalc.language.parse import parse_expression
from matcalc.language.scope import Scope
from matcalc.language.syntax import Declaration, Syntax, Word
from matcalc.language.typed import Typed, TypedProblem, Variable, fold_literals, postorder


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

    __slots__ = ("_known", "_rigid", "_run")

    def __init__(self, problem: TypedProblem, definitions: Mapping[str, Typed]) -> None:
        known = dict.fromkeys(definitions, _TENSOR)
        known.update(dict.fromkeys(problem.functions, _FUNCTION))
        variables = {variable.name: variable for variable in problem.variables}
        known.update(dict.fromkeys(variables, _TENSOR))
        known.update([(v.name, _dependent(v)) for v in problem.variables if v.depends])
        self._known = known
        self._rigid = problem.rigid
        self._run = _Reading(Scope.known(known, problem.sizes), {})
        self._run.variables = variables
        self._run.definitions.update(definitions)

    def define(self, name: str, text: str) -> None:
        """Give a name to an expression, for what is read from here on; MatcalcError as of `read`."""
        self._run.definitions[name] = self._run.elaborate(parse_expression(text))
        self._known[name] = _TENSOR

    def read(self, text: str) -> Typed:
        """The typed tree of a text.

        MatcalcError as of `parse_expression` and `infer`, of the kind name for a name not known here.
        """
        typed = self._run.elaborate(parse_expression(text))
        unifier = self._run.unifier
        unifier.settle()
        if unifier.count:
            # as in the problem itself, whose unknowns need not be dimensions of what stands here
            nodes = postorder(typed)
            dims = [dim for variable in self._run.variables.values() for dim in variable.dims]
            dims += [dim for node in nodes for dim in node.dims]
            taken = {*self._known, *(name for dim in dims for name in dim.names)}
            put_in(self._run, (), nodes, taken)
        if self._rigid:
            fold_literals(TypedProblem(typed, None, (), (), {}, (), rigid=True))
        return typed


class _Reading(Elaborator):
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
