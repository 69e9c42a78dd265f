"""A problem with what the stages have made of it: what is verified, presented, and claims are held against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matcalc.forms.survey import Survey
from matcalc.language.layouts import is_row

if TYPE_CHECKING:
    from matcalc.errors import MatcalcError
    from matcalc.language.syntax import Declaration, Problem
    from matcalc.language.typed import Typed, TypedProblem, Variable
    from matcalc.tensor.nodes import Node
    from matcalc.tensor.simplify import Builder


class Derivation:
    """What the stages have made of one problem; `answer` in jacobian axes, `arranged` in the layout."""

    __slots__ = (
        "answer",
        "arranged",
        "builder",
        "layout",
        "lets",
        "misfit",
        "problem",
        "structure",
        "survey",
        "told",
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
        misfit: MatcalcError | None = None,
    ) -> None:
        self.misfit = misfit
        """Why the claim has no types, where it does not conform."""
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
        self.told = value_node if wrt else answer
        """What is told to be the value: an expression that holds derivatives, but is none, is its own."""
        self.survey = Survey(self.told, answer)

    @property
    def shape(self) -> tuple[int | str, ...]:
        """The answer's dimensions in its layout, as numbers and names."""
        dims = self.arranged.dims
        return tuple(dim.value if dim.value is not None else str(dim) for dim in dims)

    @property
    def y_order(self) -> int:
        return len(self.value.dims)

    @property
    def x_orders(self) -> tuple[int, ...]:
        return tuple(len(variable.dims) for variable in self.wrt)

    @property
    def lies(self) -> bool | None:
        """Whether the answer, a vector, is a row in its layout; None where orientation does not count."""
        if not self.wrt or self.answer.order != 1:
            return None
        return is_row(self.typed.expression, self.layout)
