"""Every formula of the function table has the shape that its signature promises."""

from __future__ import annotations

import pytest

from matcalc.functions import FUNCTIONS, Function
from matcalc.language.calls import signatures
from matcalc.language.dimensions import Dim
from matcalc.language.formula import formula
from matcalc.language.infer import infer
from matcalc.language.parse import parse_line
from matcalc.language.syntax import Problem

m, n = Dim.named("m"), Dim.named("n")
DIMS = {"m": m, "n": n}
FORMULAS = [
    (function, column, text)
    for function in FUNCTIONS.values()
    for column in ("definition", "derivative", "differential")
    if (text := getattr(function, column)) is not None
]


@pytest.mark.parametrize("function,column,text", FORMULAS, ids=lambda value: str(value))
def test_formula(function: Function, column: str, text: str) -> None:
    patterns, result = signatures(function.signature)[0]
    dims = (m, n) if patterns[0] == ("*",) else tuple(DIMS[letter] for letter in patterns[0])
    expected = (m, n) if result == ("*",) else tuple(DIMS[letter] for letter in result)
    name = function.parameters[0]
    parameters = {name: dims}
    if column == "differential":
        parameters["d" + name] = dims
    typed = formula(text, parameters)
    assert typed.dims == expected and not typed.row
    assert formula(text, parameters) is typed


@pytest.mark.parametrize("name", FUNCTIONS)
def test_example_is_inferred(name: str) -> None:
    line = parse_line(FUNCTIONS[name].example)
    assert isinstance(line, Problem)
    infer(line)
