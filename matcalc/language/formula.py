"""Formulas of the function table as typed trees."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.language.dimensions import Dim
from matcalc.language.elaborate import Elaborator
from matcalc.language.infer import put_in
from matcalc.language.parse import parse_expression
from matcalc.language.scope import Scope
from matcalc.language.syntax import Problem
from matcalc.language.typed import Typed, Variable, postorder

MOST_KEPT = 1024
"""Formulas that are kept: a long batch has ever new dimensions."""
_cache: dict[tuple[str, tuple[tuple[str, tuple[Dim, ...]], ...]], Typed] = {}


def formula(text: str, parameters: Mapping[str, tuple[Dim, ...]]) -> Typed:
    """The typed tree of a formula whose parameters have these dimensions.

    Functions that users do not see and the constant `imaginary` are allowed here.

    >>> n = Dim.named("n")
    >>> formula("det(X)*inv(X)", {"X": (n, n)}).dims
    (Dim(n), Dim(n))
    """
    key = (text, tuple(parameters.items()))
    typed = _cache.get(key)
    if typed is None:
        syntax = parse_expression(text)
        scope = Scope(Problem(syntax.source, syntax, None, ()), ())
        run = Elaborator(scope, {}, formula=True)
        for name, dims in parameters.items():
            run.variables[name] = Variable(name, dims)
        typed = run.elaborate(syntax)
        run.unifier.settle()
        taken = {name for dims in parameters.values() for dim in dims for name in dim.names}
        put_in(run, tuple(run.variables.values()), postorder(typed), taken)
        if len(_cache) >= MOST_KEPT:
            _cache.clear()
        _cache[key] = typed
    return typed
