"""A deliberate error in any one derivative rule is caught by the verification."""

from __future__ import annotations

import pytest

from matcalc import derive
from matcalc.errors import InternalError
from matcalc.functions import FUNCTIONS
from matcalc.tensor import differentiate, linear
from matcalc.tensor.linear import LinearTerm
from matcalc.tensor.nodes import Node
from matcalc.tensor.simplify import Builder

ZERO_RULES = {"sign": "u", "argmax": "dx"}
"""Rules whose sign cannot be flipped get another wrong text."""

SECOND = {
    "argmax": "d2(max(x)*sum(x))/dx2 where x: n",
    "expm_derivative": "d2(a'@expm(X)@b)/dX2 where X: n x n, a, b: n",
    "sqrtm_derivative": "d2(a'@sqrtm(X)@b)/dX2 where X: n x n posdef, a, b: n",
}
"""Problems that need the differential of what arises in derivatives."""

PROBLEMS_BY_KIND = {
    "Add": "d(2*x + sin(x))/dx where x: n",
    "Einsum": "d(x'@A@x)/dx where A: n x n, x: n",
    "Map": "d(sum(x**3))/dx where x: n",
    "Apply": "d(tr(X^3))/dX where X: n x n",
    "Variable": "d(A@B)/dX where A(X): MxN, B: NxP, X: UxV",
    "Partial": "d(d(A@B)/dX)/dX where A(X): 2x2, B: 2x2, X: scalar",
}


@pytest.mark.parametrize("name", [n for n, row in FUNCTIONS.items() if row.derivative])
def test_a_wrong_derivative_of_a_function_is_refused(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = FUNCTIONS[name]
    assert derive(row.example).verified["ok"]
    monkeypatch.setattr(row, "derivative", ZERO_RULES.get(name, f"-({row.derivative})"))
    with pytest.raises(InternalError, match="failed its verification"):
        derive(row.example if name != "sign" else "d(sum(x*sign(x)))/dx where x: n")


@pytest.mark.parametrize("name", [n for n, row in FUNCTIONS.items() if row.differential])
def test_a_wrong_differential_of_a_matrix_function_is_refused(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = FUNCTIONS[name]
    example = SECOND.get(name, row.example)
    assert derive(example).verified["ok"]
    monkeypatch.setattr(row, "differential", ZERO_RULES.get(name, f"-({row.differential})"))
    with pytest.raises(InternalError, match="failed its verification"):
        derive(example)


@pytest.mark.parametrize("kind", PROBLEMS_BY_KIND)
def test_a_wrong_rule_of_a_kind_of_node_is_refused(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert derive(PROBLEMS_BY_KIND[kind]).verified["ok"]
    right = linear.linear_terms

    def flipped(builder: Builder, node: Node) -> tuple[LinearTerm, ...]:
        terms = right(builder, node)
        if type(node).__name__ != kind:
            return terms
        first = terms[0]
        wrong = LinearTerm(
            first.operand, -first.coefficient, first.factors, first.hole, first.output
        )
        return (wrong, *terms[1:])

    monkeypatch.setattr(differentiate, "linear_terms", flipped)
    with pytest.raises(InternalError, match="failed its verification"):
        derive(PROBLEMS_BY_KIND[kind])
