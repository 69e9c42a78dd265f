"""From text to nodes and back, for the tests of forms."""

from __future__ import annotations

from typing import cast

from matcalc.language.infer import infer
from matcalc.language.parse import parse_line
from matcalc.language.syntax import Problem
from matcalc.language.typed import Typed
from matcalc.tensor.differentiate import differentiate
from matcalc.tensor.lower import lower
from matcalc.tensor.nodes import Node
from matcalc.tensor.simplify import Builder


class Derived:
    """A problem's value and answer as nodes, in jacobian axes."""

    def __init__(self, text: str) -> None:
        line = parse_line(text)
        assert isinstance(line, Problem)
        problem = infer(line)
        self.builder = Builder()
        typed = problem.expression
        by: list[int] = []
        while typed.op == "derivative":
            by.insert(0, len(cast(Typed, typed.data).dims))
            typed = typed.children[0]
        self.value = lower(self.builder, typed, {}, differentiate)
        self.answer = lower(self.builder, problem.expression, {}, differentiate)
        self.y_order = self.value.order
        self.x_orders = tuple(by)


def node_of(expression: str, declarations: str) -> Node:
    """An expression as a node, of a new graph."""
    return Derived(f"{expression} where {declarations}").answer
