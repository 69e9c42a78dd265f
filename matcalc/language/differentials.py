"""D(F): what it may be of, and what a tensor named dX may be where it is the differential of X."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from matcalc.errors import MatcalcError
from matcalc.language.dimensions import shape_text
from matcalc.language.syntax import Declaration, Syntax
from matcalc.language.typed import Typed, Variable, linear_structure, postorder

if TYPE_CHECKING:
    from matcalc.language.elaborate import Elaborator


def differential(run: Elaborator, operand: Typed, syntax: Syntax) -> Typed:
    """The node of D(F), or of df for a definition f; MatcalcError("unsupported") of another D."""
    if any(node.op == "differential" for node in postorder(operand)):
        raise MatcalcError(
            "unsupported",
            "a differential of a differential is not taken: what dX changes by is not known",
            syntax,
            hint="for second derivatives write d2(F)/dX2",
        )
    node = Typed("differential", (operand,), None, operand.dims, syntax, operand.row)
    run.differentials.append(node)
    return node


def conform(run: Elaborator) -> None:
    """A declared dX has the dimensions of the X in D(F), or those that are unknown of X are its own;
    and the structure of X.

    Raises MatcalcError at its declaration: shape where they differ, name where it is no tensor.
    """
    declared = run.scope.declared
    waiting = [
        cast(Variable, node.data)
        for node in postorder(*run.differentials)
        if node.op == "variable" or node.op == "derivative"
    ]
    known: set[str] = set()
    while waiting:
        variable = waiting.pop()
        if variable.name not in known:
            known.add(variable.name)
            waiting.extend(variable.depends)
            declaration = declared.get("d" + variable.name)
            if declaration is not None:
                _conform(run, variable, declaration)


def _conform(run: Elaborator, variable: Variable, declaration: Declaration) -> None:
    name = declaration.name
    if declaration.dims is None:
        what = "defined" if declaration.definition is not None else "a function"
        message = f"{name.text} is the differential of {variable.name} here, and cannot be {what}"
        raise MatcalcError("name", message, name)
    change = run.variables[name.text]
    fits = len(change.dims) == len(variable.dims)
    if not fits or not all(map(run.unifier.unify, variable.dims, change.dims)):
        wanted, given = (shape_text(tuple(map(run.shapes.shown, v.dims))) for v in (variable, change))  # fmt: skip
        message = f"{name.text} is the differential of {variable.name} here, so it is {wanted}, not {given}"
        raise MatcalcError("shape", message, name)
    change.attributes = change.attributes or linear_structure(variable.attributes)
