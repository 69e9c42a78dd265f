"""From a verified derivation to what is shown of it: forms, shapes, notes."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from matcalc import answer_forms
from matcalc.conditions import conditions_of
from matcalc.derivation import Derivation
from matcalc.errors import MatcalcError
from matcalc.forms.expression import Expr
from matcalc.forms.index import IndexForm, index_form
from matcalc.forms.integrals import is_written_out
from matcalc.forms.matrix import matrix_form
from matcalc.functions import FUNCTIONS
from matcalc.language.dimensions import shape_text
from matcalc.language.typed import TypedProblem, Variable, postorder
from matcalc.printers.latex import to_latex
from matcalc.printers.text import letter_text, to_text
from matcalc.result import Result
from matcalc.tensor import nodes
from matcalc.tensor.layout import order_of_axes, vec_groups
from matcalc.tensor.nodes import Node, is_zero
from matcalc.tensor.nodes import postorder as below_nodes
from matcalc.tensor.structure import structure_of
from matcalc.trust.verify import Verification


def present(found: Derivation, verification: Verification, seed: int) -> Result:
    """The result that users see."""
    # an expression that holds derivatives, but is none, is its own value
    value = found.value_node if found.wrt else found.answer
    definitions = answer_forms.definitions_of(found)
    form = index_form(value, found.answer, found.y_order, found.x_orders, definitions)
    matrix = answer_forms.matrix(found, definitions, seed)
    kronecker = None
    if found.answer.order > 2 and found.wrt:
        vectorised = found.layout == "vec"
        kronecker = matrix if vectorised else answer_forms.kronecker(found, definitions, seed)
    dims = found.arranged.dims
    return Result(
        text=found.problem.source.text.strip(),
        layout=found.layout,
        structure=found.structure,
        order=len(found.wrt),
        wrt=tuple(variable.name for variable in found.wrt),
        shape=tuple(dim.value if dim.value is not None else str(dim) for dim in dims),
        axes=_axes(form.axes, found),
        index=_with_names(form.expr, form, to_text, " where ", ", "),
        matrix=None if matrix is None else to_text(matrix),
        latex_index=_with_names(form.expr, form, to_latex, r" \quad\text{where } ", r",\; "),
        latex_matrix=None if matrix is None else to_latex(matrix),
        kronecker=None if kronecker is None else to_text(kronecker),
        latex_kronecker=None if kronecker is None else to_latex(kronecker),
        value_index=_value_index(
            found, form.value_axes, _with_names(form.value, form, to_text, " where ", ", ")
        ),
        verified=verification.to_dict(),
        conditions=conditions_of(found.typed),
        notes=(*_notes(found), *_form_notes(found, matrix, kronecker)),
        definitions=answer_forms.definition_texts(found),
        declared=tuple(declared_text(v) for v in found.typed.variables if not v.inferred),
        inferred=tuple(declared_text(v) for v in found.typed.variables if v.inferred),
        problem=found.typed,
        value=found.value_node if found.wrt or found.value_node is not found.answer else None,
        derivative=found.arranged,
    )


def _with_names(
    expr: Expr, form: IndexForm, write: Callable[[Expr], str], where: str, comma: str
) -> str:
    """The text of an index expression, with what the names in it stand for."""
    names = [f"{write(head)} = {write(body)}" for head, body in form.names_in(expr)]
    return write(expr) + (where + comma.join(names) if names else "")


def placed(error: MatcalcError, problem: TypedProblem) -> MatcalcError:
    """An error of a later stage, with the place of the function that it names."""
    if error.start is None:
        syntax = problem.expression.syntax
        for node in postorder(problem.expression):
            if node.op == "call" and node.syntax is not None and isinstance(node.data, tuple):
                name = str(node.data[0])
                if f" {name} " in f" {error.message} " or error.message.endswith(name):
                    syntax = node.syntax
        if syntax is not None:
            error.source, error.start, error.end = syntax.source, syntax.start, syntax.end
    return error


def differentials(problem: TypedProblem, answer: Node) -> tuple[Variable, ...]:
    """The variables dX, dA, ... that D(F) brings into the answer."""
    known = {variable.name for variable in problem.variables}
    return tuple(
        Variable(node.name, node.dims, node.attributes, inferred=True)
        for node in below_nodes(answer)
        if isinstance(node, nodes.Variable) and node.name not in known and node.name != "⋆"
    )


def declared_text(variable: Variable) -> str:
    """As a declaration reads: `A(X): M×N`, `S: n×n symmetric`."""
    depends = ", ".join(other.name for other in variable.depends)
    name = f"{variable.name}({depends})" if depends else variable.name
    return " ".join((f"{name}: {shape_text(variable.dims)}", *variable.attributes))


def _axes(letters: tuple[object, ...], found: Derivation) -> tuple[str, ...]:
    names = [letter_text(letter) for letter in letters]
    if found.layout != "vec" or not found.wrt:
        order = order_of_axes(found.y_order, found.x_orders, found.layout)
        return tuple(names[axis] for axis in order)
    grouped = []
    for group in vec_groups(found.y_order, found.x_orders):
        parts = [names[axis] for axis in group]
        grouped.append(
            parts[0] if len(parts) == 1 else "(" + ",".join(parts) + ")" if parts else "1"
        )
    return tuple(grouped)


def _value_index(found: Derivation, letters: tuple[object, ...], text: str) -> str | None:
    """`C[i,k] = Σⱼ A[i,j]·B[j,k]`, named by a letter that the problem does not use."""
    if not found.wrt:
        return None
    used = {variable.name for variable in found.typed.variables}
    candidates = "fcshgz" if not letters else "ycfzuv" if len(letters) == 1 else "CFYZGH"
    name = next((letter for letter in candidates if letter not in used), "f′")
    if letters:
        name += "[" + ",".join(letter_text(letter) for letter in letters) + "]"
    return f"{name} = {text}"


def _notes(found: Derivation) -> tuple[str, ...]:
    notes = []
    if found.wrt and is_zero(found.answer):
        by = found.wrt[-1]
        below = {
            variable.name: variable
            for node in postorder(found.value)
            if node.op == "variable" and isinstance(variable := node.data, Variable)
        }
        names = [name for name in below if name != by.name]
        if by.name not in below and names:
            example = below[names[0]]
            shape = shape_text(example.dims)
            listed = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
            whether = "does not depend" if len(names) == 1 else "do not depend"
            notes.append(
                f"{listed} {whether} on {by.name}, so the derivative is zero; if "
                f"{'it does' if len(names) == 1 else 'one does'}, declare it: "
                f"{example.name}({by.name}): {shape}"
            )
    for variable in dict.fromkeys(found.wrt):
        node = found.builder.variable(variable.name, variable.dims, variable.attributes)
        kind = structure_of(node)
        if kind is not None:
            notes.append(f"{variable.name} is {kind}: {CONVENTIONS[found.structure]}")
    return tuple(notes)


def _form_notes(found: Derivation, matrix: Expr | None, kronecker: Expr | None) -> tuple[str, ...]:
    """What the functions that only derivatives have are; that there is no form with two indices."""
    return (*_internal_notes(found), *_missing_notes(found, matrix, kronecker))


def _internal_notes(found: Derivation) -> tuple[str, ...]:
    """Those that the index form writes out as integrals and sums need no note."""
    notes = []
    for node in below_nodes(found.answer):
        row = FUNCTIONS.get(node.function) if isinstance(node, nodes.Apply) else None
        if row is None or not row.internal or is_written_out(cast(nodes.Apply, node)):
            continue
        forms = [matrix_form(operand) for operand in node.operands]
        words = ["..." if form is None else to_text(form) for form in forms]
        doc = row.doc.replace("(X)", f"({words[0]})")
        if row.name == "matpower_derivative":
            # the sum that the table speaks of is that of a whole exponent
            doc = f"derivative of {words[0]}^k at k = {words[1]}"
        notes.append(f"{row.name}({', '.join(words)}): {doc}")
    return tuple(dict.fromkeys(notes))


def _missing_notes(
    found: Derivation, matrix: Expr | None, kronecker: Expr | None
) -> tuple[str, ...]:
    if matrix is not None or kronecker is not None:
        return ()
    if found.answer.order <= 2:
        return ("no matrix form was found",)
    return ("no form with two indices was found",)


CONVENTIONS = {
    "projected": "the gradient within that space (--structure projected)",
    "entries": "the derivative by its independent entries (--structure entries)",
    "ignore": "the derivative as if all entries were free (--structure ignore)",
}
