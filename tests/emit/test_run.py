"""Emitted modules in this process: compiled once, the value and its derivative together."""

from __future__ import annotations

import sys
from types import FrameType

import numpy as np
import pytest

from matcalc.api import derive
from matcalc.emit.run import Program, compile_module
from tests.corpus import truth
from tests.corpus.truth import Row
from tests.corpus.vocabulary import NAMES


def test_the_code_is_compiled_once() -> None:
    result = derive("d(x'@A@x)/dx")
    result.evaluate(A=[[1]], x=[2])
    first = result._program
    assert result.evaluate(A=np.eye(2), x=[1, 2]).tolist() == [2, 4]
    assert result._program is first


def test_an_evaluation_calls_little() -> None:
    """No more of Python's functions run than the module's own, and one of ours."""
    result = derive("d(x'@A@x)/dx")
    A, x = np.eye(3), np.ones(3)
    result.evaluate(A=A, x=x)
    called: list[str] = []

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            called.append(frame.f_code.co_name)

    sys.setprofile(note)
    try:
        result.evaluate(A=A, x=x)
    finally:
        sys.setprofile(None)
    ours = [name for name in called if name in ("evaluate", "derivative", "_arguments", "_tensor", "_fit", "_renamed", "_keyword")]  # fmt: skip
    assert ours == ["evaluate", "evaluate", "derivative", "_arguments", "_tensor", "_tensor", "_fit", "_fit"]  # fmt: skip


def test_names_that_python_keeps() -> None:
    result = derive("d(lambda'@A@lambda)/dlambda where lambda: n")
    given = {"A": np.eye(2), "lambda": [1.0, 2.0]}
    assert result.evaluate(**given).tolist() == [2.0, 4.0]
    assert result.evaluate(A=np.eye(2), lambda_=[1.0, 2.0]).tolist() == [2.0, 4.0]
    value, gradient = result.value_and_derivative(**given)
    assert (float(value), gradient.tolist()) == (5.0, [2.0, 4.0])


def test_the_pair_of_a_problem_without_a_derivative() -> None:
    with pytest.raises(ValueError, match="the problem has no derivative"):
        derive("x'@x").value_and_derivative(x=[1.0])


ROWS = [
    row
    for row in truth.rows("derive.jsonl")
    if row["wrt"] and row.get("may") is None and not row.get("before")
][2::5]


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_the_pair_is_the_two(row: Row) -> None:
    result = derive(row["problem"], row["layout"], row.get("structure", "projected"))
    given = {**truth.inputs(row), **row.get("keywords", {})}
    given |= {name: eval(text, dict(NAMES)) for name, text in row.get("functions", {}).items()}
    module = compile_module(result.code())
    code = module["value_and_derivative"].__code__
    free = module["derivative"].__kwdefaults__ or {}
    given |= {name: size for name, size in row["dims"].items() if name in free}
    named = {truth.python_name(name): value for name, value in given.items()}
    if not set(code.co_varnames[: code.co_kwonlyargcount]) <= {*named, *free}:
        return  # a function that only the value needs
    value, derivative = module["value_and_derivative"](**named)
    wanted = module["derivative"](**named)
    scale = 1e-12 * max(1.0, float(np.max(np.abs(wanted), initial=0.0)))
    np.testing.assert_allclose(derivative, wanted, rtol=1e-10, atol=scale)
    np.testing.assert_allclose(value, module["value"](**named), rtol=1e-10, atol=1e-12)


def test_what_both_need_is_computed_once() -> None:
    text = derive("d(sum(exp(A@x)))/dx").code()
    both = text[text.index("def value_and_derivative") : text.index("def _arguments")]
    assert both.count("np.exp(") == both.count("A @ x") == 1


def test_program_takes_a_module_without_a_derivative() -> None:
    assert Program(derive("x'@x").code()).evaluate({"x": [3.0, 4.0]}) == 25
