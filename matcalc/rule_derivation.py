"""A rule of the sheet derived: its derivative as that of any problem, and its differential."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from matcalc.api import derive
from matcalc.forms.expression import Expr, name
from matcalc.forms.index import index_form
from matcalc.functions import FUNCTIONS
from matcalc.printers.latex import to_latex
from matcalc.printers.text import to_text
from matcalc.rule_differential import declaration, differential, elementwise, source, typed_problem
from matcalc.tensor.differentiate import differentiate
from matcalc.tensor.lower import lower, lower_variable
from matcalc.tensor.simplify import Builder

if TYPE_CHECKING:
    from matcalc.language.typed import TypedProblem, Variable
    from matcalc.result import Result
    from matcalc.rule_differential import Differential
    from matcalc.rule_sheet import Rule


class DerivedRule:
    """A rule with what the engine makes of it; every text is finished.

    `head` and `latex_head` are the left side of the index form, `latex_name` is the name in it, and
    `latex_value` says what that stands for; `parts` are the derivatives by each factor that depends
    on X, as if it were free; `functions` explain, by name, the functions in the answer that users do
    not write.
    """

    __slots__ = (
        "differential",
        "example",
        "functions",
        "head",
        "latex_head",
        "latex_name",
        "latex_value",
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
        heads: Heads,
        parts: tuple[Result, ...],
        slope: Result | None,
        example: Result | None,
    ) -> None:
        self.rule = rule
        self.result = result
        self.differential = differential
        self.head = to_text(heads.derivative)
        self.latex_head = to_latex(heads.derivative)
        self.latex_name = to_latex(heads.derivative.children[0])
        self.latex_value = f"{to_latex(heads.name)} = {to_latex(heads.value)}"
        self.parts = parts
        self.slope = slope
        self.example = example
        shown = [result.index, differential.text, "" if example is None else example.index]
        self.functions = {
            row.name: row.doc
            for row in FUNCTIONS.values()
            if row.internal and any(f"{row.name}(" in text for text in shown)
        }

    def to_dict(self) -> dict[str, object]:
        """The object of `matcalc rules --format json`: that of the problem, and what is more."""
        return {
            "name": self.rule.name,
            "title": self.rule.title,
            "group": self.rule.group,
            "value": self.result.value_index,
            "latex_value": self.latex_value,
            "differential": self.differential.text,
            "latex_differential": self.differential.latex,
            "differential_verified": self.differential.verified,
            "head": self.head,
            "latex_head": self.latex_head,
            **self.result.to_dict(),
            "parts": [part.to_dict() for part in self.parts],
            "slope": None if self.slope is None else self.slope.to_dict(),
            "example": None if self.example is None else self.example.to_dict(),
            "functions": self.functions,
        }


def derive_rule(rule: Rule, layout: str = "jacobian") -> DerivedRule:
    """The rule in this layout; whatever stands in the answer has been verified.

    >>> from matcalc.rule_sheet import chosen
    >>> derive_rule(chosen("product-matrix")[0]).differential.text
    'd(A@B) = dA @ B + A @ dB'
    """
    result = derive(rule.problem, layout)
    problem = typed_problem(rule.problem)
    by = cast("Variable", problem.expression.data)
    direct = tuple(v for v in problem.variables if by.name in [d.name for d in v.depends])
    return DerivedRule(
        rule,
        result,
        differential(problem, direct or (by,)),
        _heads(problem, by, result),
        tuple(derive(text, layout) for text in _parts(problem, direct)),
        None if rule.slope is None else derive(rule.slope, layout),
        None if rule.example is None else derive(rule.example, layout),
    )


class Heads:
    """What stands left and right of the equals signs: C[i,k], its value, and ∂C[i,k]/∂X[p,q]."""

    __slots__ = ("derivative", "name", "value")

    def __init__(self, name: Expr, value: Expr, derivative: Expr) -> None:
        self.name = name
        self.value = value
        self.derivative = derivative


def _heads(problem: TypedProblem, by: Variable, result: Result) -> Heads:
    """Those of the rule, in the letters of the result's index form."""
    builder = Builder()
    value = lower(builder, problem.expression.children[0])
    answer = differentiate(builder, value, lower_variable(builder, by))
    form = index_form(value, answer, value.order)
    # the name that the value has been given: C[i,k] = ...
    word = name(cast("str", result.value_index).partition(" =")[0].partition("[")[0])
    letters = (form.axes[: value.order], form.axes[value.order :])
    indexed = Expr("index", (word,), form.value_axes) if form.value_axes else word
    return Heads(indexed, form.value, Expr("partial", (word, name(by.name)), letters))


def _parts(problem: TypedProblem, direct: tuple[Variable, ...]) -> list[str]:
    """The problems of the derivatives by each factor, which depends on nothing there."""
    declarations = [declaration(v, () if v in direct else None) for v in problem.variables]
    where = ", ".join((*declarations, *elementwise(problem)))
    value = source(problem.expression.children[0])
    return [f"d({value})/d{variable.name} where {where}" for variable in direct]
