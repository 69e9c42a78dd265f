"""From a verified derivation to what is shown of it: forms, shapes, notes."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from matcalc import answer_forms
from matcalc.answer_forms import MatrixForm
from matcalc.conditions import conditions_of
from matcalc.derivation import Derivation
from matcalc.errors import MatcalcError
from matcalc.forms.expression import Expr
from matcalc.forms.index import IndexForm, index_form
from matcalc.forms.matrix import matrix_form
from matcalc.forms.sharing import Written
from matcalc.functions import FUNCTIONS
from matcalc.language.dimensions import shape_text
from matcalc.language.doubts import doubts
from matcalc.language.layouts import order_of_axes, vec_groups
from matcalc.language.typed import TypedProblem, Variable, postorder
from matcalc.printers.formula import Formula, aligned
from matcalc.printers.latex import to_latex
from matcalc.printers.text import letter_text, to_text
from matcalc.result import Result
from matcalc.tensor import nodes
from matcalc.tensor.nodes import is_zero
from matcalc.tensor.nodes import postorder as below_nodes
from matcalc.tensor.structure import structure_of
from matcalc.trust.verify import Verification


def present(found: Derivation, verification: Verification, seed: int) -> Result:
    """The result that users see."""
    definitions = answer_forms.names_of(found, answer_forms.definitions_of(found))
    form = index_form(found.told, found.answer, found.y_order, definitions, found.survey)
    index = Written(form.expr, form.where)
    matrix = answer_forms.matrix(found, definitions, seed)
    kronecker: MatrixForm | str = ""
    if found.answer.order > 2 and found.wrt:
        vectorised = found.layout == "vec"
        kronecker = matrix if vectorised else answer_forms.kronecker(found, definitions, seed)
    return Result(
        text=found.problem.source.text.strip(),
        layout=found.layout,
        structure=found.structure,
        order=len(found.wrt),
        wrt=tuple([variable.name for variable in found.wrt]),
        shape=found.shape,
        axes=_axes(form.axes, found),
        index=_formula(index),
        matrix=None if isinstance(matrix, str) else matrix.formula,
        latex_index=_latex(index),
        latex_matrix=None if isinstance(matrix, str) else _latex(matrix.written),
        kronecker=None if isinstance(kronecker, str) else kronecker.formula,
        latex_kronecker=None if isinstance(kronecker, str) else _latex(kronecker.written),
        value=(lambda: _value(found, form)) if found.wrt else None,
        verified=verification.to_dict(),
        conditions=conditions_of(found.typed),
        notes=(*doubts(found.typed), *_notes(found), *_form_notes(found, matrix, kronecker)),
        definitions=answer_forms.definition_texts(found),
        declared=tuple([declared_text(v) for v in found.typed.variables if not v.inferred]),
        inferred=tuple([declared_text(v) for v in found.typed.variables if v.inferred]),
        problem=found.typed,
        value_node=found.value_node if found.wrt or found.value_node is not found.answer else None,
        derivative=found.arranged,
    )


class Shown:
    """The one form that an answer is told in: the matrix form, else the index form.

    `matrix` is the text of a matrix form that a claim could be; where that has names of our own it
    is None, and `named` true.
    """

    __slots__ = ("latex", "matrix", "named", "text")

    def __init__(self, text: str, latex: str, matrix: str | None, named: bool) -> None:
        self.text = text
        self.latex = latex
        self.matrix = matrix
        self.named = named

    @classmethod
    def of(cls, result: Result) -> Shown:
        """What a result tells."""
        form = result.matrix_form
        if form is None:
            return cls(result.index, result.latex_index, None, False)
        matrix = None if form.names else form.text
        return cls(form.text, result.latex_matrix or "", matrix, bool(form.names))


def shown(found: Derivation, seed: int, right: str | None = None) -> Shown:
    """What `present` makes first of an answer; `right` is a text that is known to be the answer."""
    definitions = answer_forms.names_of(found, answer_forms.definitions_of(found))
    matrix = answer_forms.matrix(found, definitions, seed, right)
    if isinstance(matrix, MatrixForm):
        text, named = matrix.formula.text, bool(matrix.formula.names)
        return Shown(text, _latex(matrix.written), None if named else text, named)
    form = index_form(found.told, found.answer, found.y_order, definitions, found.survey)
    index = Written(form.expr, form.where)
    return Shown(_formula(index).text, _latex(index), None, False)


def expanded(found: Derivation, seed: int) -> str | None:
    """The matrix form without names of our own; None where there is none."""
    matrix = answer_forms.matrix(found, answer_forms.definitions_of(found), seed)
    return matrix.formula.body if isinstance(matrix, MatrixForm) else None


def _formula(written: Written) -> Formula:
    return Formula(to_text(written.expr), _definitions(written, to_text))


def _latex(written: Written) -> str:
    return aligned(to_latex(written.expr), _definitions(written, to_latex))


def _definitions(written: Written, write: Callable[[Expr], str]) -> tuple[str, ...]:
    return tuple([f"{write(name)} = {write(body)}" for name, body in written.where])


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


def differentials(found: Derivation) -> tuple[Variable, ...]:
    """The variables dX, dA, ... that D(F) brings into the answer."""
    known = {variable.name for variable in found.typed.variables}
    known.add("⋆")
    if found.survey.variables <= known:
        return ()
    return tuple(
        Variable(node.name, node.dims, node.attributes, inferred=True)
        for node in below_nodes(found.answer)
        if isinstance(node, nodes.Variable) and node.name not in known
    )


def declared_text(variable: Variable) -> str:
    """As a declaration reads: `A(X): M×N`, `S: n×n symmetric`."""
    name = variable.name
    if variable.depends:
        name += f"({', '.join([other.name for other in variable.depends])})"
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


def _value(found: Derivation, form: IndexForm) -> Formula:
    """`C[i,k] = Σⱼ A[i,j]·B[j,k]`, named by a letter that the problem does not use."""
    letters = form.value_axes
    formula = _formula(Written(form.value, form.where))
    used = {variable.name for variable in found.typed.variables}
    candidates = "fcshgz" if not letters else "ycfzuv" if len(letters) == 1 else "CFYZGH"
    name = next((letter for letter in candidates if letter not in used), "f′")
    if letters:
        name += "[" + ",".join(letter_text(letter) for letter in letters) + "]"
    return Formula(f"{name} = {formula.body}", formula.names)


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
        if not variable.attributes:
            continue
        node = found.builder.variable(variable.name, variable.dims, variable.attributes)
        kind = structure_of(node)
        if kind is not None:
            notes.append(f"{variable.name} is {kind}: {CONVENTIONS[found.structure]}")
    if found.builder.labelling.gave_up:
        notes.append("terms that are equal may stand apart: to compare them all takes too long")
    return tuple(notes)


def _form_notes(
    found: Derivation, matrix: MatrixForm | str, kronecker: MatrixForm | str
) -> tuple[str, ...]:
    """What the functions that only derivatives have are; why there is no form with two indices."""
    if isinstance(matrix, MatrixForm) or isinstance(kronecker, MatrixForm):
        return _internal_notes(found)
    return (*_internal_notes(found), kronecker or matrix)


def _internal_notes(found: Derivation) -> tuple[str, ...]:
    """Those that the index form writes out as integrals and sums need no note."""
    if found.survey.functions.isdisjoint(_INTERNAL):
        return ()
    from matcalc.forms.integrals import is_written_out

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


_INTERNAL = frozenset(row.name for row in FUNCTIONS.values() if row.internal)
CONVENTIONS = {
    "projected": "the gradient within that space (--structure projected)",
    "entries": "the derivative by its independent entries (--structure entries)",
    "ignore": "the derivative as if all entries were free (--structure ignore)",
}
