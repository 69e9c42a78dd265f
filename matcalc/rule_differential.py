"""The differential of what a rule differentiates, with all but some variables held constant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast
from zlib import crc32

from matcalc.answer_forms import reads_back
from matcalc.errors import InternalError
from matcalc.forms.expression import Expr
from matcalc.forms.index import index_form
from matcalc.forms.matrix import matrix_form
from matcalc.language import typed
from matcalc.language.infer import infer
from matcalc.language.parse import parse_line
from matcalc.language.syntax import Problem
from matcalc.language.typed import fold_literals
from matcalc.printers.latex import to_latex
from matcalc.printers.latex_names import name_latex
from matcalc.printers.text import letters_text, to_text
from matcalc.tensor.differentiate import differentiate
from matcalc.tensor.lower import lower, lower_variable
from matcalc.tensor.simplify import Builder
from matcalc.tensor.substitute import substitute
from matcalc.trust.verify import verify

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matcalc.language.typed import Typed, TypedProblem, Variable
    from matcalc.tensor.nodes import Node


class Differential:
    """dF in terms of dA, dB, ...: the equation as text and in LaTeX, and how it was verified."""

    __slots__ = ("latex", "text", "verified")

    def __init__(self, text: str, latex: str, verified: Mapping[str, object]) -> None:
        self.text = text
        self.latex = latex
        self.verified = dict(verified)


def differential(problem: TypedProblem, varying: tuple[Variable, ...]) -> Differential:
    """The differential of what the problem differentiates, as these variables change.

    InternalError where it fails its verification.

    >>> problem = typed_problem("d(P@X)/dX where P: m x n, X: n x p")
    >>> differential(problem, problem.variables[1:]).text
    'd(P@X) = P @ dX'
    """
    builder = Builder()
    (value,) = problem.expression.children
    node = lower(builder, value)
    total = _total(builder, node, varying)
    verified = _verified(builder, total, problem, varying)
    text = source(value)
    left = f"d{text}" if text.isidentifier() else f"d({text})"
    matrix = matrix_form(total) if total.order <= 2 else None
    shown = matrix_form(node)
    if (
        matrix is not None
        and shown is not None
        and _reads_back(builder, matrix, total, problem, varying)
    ):
        right = matrix
    else:
        form = index_form(node, total, node.order)
        right, shown = form.expr, form.value
        left += f"[{letters_text(form.axes)}]" if form.axes else ""
    latex = to_latex(shown) if shown.kind == "name" else rf"\left({to_latex(shown)}\right)"
    return Differential(
        f"{left} = {to_text(right)}", rf"\mathrm{{d}}{latex} = {_latex(right, varying)}", verified
    )  # fmt: skip


def typed_problem(text: str) -> TypedProblem:
    """A line without statements, inferred."""
    statement = parse_line(text)
    assert isinstance(statement, Problem), text
    problem = infer(statement)
    if problem.rigid:
        fold_literals(problem)
    return problem


def source(value: Typed) -> str:
    """An expression as it was written."""
    assert value.syntax is not None
    return value.syntax.text


def declaration(variable: Variable, depends: tuple[str, ...] | None = None) -> str:
    """A declaration that reads back, of other dependences if they are given.

    >>> from matcalc.language.dimensions import Dim
    >>> from matcalc.language.typed import Variable
    >>> declaration(Variable("A", (Dim.named("m"), Dim.named("n"))), ("t",))
    'A(t): (m, n)'
    """
    by = tuple(other.name for other in variable.depends) if depends is None else depends
    head = f"{variable.name}({', '.join(by)})" if by else variable.name
    dims = ", ".join(map(str, variable.dims))
    return " ".join((f"{head}: ({dims})", *variable.attributes))


def elementwise(problem: TypedProblem) -> list[str]:
    """The declarations of the problem's unspecified functions."""
    return [f"{function}: elementwise" for function in problem.functions]


def _change(builder: Builder, variable: Variable) -> Node:
    return builder.variable("d" + variable.name, variable.dims)


def _total(builder: Builder, node: Node, varying: tuple[Variable, ...]) -> Node:
    """Σ ∂F/∂A : dA over the A that vary."""
    terms = []
    for variable in varying:
        slope = differentiate(builder, node, lower_variable(builder, variable))
        axes = tuple(range(slope.order))
        outer, inner = axes[: node.order], axes[node.order :]
        change = _change(builder, variable)
        terms.append(builder.contract([(slope, axes), (change, inner)], outer))
    return builder.add((1,) * len(terms), terms, node.dims)


def _verified(
    builder: Builder, total: Node, problem: TypedProblem, varying: tuple[Variable, ...]
) -> dict[str, object]:
    """With A(t) for each A that varies, dF/dt is the differential at dA = dA/dt."""
    names = [variable.name for variable in varying]
    declarations = [declaration(v, ("t",) if v.name in names else None) for v in problem.variables]
    declarations += [*elementwise(problem), "t: scalar"]
    text = f"d({source(problem.expression.children[0])})/dt where {', '.join(declarations)}"
    moving = typed_problem(text)
    by = cast("Variable", moving.expression.data)
    time = lower_variable(builder, by)
    again = {variable.name: variable for variable in moving.variables}
    replaced: dict[Node, Node] = {}
    for variable in varying:
        path = lower_variable(builder, again[variable.name])
        replaced[lower_variable(builder, variable)] = path
        replaced[_change(builder, variable)] = builder.partial(path, (time,))
    answer = substitute(builder, total, replaced)
    seed = crc32(text.encode("utf-8"))
    verification = verify(moving, moving.expression.children[0], (by,), answer, seed)
    if not verification.ok:
        raise InternalError(f"the differential failed its verification: {text}")
    return verification.to_dict()


def _reads_back(
    builder: Builder,
    matrix: Expr,
    total: Node,
    problem: TypedProblem,
    varying: tuple[Variable, ...],
) -> bool:
    """Whether the printed form, parsed, is the tensor that it was printed from."""
    changes = tuple(typed.Variable("d" + variable.name, variable.dims) for variable in varying)
    scope = typed.TypedProblem(
        problem.expression, None, (*problem.variables, *changes), problem.functions, {},
        problem.sizes, problem.rigid,
    )  # fmt: skip
    seed = crc32(b"differential")
    return reads_back(to_text(matrix), scope, {}, builder, total, "ignore", seed)


def _latex(expr: Expr, varying: tuple[Variable, ...]) -> str:
    r"""LaTeX with an upright d before each variable, and air between dA and the factors beside it."""
    text = to_latex(expr)
    for variable in varying:
        word = name_latex("d" + variable.name)
        joined = re.escape(word)
        upright = rf"\mathop{{}}\!\mathrm{{d}}{name_latex(variable.name)}"
        # its indices and transposes are passed over; before an operator there is air enough
        scripts = r"(?:_\{[^{}]*\}|\^\{\\top\})*"
        operator = r"[-+:=]|\\(?:odot|otimes|oslash|star|right)\b"
        text = re.sub(rf"({joined}{scripts}) (?!{operator})", r"\1\\, ", text)
        text = text.replace(word, upright)
    return text
