"""A rule of the sheet derived: its derivative as any problem's, and its differential, verified."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from zlib import crc32

from matcalc.api import derive
from matcalc.errors import InternalError, MatcalcError
from matcalc.forms.expression import Expr, name
from matcalc.forms.index import index_form
from matcalc.forms.matrix import matrix_form
from matcalc.functions import FUNCTIONS
from matcalc.language.infer import infer
from matcalc.language.parse import parse_line
from matcalc.language.syntax import Problem
from matcalc.present import declared_text
from matcalc.printers.latex import name_latex, to_latex
from matcalc.printers.text import to_text
from matcalc.tensor.differentiate import differentiate
from matcalc.tensor.lower import lower, lower_variable
from matcalc.tensor.simplify import Builder
from matcalc.tensor.substitute import substitute
from matcalc.trust.compare import agree
from matcalc.trust.verify import verify

if TYPE_CHECKING:
    from matcalc.language.typed import Typed, TypedProblem, Variable
    from matcalc.result import Result
    from matcalc.rule_sheet import Rule
    from matcalc.tensor.nodes import Node


class Differential:
    """dF in terms of dA, dB, ...: each text with its left side; `axes` where it is in indices."""

    __slots__ = ("latex", "text", "verified")

    def __init__(self, text: str, latex: str, verified: dict[str, object]) -> None:
        self.text = text
        self.latex = latex
        self.verified = verified


class DerivedRule:
    """A rule with what the engine makes of it; every text is finished.

    `head` and `latex_head` are the left sides of the index form, `parts` the derivatives by each
    factor that depends on X, as if it were free.
    """

    __slots__ = (
        "differential",
        "example",
        "head",
        "internal",
        "latex_head",
        "parts",
        "result",
        "rule",
        "slope",
    )

    def __init__(
        self,
        rule: Rule,
        result: Result,
        differential: Differential,
        head: str,
        latex_head: str,
        parts: tuple[Result, ...],
        slope: Result | None,
        example: Result | None,
    ) -> None:
        self.rule = rule
        self.result = result
        self.differential = differential
        self.head = head
        self.latex_head = latex_head
        self.parts = parts
        self.slope = slope
        self.example = example
        texts = (result.index, differential.text, example.index if example is not None else "")
        self.internal = tuple(
            row for row in FUNCTIONS.values()
            if row.internal and any(f"{row.name}(" in text for text in texts)
        )  # fmt: skip

    def to_dict(self) -> dict[str, object]:
        """The object of `matcalc rules --format json`: that of the problem, and what is more."""
        return {
            "name": self.rule.name,
            "title": self.rule.title,
            "group": self.rule.group,
            "value": self.result.value_index,
            "differential": self.differential.text,
            "latex_differential": self.differential.latex,
            "differential_verified": self.differential.verified,
            "head": self.head,
            "latex_head": self.latex_head,
            **self.result.to_dict(),
            "parts": [part.to_dict() for part in self.parts],
            "slope": None if self.slope is None else self.slope.to_dict(),
            "example": None if self.example is None else self.example.to_dict(),
            "functions": {row.name: row.doc for row in self.internal},
        }


def derive_rule(rule: Rule, layout: str = "jacobian") -> DerivedRule:
    """The rule in this layout; whatever is in the answer has been verified.

    >>> from matcalc.rule_sheet import chosen
    >>> derive_rule(chosen("product-matrix")[0]).differential.text
    'd(A@B) = dA @ B + A @ dB'
    """
    result = derive(rule.problem, layout)
    value, problem = _value(rule.problem)
    by = cast("Variable", problem.expression.data)
    builder = Builder()
    node = lower(builder, value)
    direct = [v for v in problem.variables if any(d.name == by.name for d in v.depends)]
    form = index_form(
        node, differentiate(builder, node, lower_variable(builder, by)), node.order, (len(by.dims),)
    )
    # the letter that the value has been given
    letter = cast(str, result.value_index).partition(" =")[0].partition("[")[0]
    head = Expr(
        "partial",
        (name(letter), name(by.name)),
        (form.axes[: node.order], form.axes[node.order :]),
    )
    return DerivedRule(
        rule,
        result,
        _Differentiation(builder, node, value, problem, tuple(direct) or (by,)).differential(),
        to_text(head),
        to_latex(head),
        tuple(derive(text, layout) for text in _parts(value, problem, direct)),
        None if rule.slope is None else derive(rule.slope, layout),
        None if rule.example is None else derive(rule.example, layout),
    )


def _value(text: str) -> tuple[Typed, TypedProblem]:
    """What a problem differentiates, and the problem."""
    statement = parse_line(text)
    assert isinstance(statement, Problem), text
    problem = infer(statement)
    (value,) = problem.expression.children
    return value, problem


def _source(value: Typed) -> str:
    assert value.syntax is not None
    return value.syntax.text


def _declared(variable: Variable, by: str = "") -> str:
    dims = ", ".join(map(str, variable.dims))
    return f"{variable.name}{by}: ({dims})"


def _elementwise(problem: TypedProblem) -> list[str]:
    return [f"{function}: elementwise" for function in problem.functions]


def _parts(value: Typed, problem: TypedProblem, direct: list[Variable]) -> list[str]:
    """The problems of the derivatives by each factor, which depends on nothing there."""
    declarations = [_declared(v) if v in direct else declared_text(v) for v in problem.variables]
    where = ", ".join((*declarations[: len(direct) + 1], *declarations[len(direct) + 1 :]))
    where = ", ".join((where, *_elementwise(problem)))
    return [f"d({_source(value)})/d{variable.name} where {where}" for variable in direct]


class _Differentiation:
    """dF of one value by the variables that vary, all others constant."""

    __slots__ = ("builder", "node", "problem", "value", "varying")

    def __init__(
        self,
        builder: Builder,
        node: Node,
        value: Typed,
        problem: TypedProblem,
        varying: tuple[Variable, ...],
    ) -> None:
        self.builder = builder
        self.node = node
        self.value = value
        self.problem = problem
        self.varying = varying

    def differential(self) -> Differential:
        total = self._total()
        verified = self._verified(total)
        source = _source(self.value)
        matrix = matrix_form(total) if total.order <= 2 else None
        if matrix is not None and self._reads_back(matrix, total):
            left = matrix_form(self.node)
            latex = _escaped(source) if left is None else to_latex(left)
            text = f"d({source}) = {to_text(matrix)}"
            return Differential(text, self._latex(rf"\left({latex}\right)", matrix), verified)
        form = index_form(self.node, total, self.node.order)
        value = form.value
        if form.axes:
            left_text = f"d({source})[{','.join(map(_letter, form.axes))}]"
        else:
            left_text = f"d({source})"
        latex = rf"\left({to_latex(value)}\right)"
        return Differential(f"{left_text} = {to_text(form.expr)}", self._latex(latex, form.expr), verified)  # fmt: skip

    def _total(self) -> Node:
        """Σ ∂F/∂A : dA over the A that vary."""
        terms = []
        for variable in self.varying:
            by = lower_variable(self.builder, variable)
            slope = differentiate(self.builder, self.node, by)
            axes = tuple(range(slope.order))
            change = self.builder.variable("d" + variable.name, variable.dims)
            outer, inner = axes[: self.node.order], axes[self.node.order :]
            terms.append(self.builder.contract([(slope, axes), (change, inner)], outer))
        return self.builder.add((1,) * len(terms), terms, self.node.dims)

    def _verified(self, total: Node) -> dict[str, object]:
        """With A(t) for each A that varies, dF/dt is the differential at dA/dt."""
        names = [variable.name for variable in self.varying]
        declarations = [
            _declared(v, "(t)") if v.name in names else declared_text(v)
            for v in self.problem.variables
        ]
        declarations += [*_elementwise(self.problem), "t: scalar"]
        text = f"d({_source(self.value)})/dt where {', '.join(declarations)}"
        value, problem = _value(text)
        by = cast("Variable", problem.expression.data)
        time = lower_variable(self.builder, by)
        again = {variable.name: variable for variable in problem.variables}
        replaced: dict[Node, Node] = {}
        for variable in self.varying:
            moving = lower_variable(self.builder, again[variable.name])
            replaced[lower_variable(self.builder, variable)] = moving
            change = self.builder.variable("d" + variable.name, variable.dims)
            replaced[change] = self.builder.partial(moving, (time,))
        answer = substitute(self.builder, total, replaced)
        verification = verify(problem, value, (by,), answer, crc32(text.encode("utf-8")))
        if not verification.ok:
            raise InternalError(f"the differential of {_source(self.value)} failed its verification")
        return verification.to_dict()

    def _reads_back(self, matrix: Expr, total: Node) -> bool:
        declarations = [declared_text(variable) for variable in self.problem.variables]
        declarations += [f"d{_declared(variable)}" for variable in self.varying]
        declarations += _elementwise(self.problem)
        try:
            statement = parse_line(f"{to_text(matrix)} where {', '.join(declarations)}")
            assert isinstance(statement, Problem)
            again = lower(self.builder, infer(statement).expression)
        except MatcalcError:
            # a form that cannot be read is no form; the index form stands
            return False
        return again is total or (again.dims == total.dims and agree(again, total, 1))

    def _latex(self, left: str, right: Expr) -> str:
        text = to_latex(right)
        for variable in self.varying:
            # an upright d before the variable
            own = name_latex(variable.name)
            text = text.replace(name_latex("d" + variable.name), rf"\mathrm{{d}}{own}")
        return rf"\mathrm{{d}}{left} = {text}"


def _letter(letter: object) -> str:
    from matcalc.printers.text import letter_text

    return letter_text(letter)


def _escaped(source: str) -> str:
    return rf"\text{{{source}}}"
