"""From a verified derivation to what is shown of it: forms, shapes, notes."""

from __future__ import annotations

from matcalc.conditions import conditions_of
from matcalc.errors import MatcalcError
from matcalc.forms.expression import Expr
from matcalc.forms.index import index_form
from matcalc.forms.matrix import matrix_form
from matcalc.language.dimensions import Dim, shape_text
from matcalc.language.infer import infer
from matcalc.language.parse import parse_line
from matcalc.language.syntax import Declaration, Problem
from matcalc.language.typed import Typed, TypedProblem, Variable, fold_literals, postorder
from matcalc.printers.latex import to_latex
from matcalc.printers.text import letter_text, to_text
from matcalc.result import Result
from matcalc.tensor import nodes
from matcalc.tensor.layout import order_of_axes, vec_groups
from matcalc.tensor.lower import lower
from matcalc.tensor.nodes import Node, is_zero
from matcalc.tensor.nodes import postorder as below_nodes
from matcalc.tensor.simplify import Builder
from matcalc.tensor.structure import derivative, structure_of
from matcalc.trust.compare import agree
from matcalc.trust.verify import Verification


class Derivation:
    """What the stages have made of one problem; `answer` in jacobian axes, `arranged` in the layout."""

    __slots__ = (
        "answer",
        "arranged",
        "builder",
        "layout",
        "lets",
        "problem",
        "structure",
        "typed",
        "value",
        "value_node",
        "wrt",
    )

    def __init__(
        self,
        problem: Problem,
        lets: tuple[Declaration, ...],
        typed: TypedProblem,
        value: Typed,
        wrt: tuple[Variable, ...],
        builder: Builder,
        value_node: Node,
        answer: Node,
        arranged: Node,
        layout: str,
        structure: str,
    ) -> None:
        self.problem = problem
        self.lets = lets
        self.typed = typed
        self.value = value
        self.wrt = wrt
        self.builder = builder
        self.value_node = value_node
        self.answer = answer
        self.arranged = arranged
        self.layout = layout
        self.structure = structure

    @property
    def y_order(self) -> int:
        return len(self.value.dims)

    @property
    def x_orders(self) -> tuple[int, ...]:
        return tuple(len(variable.dims) for variable in self.wrt)


def present(found: Derivation, verification: Verification, seed: int) -> Result:
    """The result that users see."""
    # an expression that holds derivatives, but is none, is its own value
    value = found.value_node if found.wrt else found.answer
    form = index_form(value, found.answer, found.y_order, found.x_orders)
    matrix = _matrix(found, seed)
    dims = found.arranged.dims
    return Result(
        text=found.problem.source.text.strip(),
        layout=found.layout,
        structure=found.structure,
        order=len(found.wrt),
        wrt=tuple(variable.name for variable in found.wrt),
        shape=tuple(dim.value if dim.value is not None else str(dim) for dim in dims),
        axes=_axes(form.axes, found),
        index=to_text(form.expr),
        matrix=None if matrix is None else to_text(matrix),
        latex_index=to_latex(form.expr),
        latex_matrix=None if matrix is None else to_latex(matrix),
        value_index=_value_index(found, form.value_axes, to_text(form.value)),
        verified=verification.to_dict(),
        conditions=conditions_of(found.typed),
        notes=_notes(found),
        declared=tuple(declared_text(v) for v in found.typed.variables if not v.inferred),
        inferred=tuple(declared_text(v) for v in found.typed.variables if v.inferred),
        problem=found.typed,
        value=found.value_node if found.wrt or found.value_node is not found.answer else None,
        derivative=found.arranged,
    )


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


CONVENTIONS = {
    "projected": "the gradient within that space (--structure projected)",
    "entries": "the derivative by its independent entries (--structure entries)",
    "ignore": "the derivative as if all entries were free (--structure ignore)",
}


def _matrix(found: Derivation, seed: int) -> Expr | None:
    """The matrix form in the layout, if there is one that reads back as the same tensor."""
    node, row = _to_print(found)
    if node.order > 2:
        return None
    expr = matrix_form(node, row)
    if expr is None or not reads_back(found, expr, node, seed):
        return None
    return expr


def _to_print(found: Derivation) -> tuple[Node, bool]:
    """What the matrix form is of: a gradient is a row in `numerator` and in `vec`."""
    vector = found.answer.order == 1 and found.y_order == 0 and bool(found.wrt)
    if found.layout == "vec" and found.answer.order <= 1:
        return found.answer, vector
    return found.arranged, vector and found.layout == "numerator"


def reads_back(found: Derivation, expr: Expr, node: Node, seed: int) -> bool:
    """Whether the printed form, parsed, is the tensor that it was printed from."""
    declarations = [
        f"{v.name}{'(' + ', '.join(d.name for d in v.depends) + ')' if v.depends else ''}: "
        f"({', '.join(map(_declared_dim, v.dims))}) {' '.join(v.attributes)}"
        for v in found.typed.variables
    ]
    declarations += [f"{name}: elementwise" for name in found.typed.functions]
    text = to_text(expr)
    try:
        problem = parse_line(f"{text} where {', '.join(declarations)}" if declarations else text)
        if not isinstance(problem, Problem):
            return False
        typed = infer(problem, ())
        if found.typed.rigid:
            fold_literals(typed)

        def inner(builder: Builder, below: Node, variable: Node) -> Node:
            return derivative(builder, below, variable, found.structure)

        again = lower(found.builder, typed.expression, derive=inner)
    except MatcalcError:
        # a form that cannot be read is no form; the index form stands
        return False
    if again is node:
        return True
    return [str(dim) for dim in again.dims] == [str(dim) for dim in node.dims] and agree(again, node, seed)  # fmt: skip


def _declared_dim(dim: Dim) -> str:
    return str(dim)
